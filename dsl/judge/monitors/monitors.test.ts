import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Consistency, ConsistencyForm, StepPattern } from '../../plan/plan.ts'
import { Cells } from '../cells.ts'
import { createJudge } from '../create.ts'
import { calls, consistency, FLAG, field, NUMBER, plan, step, tool } from '../plans.fixture.ts'
import type { Json, Step } from '../step.ts'
import { type Outcome, outcome, owed } from './reference.ts'

const sure = field('sure', FLAG)
const pattern = (...names: string[]): fc.Arbitrary<StepPattern> =>
  fc
    .tuple(fc.constantFrom(...names), fc.boolean())
    .map(([name, conditional]) => calls(name, conditional ? sure : undefined))
const same = fc.constantFrom([], [{ here: ['j'], there: ['j'] }], [{ here: ['j'], there: ['k'] }])
const within = fc.option(fc.constantFrom(3, 10, 40), { nil: undefined })
const inMs = within.map((ms) => (ms === undefined ? {} : { inMs: ms }))

/** What the step itself says there may be. */
const limit = fc.constantFrom(field('n', NUMBER), field('most', NUMBER))

const forms: fc.Arbitrary<ConsistencyForm> = fc.oneof(
  fc.tuple(pattern('a'), pattern('a', 'b'), within, same, fc.boolean()).map(
    ([what, earlier, withinMs, joins, bySomeoneElse]): ConsistencyForm => ({
      kind: 'needs',
      what,
      earlier,
      ...(withinMs !== undefined && { withinMs }),
      same: joins,
      bySomeoneElse,
    }),
  ),
  fc
    .tuple(pattern('a'), fc.oneof(fc.nat(3), limit), inMs)
    .map(([what, times, window]): ConsistencyForm => ({ kind: 'atMost', what, times, ...window })),
  fc.tuple(pattern('a'), fc.oneof(fc.nat(6), limit), inMs).map(
    ([what, atMost, window]): ConsistencyForm => ({
      kind: 'total',
      what,
      of: field('n', NUMBER),
      atMost,
      ...window,
    }),
  ),
  fc
    .tuple(pattern('a'), pattern('a', 'b'), same)
    .map(([what, after, joins]): ConsistencyForm => ({ kind: 'neverAfter', what, after, same: joins })),
  fc
    .tuple(
      pattern('a'),
      pattern('a', 'b'),
      fc.integer({ min: 1, max: 3 }),
      inMs,
      fc.constantFrom(3, 10, 40),
      same,
    )
    .map(
      ([what, after, times, window, forMs, joins]): ConsistencyForm => ({
        kind: 'rests',
        what,
        after,
        times,
        ...window,
        forMs,
        same: joins,
      }),
    ),
  fc.tuple(pattern('a'), pattern('a', 'b'), fc.constantFrom(3, 10), same).map(
    ([what, by, withinMs, joins]): ConsistencyForm => ({
      kind: 'followedBy',
      what,
      by,
      withinMs,
      same: joins,
    }),
  ),
)
const constraints: fc.Arbitrary<Consistency> = fc
  .tuple(
    forms,
    fc.constantFrom('conversation', 'agent', 'turn' as const),
    fc.constantFrom([], [['k']], [['k'], ['j']]),
    fc.constantFrom('deny', 'warn' as const),
  )
  .map(([form, scope, forEach, onError]) => consistency('held', form, { scope, forEach, onError }))

interface Draft {
  readonly name: string
  readonly fields: Record<string, Json | undefined>
  readonly actor: string
  readonly afterMs: number
  readonly newTurn: boolean
}

