/** Every pattern in every scope against its meaning over whole traces. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Consistency, ConsistencyForm, Stretch } from '../../plan/plan.ts'
import { Cells } from '../cells.ts'
import { createJudge } from '../create.ts'
import type { Json, Step } from '../step.ts'
import { calls, consistency, field, NUMBER, plan, step, tool } from '../testing-plans.ts'
import { isDenied, lackingAtEnd } from './ltlf.ts'

const what = calls('a')
const [b, c] = [calls('b'), calls('c')]
const amount = field('n', NUMBER)
const among = ['calls'] as const
const withinMs = fc.constantFrom({}, { withinMs: 3 }, { withinMs: 10 })
const same = fc.constantFrom([], [{ here: ['j'], there: ['j'] }], [{ here: ['j'], there: ['i'] }])
const other = fc.constantFrom(b, what)
const times = fc.integer({ min: 1, max: 3 })
const flag = fc.boolean()

const forms: Readonly<Record<string, fc.Arbitrary<ConsistencyForm>>> = {
  never: fc.constant({ kind: 'atMost', what, times: 0 }),
  'at most': times.map((times) => ({ kind: 'atMost', what, times })),
  'at least': times.map((times) => ({ kind: 'atLeast', what, times })),
  exactly: times.map((times) => ({ kind: 'exactly', what, times })),
  'needs an earlier': fc.tuple(other, withinMs, same, flag).map(([earlier, within, same, bySomeoneElse]) => ({
    kind: 'needs',
    what,
    earlier,
    ...within,
    same,
    bySomeoneElse,
  })),
  'never after': fc.tuple(other, same).map(([after, same]) => ({ kind: 'neverAfter', what, after, same })),
  'followed within': fc
    .tuple(other, same)
    .map(([by, same]) => ({ kind: 'followedBy', what, by, withinMs: 10, same })),
  'needs a chain': fc
    .tuple(fc.constantFrom([b, c], [b, b], [b, what], [b, c, b]), withinMs, same)
    .map(([chain, within, same]) => ({ kind: 'needsChain', what, chain, ...within, same })),
  'needs each time': fc
    .tuple(other, withinMs, same)
    .map(([earlier, within, same]) => ({ kind: 'needsEach', what, earlier, ...within, same })),
  'needs several people': fc
    .tuple(other, times, flag, withinMs, same)
    .map(([earlier, people, bySomeoneElse, within, same]) => ({
      kind: 'quorum',
      what,
      earlier,
      people,
      bySomeoneElse,
      ...within,
      same,
    })),
  'leads to': fc
    .tuple(fc.constantFrom([b], [what], [b, c], [b, b], [b, what]), withinMs, flag, same)
    .map(([chain, within, alone, same]) => ({ kind: 'leadsTo', what, chain, ...within, alone, same })),
  succession: fc
    .tuple(other, withinMs, flag, same)
    .map(([by, within, alternate, same]) => ({ kind: 'succession', what, by, ...within, alternate, same })),
  neighbours: fc
    .tuple(fc.constantFrom('after', 'next', 'both', 'never'), other, same, withinMs, flag)
    .map(([how, other, same, within, apart]) => ({
      kind: 'adjacent',
      how,
      what,
      other,
      among,
      ...within,
      ...(apart && { afterMs: 1 }),
      same,
    })),
  pairs: fc
    .tuple(fc.constantFrom('requires', 'together', 'apart', 'either'), same)
    .map(([how, same]) => ({ kind: 'pair', how, what, other: b, same: how === 'either' ? [] : same })),
  'first and last': fc.constantFrom('first', 'last').map((which) => ({ kind: 'edge', which, what, among })),
  aggregates: fc
    .tuple(
      fc.constantFrom('distinct', 'average', 'highest', 'lowest'),
      flag,
      times,
      fc.constantFrom({}, { inMs: 5 }),
    )
    .map(([fn, most, limit, window]) => ({
      kind: 'aggregate',
      fn,
      bound: most ? 'atMost' : 'atLeast',
      what,
      of: amount,
      limit,
      ...(most && window),
    })),
  'total at least': times.map((limit) => ({
    kind: 'aggregate',
    fn: 'total',
    bound: 'atLeast',
    what,
    of: amount,
    limit,
  })),
  agreement: fc
    .tuple(
      fc.constantFrom('agrees', 'equals', 'notBelow', 'notAbove'),
      fc.constantFrom(
        undefined,
        { kind: 'percent', value: 50 } as const,
        { kind: 'amount', value: 1 } as const,
      ),
      same,
    )
    .map(([how, tolerance, same]) => ({
      kind: 'agrees',
      how,
      what,
      of: amount,
      latest: b,
      to: amount,
      ...(tolerance && { tolerance }),
      same,
    })),
  stability: fc.constant({ kind: 'steady', what, of: amount }),
}

const [open, close] = [calls('open'), calls('close')]
const stretches: Readonly<Record<string, Stretch | undefined>> = {
  globally: undefined,
  after: { kind: 'after', opens: open },
  before: { kind: 'before', closes: close },
  between: { kind: 'between', opens: open, closes: close },
  'after until': { kind: 'until', opens: open, closes: close },
}

const trace: fc.Arbitrary<Step[]> = fc
  .array(
    fc.record({
      name: fc.constantFrom('a', 'a', 'a', 'b', 'b', 'b', 'c', 'open', 'close'),
      fields: fc.record({ k: fc.nat(1), j: fc.nat(1), i: fc.nat(1), n: fc.integer({ min: 0, max: 4 }) }),
      actor: fc.constantFrom('c1/clerk', 'ann', 'bob'),
      after: fc.constantFrom(0, 1, 2, 5),
    }),
    { maxLength: 24 },
  )
  .map((drafts) => {
    let at = 1_000
    return drafts.map(({ name, fields, actor, after }, i) => {
      at += after
      return step(name, fields, { actor, at, turn: i })
    })
  })

const policy = (one: Consistency) =>
  plan({ tools: ['a', 'b', 'c', 'open', 'close'].map((name) => tool(name)), consistencies: [one] })

/** A join cannot be told apart at the step that ends a stretch; the checker refuses it there. */
function unjoined(form: ConsistencyForm): ConsistencyForm {
  return 'same' in form ? { ...form, same: [] } : form
}

