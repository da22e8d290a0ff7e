/** The tests a bundle carries, run from its texts alone: no file is read. */
import type { Plan } from '#dsl/plan/plan.ts'
import { runTests } from '#dsl/testing/run.ts'
import type { Bundle } from '#runtime/deploy/bundle.ts'
import { parseCases } from './cases.ts'
import { gatherTests } from './test-policies.ts'

export interface BundleTested {
  readonly tests: number
  /** One line each: the test's name, or what is wrong with a table of cases. */
  readonly failed: readonly string[]
}

export function testBundle({ text, file, imported, cases }: Bundle, plan: Plan): BundleTested {
  const files = { read: (path: string) => imported[path] }
  const tables = Object.entries(cases).map(([name, written]) => ({ file: name, ...parseCases(written) }))
  const { tests, wrong } = gatherTests({ plan, text }, file, tables, files)
  const { results } = runTests({ ...plan, tests })
  return {
    tests: tests.length,
    failed: [
      ...results.flatMap((result) => (result.kind === 'failed' ? [result.test.name] : [])),
      ...wrong.map((problem) => `${problem.file}:${problem.line}: ${problem.message}`),
    ],
  }
}