const draft = (keys: number): fc.Arbitrary<Draft> =>
  fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    fields: fc.record({
      k: fc.oneof(
        { weight: 9, arbitrary: fc.nat(keys).map((n): Json => `key ${n}`) },
        { weight: 1, arbitrary: fc.constantFrom<(Json | undefined)[]>(undefined, null, []) },
      ),
      j: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom<Json[]>('key 0', 1, '1') },
        { weight: 1, arbitrary: fc.constant(undefined) },
      ),
      n: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom<Json[]>(0, 1, 2, -3) },
        { weight: 1, arbitrary: fc.constantFrom('2', undefined) },
      ),
      most: fc.oneof(
        { weight: 9, arbitrary: fc.nat(5) },
        { weight: 1, arbitrary: fc.constantFrom('2', undefined) },
      ),
      sure: fc.oneof(
        { weight: 9, arbitrary: fc.boolean() },
        { weight: 1, arbitrary: fc.constant(undefined) },
      ),
    }),
    actor: fc.constantFrom('c1/clerk', 'c1/clerk-2', 'ann'),
    afterMs: fc.constantFrom(0, 1, 2, 3, 9, 30),
    newTurn: fc.boolean(),
  })

function trace(drafts: readonly Draft[]): Step[] {
  let at = 1_000
  let turn = 1
  return drafts.map(({ name, fields, actor, afterMs, newTurn }) => {
    at += afterMs
    if (newTurn) turn++
    const known = Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined)
    return step(name, Object.fromEntries(known), { actor, at, turn })
  })
}

const policy = (one: Consistency) => plan({ tools: [tool('a'), tool('b'), tool('c')], consistencies: [one] })
const entries = (cells: Cells): [string, Json][] => [...cells.entries()]
const sorted = (cells: Cells): [string, Json][] => entries(cells).toSorted(([a], [b]) => (a < b ? -1 : 1))

function compareWithReference(one: Consistency, steps: readonly Step[]): void {
  const judge = createJudge(policy(one))
  const cells = new Cells()
  const history: Step[] = []
  for (const next of steps) {
    const verdict = judge.judge(cells, next)
    const said: Outcome = verdict.reasons[0]?.outcome ?? 'quiet'
    expect([next, said]).toEqual([next, outcome(one, history, next)])
    if (verdict.kind === 'allow') history.push(next)
  }
  const broken = judge.close(cells, steps.at(-1)?.at ?? 0).obligations
  expect(broken.map((obligation) => obligation.dueAt)).toEqual(owed(one, history))
}

test('each monitor says what its form means over the whole history', () => {
  fc.assert(
    fc.property(constraints, fc.array(draft(2), { maxLength: 25 }).map(trace), compareWithReference),
    { numRuns: 2_000 },
  )
})

/** Keys come and go: always new ones, and the newest ones again. */
const drifting = fc.array(fc.tuple(draft(0), fc.nat(3)), { minLength: 250, maxLength: 300 }).map((drafts) =>
  trace(
    drafts.map(([one, back], i) => ({
      ...one,
      name: one.name === 'c' ? 'b' : one.name,
      fields: { ...one.fields, k: Math.floor(i / 2) - back, sure: true },
    })),
  ),
)

test('dropping expired cells changes no answer', () => {
  const keyed = constraints.map((one): Consistency => ({ ...one, forEach: [['k']] }))
  fc.assert(fc.property(keyed, drifting, compareWithReference), { numRuns: 120, endOnFailure: true })
})

test('cells restored from JSON, or folded from deltas, go on as if nothing had happened', () => {
  fc.assert(
    fc.property(
      constraints,
      fc.array(draft(2), { maxLength: 20 }).map(trace),
      fc.nat(20),
      (one, steps, cut) => {
        const judge = createJudge(policy(one))
        const [whole, folded] = [new Cells(), new Cells()]
        let restored = new Cells()
        steps.forEach((next, i) => {
          if (i === cut) {
            const json: [string, Json][] = JSON.parse(JSON.stringify(entries(restored)))
            restored = new Cells()
            restored.apply(json.map(([cell, value]) => ({ cell, value })))
          }
          const mark = whole.mark()
          const verdict = judge.judge(whole, next)
          folded.apply(
            JSON.parse(JSON.stringify(whole.since(mark))).map((change: { cell: string; value?: Json }) => ({
              cell: change.cell,
              value: change.value,
            })),
          )
          expect(createJudge(policy(one)).judge(restored, next)).toEqual(verdict)
        })
        expect(sorted(folded)).toEqual(sorted(whole))
        expect(sorted(restored)).toEqual(sorted(whole))
      },
    ),
    { numRuns: 300 },
  )
})

