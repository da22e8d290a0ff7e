/** `parapet check`: every error and warning of policy files, with code frames. */

import { renderDiagnostic } from '#dsl/diagnostic.ts'
import { lint } from '#dsl/lint/lint.ts'
import { compile } from '#dsl/pipeline.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import { sizeOf } from '#dsl/plan/size.ts'
import { source as sourceOf } from '#dsl/source.ts'
import { counted } from './counted.ts'
import { readPolicy } from './load-policy.ts'
import type { Paint } from './paint.ts'
import { filesBeside } from './policy-files.ts'
import { type Reported, sarif } from './sarif.ts'
import { writeOut } from './write-out.ts'

export function checkPolicies(
  files: readonly string[],
  options: {
    readonly bounds: boolean
    readonly json: boolean
    /** Where all that is found goes as SARIF, with what `parapet lint` finds. */
    readonly sarif?: { readonly file: string; readonly version: string }
  },
  write: (line: string) => void,
  paint: Paint,
): number {
  let errors = 0
  let warnings = 0
  const json: unknown[] = []
  const reported: Reported[] = []
  for (const file of files) {
    const text = readPolicy(file)
    if (typeof text !== 'string') {
      errors++
      const { code, message } = text
      if (options.json) json.push({ file, code, severity: 'error', message })
      else write(`${paint.red(`error[${code}]`)}: ${message}`)
      continue
    }
    const source = sourceOf(text, file)
    const { plan, diagnostics } = compile(source, filesBeside(file))
    if (options.sarif !== undefined) {
      const findings = plan === undefined ? [] : lint(source, filesBeside(file)).findings
      reported.push({ source, diagnostics: [...diagnostics, ...findings] })
    }
    for (const diagnostic of diagnostics) {
      if (diagnostic.severity === 'error') errors++
      if (diagnostic.severity === 'warning') warnings++
      if (options.json) json.push({ file, ...diagnostic, at: source.position(diagnostic.span[0]) })
      else write(renderDiagnostic(source, diagnostic, { color: paint.isColorSupported }))
    }
    if (options.json || !plan) continue
    write(
      `${paint.green('well written')}  ${file}  "${plan.policy.name}" ${plan.policy.version}: ${sizeInWords(plan)}  ${paint.dim(plan.hash.slice(0, 12))}`,
    )
    if (options.bounds) for (const line of boundLines(plan, paint)) write(line)
  }
  if (options.sarif !== undefined) {
    const { file, version } = options.sarif
    writeOut(file, `${JSON.stringify(sarif(reported, version), null, 2)}\n`)
  }
  if (options.json) write(JSON.stringify(json, null, 2))
  else if (errors + warnings > 0) write(`${counted(errors, 'error')}, ${counted(warnings, 'warning')}`)
  return errors > 0 ? 1 : 0
}

function sizeInWords(plan: Plan): string {
  const { rules, consistencies, flows, tools, agents, tests } = sizeOf(plan)
  return [
    counted(rules, 'rule'),
    counted(consistencies, 'consistency', 'consistencies'),
    counted(flows, 'flow'),
    counted(tools, 'tool'),
    counted(agents, 'agent'),
    counted(tests, 'test'),
  ].join(', ')
}

function boundLines(plan: Plan, paint: Paint): string[] {
  return [
    ...[...plan.consistencies, ...plan.flows].map(
      (check) =>
        `  ${paint.bold(check.name)} ${paint.dim(`(line ${check.line})`)}\n      keeps ${check.bound}`,
    ),
    ...plan.rules.flatMap((rule) =>
      rule.bindings.map(
        (binding) =>
          `  ${paint.bold(rule.name)} ${paint.dim(`(line ${rule.line})`)}\n      keeps for \`${binding.name}\` ${binding.bound}`,
      ),
    ),
    paint.dim(
      '  every other rule keeps nothing; each step visits only the checks that name its kind, agent and object',
    ),
  ]
}
