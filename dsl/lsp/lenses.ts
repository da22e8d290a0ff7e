/** Lines above declarations: run this test, how many tests speak of this check. */
import type { Span } from '../plan/plan.ts'
import type { PolicyDocument } from './document.ts'
import type { Meaning, Occurrence } from './meaning.ts'
import type { TestOutcome } from './run-tests.ts'

export interface Lens {
  /** Of the declaration's name. */
  readonly span: Span
  readonly title: string
  /** Runs one test, or all; absent: the title only tells. */
  readonly run?: { readonly test?: string }
}

/** `last`: how the tests of this very text ended, if they were run. */
export function lensesOf(document: PolicyDocument, last?: TestOutcome): readonly Lens[] {
  const lenses: Lens[] = []
  const { declarations } = document.analysis.ast
  const tests = declarations.filter((decl) => decl.kind === 'test')
  const ended = new Map((last?.kind === 'ran' ? last.tests : []).map((line) => [line.name, line.passed]))
  const policy = declarations.find((decl) => decl.kind === 'policy')
  if (policy !== undefined && tests.length > 0)
    lenses.push({ span: policy.span, title: titleOfAll(tests.length, ended), run: {} })
  for (const { name } of tests) {
    if (name === undefined) continue
    const passed = ended.get(name.value)
    const title = passed === undefined ? 'run test' : passed ? '✓ passes, run again' : '✗ fails, run again'
    lenses.push({ span: name.span, title, run: { test: name.value } })
  }
  return [...lenses, ...expectations(document)].sort((a, b) => a.span[0] - b.span[0])
}

function titleOfAll(count: number, ended: ReadonlyMap<string, boolean>): string {
  if (ended.size < count) return count === 1 ? 'run the test' : `run all ${count} tests`
  const failed = Array.from(ended.values()).filter((passed) => !passed).length
  const all = `${count} ${count === 1 ? 'test' : 'tests'}`
  if (failed > 0) return `${all}, ${failed} ${failed === 1 ? 'fails' : 'fail'}`
  return count === 1 ? '1 test, passes' : `${all}, all pass`
}

/** How many tests expect each rule or consistency to speak. */
function expectations(document: PolicyDocument): readonly Lens[] {
  const uses = new Map<Meaning, number>()
  const declared: Occurrence[] = []
  for (const occurrence of document.occurrences) {
    const [meaning] = occurrence.means
    if (meaning?.kind !== 'check') continue
    if (occurrence.declares) declared.push(occurrence)
    else uses.set(meaning, (uses.get(meaning) ?? 0) + 1)
  }
  return declared.map(({ span, means }) => {
    const count = uses.get(means[0]!) ?? 0
    const many = count === 1 ? '1 test expects' : `${count} tests expect`
    return { span, title: count === 0 ? 'no test expects this' : `${many} this` }
  })
}