describe.each(Object.keys(stretches))('%s', (scope) => {
  test.each(Object.keys(forms))('%s', (name) => {
    const during = stretches[scope]
    const closes = during !== undefined && 'closes' in during
    const slicing = fc.constantFrom<[Consistency['scope'], string[][]]>(
      ['conversation', []],
      ['agent', []],
      ['conversation', [['k']]],
    )
    fc.assert(
      fc.property(forms[name]!, slicing, trace, (form, [scope, forEach], steps) => {
        const one: Consistency = {
          ...consistency('held', closes ? unjoined(form) : form, { scope, forEach }),
          ...(during !== undefined && { during }),
        }
        const judge = createJudge(policy(one))
        let cells = new Cells()
        const history: Step[] = []
        for (const next of steps) {
          const allowed = judge.judge(cells, next).kind === 'allow'
          expect([history.length, next, allowed]).toEqual([
            history.length,
            next,
            !isDenied(one, history, next),
          ])
          if (allowed) history.push(next)
          // What is kept is plain data: it goes through JSON at every step.
          const kept: [string, Json][] = JSON.parse(JSON.stringify([...cells.entries()]))
          cells = new Cells()
          cells.apply(kept.map(([cell, value]) => ({ cell, value })))
        }
        expect(judge.close(cells, 9_999).obligations.length > 0).toBe(lackingAtEnd(one, history) > 0)
      }),
      { numRuns: 400 },
    )
  })
})
