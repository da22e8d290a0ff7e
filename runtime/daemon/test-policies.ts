/** `parapet test`: runs the `test` blocks of policy files and says which checks no test made speak. */
import { describeVerdict } from '#dsl/judge/describe.ts'
import { runTests } from '#dsl/testing/run.ts'
import { loadPolicy } from './load.ts'
import type { Paint } from './paint.ts'

export function testPolicies(
  files: readonly string[],
  options: { readonly verbose: boolean },
  write: (line: string) => void,
  paint: Paint,
): number {
  let passed = 0
  let failed = 0
  for (const file of files) {
    const policy = loadPolicy(file, paint.isColorSupported)
    if (policy.kind === 'problem') {
      if (policy.detail !== undefined) write(policy.detail)
      write(`${paint.red(`error[${policy.code}]`)}: ${policy.message}`)
      failed++
      continue
    }
    write(paint.bold(file))
    const run = runTests(policy.plan)
    for (const result of run.results) {
      if (result.kind === 'passed') {
        passed++
        if (options.verbose) write(`  ${paint.green('✓')} ${result.test.name}`)
        continue
      }
      failed++
      write(`  ${paint.red('✗')} ${result.test.name} ${paint.dim(`(line ${result.test.line})`)}`)
      write(`      ${result.message}`)
      write(describeVerdict(result.verdict).replaceAll(/^/gm, '      '))
    }
    const { fired, silent } = run.coverage
    write(`  ${paint.dim(`${fired.length} of ${fired.length + silent.length} checks spoke in a test`)}`)
    for (const name of silent) write(`  ${paint.yellow('never spoke')} ${name}`)
  }
  write(`\n${passed} passed, ${failed} failed`)
  return failed > 0 ? 1 : 0
}
