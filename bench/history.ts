/**
 * What a step costs after 10, 1,000, 100,000 and 1,000,000 steps of the same conversation, with seven consistencies in play: it
 * must not depend on the history. Beside it, what each consistency costs that speaks of the step. The limit is one look-up
 * and one write of a cell, in the same run. Figures of a busy machine are provisional; the ratios are what counts.
 */
import { Cells } from '../dsl/judge/cells.ts'
import { createJudge } from '../dsl/judge/create.ts'
import { calls, consistency, field, plan, step, tool, USD } from '../dsl/judge/plans.fixture.ts'
import type { Step } from '../dsl/judge/step.ts'

const HISTORIES = [10, 1_000, 100_000, 1_000_000]
const MEASURED = 3_000
const ROUNDS = 7
/** Of the longest history, which takes its time. */
const ROUNDS_LONGEST = 3
/** Steps made ahead, so that making them is not measured. */
const CHUNK = 10_000
const MINUTE = 60_000

const [look, refund, close, resolve] = ['lookup_order', 'issue_refund', 'close_order', 'resolve'] as const
const each = { forEach: [['order']] }
const policy = plan({
  tools: [look, refund, close, resolve].map((name) => tool(name)),
  consistencies: [
    consistency(
      'Look first',
      {
        kind: 'needs',
        what: calls(refund),
        earlier: calls(look),
        withinMs: 30 * MINUTE,
        same: [],
        bySomeoneElse: false,
      },
      each,
    ),
    consistency('Few an hour', { kind: 'atMost', what: calls(refund), times: 60, inMs: 60 * MINUTE }),
    consistency('Twice', { kind: 'atMost', what: calls(refund), times: 2, inMs: 24 * 60 * MINUTE }, each),
    consistency('Cap', {
      kind: 'total',
      what: calls(refund),
      of: field('amount', USD),
      atMost: 1_000_000_000,
      inMs: 60 * MINUTE,
    }),
    consistency(
      'Rests',
      {
        kind: 'rests',
        what: calls(refund),
        after: calls(resolve),
        times: 60,
        inMs: 60 * MINUTE,
        forMs: 10 * MINUTE,
        same: [],
      },
      { forEachOf: ['actor'] },
    ),
    consistency(
      'Closed is closed',
      { kind: 'neverAfter', what: calls(refund), after: calls(close), same: [] },
      each,
    ),
    consistency(
      'Answered',
      { kind: 'followedBy', what: calls(refund), by: calls(resolve), withinMs: 60 * MINUTE, same: [] },
      each,
    ),
  ],
})
const judge = createJudge(policy)

/** How many consistencies a step meets, on average over the three kinds of step. */
const MET =
  [look, refund, resolve].flatMap((name) =>
    judge.explain(new Cells(), step(name)).checks.filter(({ checkKind }) => checkKind === 'consistency'),
  ).length / 3

/** Step `i` of a desk that refunds one order after another, a minute or so for each step. */
function stepAt(i: number): Step {
  const order = `ORD-${Math.floor(i / 3)}`
  return step([look, refund, resolve][i % 3]!, { order, amount: 5 }, { at: i * MINUTE, turn: i })
}

interface Run {
  readonly history: number
  readonly cells: Cells
  next: number
  readonly ns: number[]
}

function take(run: Run, count: number): void {
  const steps = Array.from({ length: count }, (_, i) => stepAt(run.next + i))
  run.next += count
  const start = process.hrtime.bigint()
  for (const one of steps) {
    if (judge.judge(run.cells, one).kind !== 'allow') throw new Error(`refused step ${one.at / MINUTE}`)
    run.cells.settle()
  }
  if (count === MEASURED) run.ns.push(Number(process.hrtime.bigint() - start) / count)
}

/** The least that keeping any history costs. */
function limit(): number {
  const cells = new Cells()
  const steps = Array.from({ length: MEASURED }, (_, i) => stepAt(i))
  const start = process.hrtime.bigint()
  for (const one of steps) {
    const cell = `x:${String(one.fields.order)}`
    if (cells.get(cell) !== one.at) cells.set(cell, one.at)
    cells.settle()
  }
  return Number(process.hrtime.bigint() - start) / MEASURED
}

const median = (list: readonly number[]) => list.toSorted((a, b) => a - b)[list.length >> 1]!
for (let i = 0; i < 5; i++) take({ history: 0, cells: new Cells(), next: 0, ns: [] }, MEASURED)
const limits: number[] = []
const runs = HISTORIES.map((history, i): Run[] =>
  Array.from({ length: i === HISTORIES.length - 1 ? ROUNDS_LONGEST : ROUNDS }, () => ({
    history,
    cells: new Cells(),
    next: 0,
    ns: [],
  })),
)
for (let i = 0; i < ROUNDS; i++) {
  for (const rounds of runs) {
    const run = rounds[i]
    if (run === undefined) continue
    while (run.next < run.history) take(run, Math.min(CHUNK, run.history - run.next))
    take(run, MEASURED)
  }
  limits.push(limit())
}
const raw = median(limits)
console.log(`A step with seven consistencies in play, of which ${MET.toFixed(1)} speak of it`)
console.log(`${'one cell read and written'.padEnd(28)} ${raw.toFixed(0).padStart(6)} ns    1.0 ×`)
for (const run of runs) {
  const ns = median(run.flatMap((one) => one.ns))
  const cells = run[0]!.cells.size
  console.log(
    `${`after ${run[0]!.history.toLocaleString('en')} steps`.padEnd(28)} ${ns.toFixed(0).padStart(6)} ns ${(ns / raw).toFixed(1).padStart(6)} ×   ${(ns / MET).toFixed(0).padStart(4)} ns each   ${cells} cells`,
  )
}
