/** Runs the tests of a policy for an editor: where each stands, and what it says. */
import { describeLine } from '../judge/describe.ts'
import type { Span } from '../plan/plan.ts'
import { runTests } from '../testing/run.ts'
import type { PolicyDocument } from './document.ts'

export type TestOutcome =
  | { readonly kind: 'broken'; readonly message: string }
  | { readonly kind: 'ran'; readonly passed: number; readonly tests: readonly TestLine[] }

export interface TestLine {
  readonly name: string
  /** Of its name in the text. */
  readonly span: Span
  readonly passed: boolean
  /** What the verdict was, or what was wrong with it. */
  readonly message: string
}

/** All tests, or the one called `only`. */
export function runPolicyTests(document: PolicyDocument, only?: string): TestOutcome {
  const { plan } = document
  if (plan === undefined)
    return { kind: 'broken', message: 'The policy has errors; tests run when it has none.' }
  const chosen = plan.tests.filter((test) => only === undefined || test.name === only)
  if (chosen.length === 0)
    return {
      kind: 'broken',
      message: only === undefined ? 'The policy has no tests.' : `There is no test "${only}".`,
    }
  const spans = new Map<string, Span>()
  for (const decl of document.analysis.ast.declarations)
    if (decl.kind === 'test' && decl.name !== undefined) spans.set(decl.name.value, decl.name.span)
  const tests = runTests({ ...plan, tests: chosen }).results.map(
    (result): TestLine => ({
      name: result.test.name,
      span: spans.get(result.test.name) ?? [0, 0],
      passed: result.kind === 'passed',
      message: result.kind === 'failed' ? result.message : describeLine(result.verdict),
    }),
  )
  return { kind: 'ran', passed: tests.filter((test) => test.passed).length, tests }
}