test('deciding changes nothing, a denial leaves no trace, and a rollback restores the exact state', () => {
  fc.assert(
    fc.property(constraints, fc.array(draft(2), { maxLength: 20 }).map(trace), (one, steps) => {
      const judge = createJudge(policy(one))
      const cells = new Cells()
      for (const next of steps) {
        const before = JSON.stringify(sorted(cells))
        const mark = cells.mark()
        const decided = judge.decide(cells, next)
        expect(cells.mark()).toBe(mark)
        const verdict = judge.judge(cells, next)
        expect({ ...verdict, obligations: [] }).toEqual({ ...decided, obligations: [] })
        if (verdict.kind !== 'allow') expect(cells.mark()).toBe(mark)
        cells.rollback(mark)
        expect(JSON.stringify(sorted(cells))).toBe(before)
        judge.judge(cells, next)
      }
    }),
    { numRuns: 300 },
  )
})

test('a full conversation answers unknown, never fine', () => {
  const once = consistency('Once', { kind: 'atMost', what: calls('a'), times: 1 }, { forEach: [['k']] })
  const judge = createJudge(policy(once))
  const cells = new Cells()
  for (let i = 0; i < 10_000; i++) expect(judge.judge(cells, step('a', { k: i })).kind).toBe('allow')
  const verdict = judge.judge(cells, step('a', { k: 10_000 }))
  expect(verdict).toMatchObject({ kind: 'deny', reasons: [{ outcome: 'unknown' }] })
  expect(cells.size).toBe(10_000)
})

test('beyond its exact entries a window never permits more than the bound, and forgets in time', () => {
  const hourly = consistency('Hourly', { kind: 'atMost', what: calls('a'), times: 1_000, inMs: 3_600_000 })
  const judge = createJudge(policy(hourly))
  const cells = new Cells()
  const times: number[] = []
  for (let at = 0; at < 4 * 3_600_000; at += 2_999) {
    if (judge.judge(cells, step('a', {}, { at })).kind === 'allow') times.push(at)
    cells.settle()
  }
  for (const [i, at] of times.entries())
    expect(times.slice(i).filter((later) => later - at < 3_600_000).length).toBeLessThanOrEqual(1_000)
  // Merging costs at most a slice of the window in each hour.
  expect(times.length).toBeGreaterThan(3_900)
  expect(JSON.stringify(entries(cells)).length).toBeLessThan(12_000)
})

test('an obligation is owed, met in time, or broken at its deadline', () => {
  const answered = consistency(
    'Escalations are answered',
    { kind: 'followedBy', what: calls('a'), by: calls('b'), withinMs: 100, same: [] },
    { forEach: [['k']], otherwise: { kind: 'alert', who: 'operations' } },
  )
  const judge = createJudge(policy(answered))
  const cells = new Cells()
  const first = judge.judge(cells, step('a', { k: 1 }, { at: 0 }))
  const [obligation] = first.obligations
  expect(first).toMatchObject({ kind: 'allow', obligations: [{ kind: 'owed', dueAt: 100 }] })
  expect(judge.judge(cells, step('b', { k: 1 }, { at: 100 })).obligations).toMatchObject([
    { kind: 'met', dueAt: 100 },
  ])
  expect(judge.overdue(cells, obligation!.cell, 100)).toBeUndefined()
  judge.judge(cells, step('a', { k: 1 }, { at: 200 }))
  expect(judge.judge(cells, step('b', { k: 1 }, { at: 301 })).obligations).toEqual([])
  expect(judge.overdue(cells, obligation!.cell, 299)).toBeUndefined()
  expect(judge.overdue(cells, obligation!.cell, 300)).toMatchObject({
    kind: 'allow',
    reasons: [{ action: 'alert', found: '`a` was not followed by `b` within 100 milliseconds' }],
    obligations: [{ kind: 'broken' }],
  })
  expect(entries(cells)).toEqual([])
})
