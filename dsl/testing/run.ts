/** Runs a policy's tests, and says what they saw of its checks. */
import { Cells } from '../judge/cells.ts'
import { createJudge } from '../judge/create.ts'
import { describeLine } from '../judge/describe.ts'
import { decideWith } from '../judge/gathered.ts'
import type { Explanation, Judge } from '../judge/judge.ts'
import { LedgerBook } from '../judge/ledger-book.ts'
import { repairStep } from '../judge/repair.ts'
import type { Step } from '../judge/step.ts'
import type { Verdict } from '../judge/verdict.ts'
import type { Plan, TestCase, TestStep } from '../plan/plan.ts'
import { Coverage, type Covered } from './coverage.ts'
import { answerOf, groundsOf } from './scores.ts'

/** When a test starts that does not say: 2024-01-01T00:00:00Z. Fixed, so that every run is the same run. */
export const START_MS = 1_704_067_200_000

export type TestResult =
  | { readonly kind: 'passed'; readonly test: TestCase; readonly verdict: Verdict }
  | {
      readonly kind: 'failed'
      readonly test: TestCase
      readonly verdict: Verdict
      readonly message: string
      /** Of the judged step as it was written, before any repair. */
      readonly explanation: Explanation
    }

export interface TestRun {
  readonly results: readonly TestResult[]
  readonly coverage: {
    /** Rules, consistencies and flows by name, in the policy's order. */
    readonly fired: readonly string[]
    readonly silent: readonly string[]
  } & Covered
}

/** Tests do not see each other: each is a fleet of one conversation. `only`: those it holds for. */
export function runTests(plan: Plan, only: (test: TestCase) => boolean = () => true): TestRun {
  const judge = createJudge(plan)
  const coverage = new Coverage(plan)
  const results = plan.tests.filter(only).map((test): TestResult => {
    const { verdict, explanation } = play(judge, test, coverage)
    const message = complaint(test, verdict)
    return message === undefined
      ? { kind: 'passed', test, verdict }
      : { kind: 'failed', test, verdict, message, explanation }
  })
  const covered = coverage.report()
  const { checks } = covered
  return {
    results,
    coverage: {
      fired: checks.filter(({ fired }) => fired).map(({ check }) => check),
      silent: checks.filter(({ fired }) => !fired).map(({ check }) => check),
      ...covered,
    },
  }
}

/** The first of the tests that is not as expected; later ones are not run. */
export function firstFailure(plan: Plan, tests: readonly TestCase[]): TestCase | undefined {
  const judge = createJudge(plan)
  return tests.find((test) => complaint(test, play(judge, test).verdict) !== undefined)
}

/** Given steps are let through unasked; the last one is judged, once more when repaired. */
function play(judge: Judge, test: TestCase, seen?: Coverage): { verdict: Verdict; explanation: Explanation } {
  const cells = new Cells()
  let turn = 0
  const place = (step: TestStep): Step => {
    if (!step.sameTurn) turn++
    return {
      kind: step.kind,
      agent: step.agent,
      actor: step.actor ?? `test/${step.agent}`,
      conversation: 'test',
      turn,
      at: (test.startsAt ?? START_MS) + step.atMs,
      name: step.name,
      fields: step.fields,
      ...(step.peer !== undefined && { peer: step.peer }),
      ...(step.roles !== undefined && { roles: step.roles }),
      ...(step.tenant !== undefined && { tenant: step.tenant }),
    }
  }
  const book = new LedgerBook(judge)
  for (const given of test.given) {
    const step = place(given)
    const { grounds } = decideWith(book, cells, step, answerOf(given), groundsOf(given))
    seen?.meet(step, grounds)
    book.advance(cells, step, grounds)
  }
  const when = place(test.when)
  const { verdict, grounds } = decideWith(book, cells, when, answerOf(test.when))
  const explanation = book.explain(cells, when, grounds)
  seen?.meet(when, grounds)
  seen?.see(when, explanation)
  if (verdict.kind !== 'repair') return { verdict, explanation }
  const mended = repairStep(when, verdict.repairs)
  const answer = answerOf({ ...test.when, fields: mended.fields })
  const { verdict: again } = decideWith(book, cells, mended, answer, grounds)
  if (again.kind === 'allow') return { verdict, explanation }
  // What a repair cannot mend is refused, as it is when the policy runs.
  return { verdict: again.kind === 'repair' ? { ...again, kind: 'deny' } : again, explanation }
}

/** What is not as expected; undefined when all is. */
function complaint({ expect }: TestCase, verdict: Verdict): string | undefined {
  if (verdict.kind !== expect.kind) return `expected ${expect.kind}, but it was ${describeLine(verdict)}`
  if (expect.because !== undefined && !verdict.reasons.some((reason) => reason.check === expect.because)) {
    const said = verdict.reasons.map((reason) => `"${reason.check}"`).join(', ')
    return `expected because "${expect.because}", but ${said === '' ? 'nothing' : said} spoke`
  }
  if (expect.who !== undefined && !verdict.asks.some((ask) => ask.who === expect.who)) {
    return `expected to ask ${expect.who}, but it asks ${verdict.asks.map((ask) => ask.who).join(', ')}`
  }
  return undefined
}
