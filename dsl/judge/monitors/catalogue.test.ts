/** Every pattern in every scope against its meaning over whole traces. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Consistency, ConsistencyForm, Stretch } from '../../plan/plan.ts'
import { Cells } from '../cells.ts'
import { createJudge } from '../create.ts'
import { calls, consistency, FLAG, field, NUMBER, plan, step, tool } from '../plans.fixture.ts'
import type { Json, Step } from '../step.ts'
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
  rests: fc
    .tuple(
      other,
      times,
      fc.constantFrom({}, { inMs: 2 }, { inMs: 5 }),
      fc.constantFrom({}, { forMs: 2 }, { forMs: 6 }),
      same,
    )
    .map(([after, times, window, rest, same]) => ({
      kind: 'rests',
      what,
      after,
      times,
      ...window,
      ...rest,
      same,
    })),
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
    const slicing = fc.constantFrom<Partial<Consistency>>(
      {},
      { scope: 'agent' },
      { forEach: [['k']] },
      { forEachOf: ['tool'] },
      { forEachOf: ['actor'], forEach: [['k']] },
    )
    fc.assert(
      fc.property(forms[name]!, slicing, trace, (form, slices, steps) => {
        const one: Consistency = {
          ...consistency('held', closes ? unjoined(form) : form, slices),
          ...(during !== undefined && { during }),
        }
        const judge = createJudge(policy(one))
        let cells = new Cells()
        const history: Step[] = []
        for (const next of steps) {
          const mark = cells.mark()
          judge.decide(cells, next)
          expect(cells.mark()).toBe(mark)
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

/** Keys come and go: always new ones, and the newest ones again, so that cells expire and are swept. */
const drifting = fc
  .array(fc.tuple(fc.constantFrom('a', 'a', 'b', 'b', 'c'), fc.nat(3), fc.nat(3), fc.constantFrom(0, 1, 3)), {
    minLength: 120,
    maxLength: 160,
  })
  .map((drafts) => {
    let at = 1_000
    return drafts.map(([name, back, n, after], i) => {
      at += after
      const fields = { k: Math.floor(i / 2) - back, j: 0, i: 0, n }
      return step(name, fields, { actor: n % 2 === 0 ? 'ann' : 'bob', at, turn: i })
    })
  })

test.each(['rests', 'needs a chain', 'needs each time', 'needs several people', 'aggregates'])(
  'dropping what has expired changes no answer: %s',
  (name) => {
    fc.assert(
      fc.property(forms[name]!, drifting, (form, steps) => {
        const one = consistency('held', unjoined(form), { forEach: [['k']] })
        const judge = createJudge(policy(one))
        const cells = new Cells()
        const history: Step[] = []
        for (const next of steps) {
          const allowed = judge.judge(cells, next).kind === 'allow'
          expect([next, allowed]).toEqual([next, !isDenied(one, history, next)])
          if (allowed) history.push(next)
        }
      }),
      { numRuns: 40 },
    )
  },
)

test.each(Object.keys(forms))(
  'a step that may be the one spoken of is never let through where it would be refused: %s',
  (name) => {
    const sure = calls('a', field('sure', FLAG))
    fc.assert(
      fc.property(
        forms[name]!,
        trace,
        fc.record({ k: fc.nat(1), j: fc.nat(1), i: fc.nat(1), n: fc.nat(4) }),
        (form, steps, fields) => {
          const plain = consistency('held', form)
          const judge = createJudge(policy({ ...plain, form: { ...form, what: sure } }))
          const cells = new Cells()
          const history: Step[] = []
          for (const next of steps) {
            const known = { ...next, fields: { ...next.fields, sure: true } }
            if (judge.judge(cells, known).kind === 'allow') history.push(known)
          }
          const at = (steps.at(-1)?.at ?? 0) + 1
          const doubtful = step('a', fields, { at, turn: 99 })
          if (isDenied(plain, history, doubtful)) expect(judge.decide(cells, doubtful).kind).toBe('deny')
        },
      ),
      { numRuns: 150 },
    )
  },
)

test('a key that is missing is unknown, and unknown is refused', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.keys(forms)).chain((name) => forms[name]!),
      (form) => {
        const isFirst = form.kind === 'edge' || (form.kind === 'atMost' && form.times === 0)
        fc.pre(!isFirst)
        const judge = createJudge(policy(consistency('held', form, { forEach: [['k']] })))
        const verdict = judge.decide(new Cells(), step('a', { j: 1, i: 1, n: 1 }))
        expect(verdict).toMatchObject({ kind: 'deny', reasons: [{ outcome: 'unknown' }] })
      },
    ),
    { numRuns: 300 },
  )
})

test('a calendar day is a day of the zone, however long it is', () => {
  const zone = 'Europe/Berlin'
  const dayOf = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' })
  const one = consistency('held', { kind: 'atMost', what, times: 2, per: { unit: 'day', zone } })
  const judge = createJudge(policy(one))
  // Three days around the change to summer time, whose second has 23 hours.
  const start = Date.parse('2024-03-30T00:00:00Z')
  fc.assert(
    fc.property(fc.array(fc.nat(72 * 60), { maxLength: 30 }), (minutes) => {
      const cells = new Cells()
      const counts = new Map<string, number>()
      for (const minute of minutes.toSorted((x, y) => x - y)) {
        const at = start + minute * 60_000
        const day = dayOf.format(at)
        const before = counts.get(day) ?? 0
        const allowed = judge.judge(cells, step('a', {}, { at })).kind === 'allow'
        expect([day, before, allowed]).toEqual([day, before, before < 2])
        if (allowed) counts.set(day, before + 1)
      }
    }),
    { numRuns: 300 },
  )
})

test('a state is that of the agent that entered it', () => {
  const enters: Stretch = {
    kind: 'while',
    opens: { any: [{ kinds: ['enters'], names: ['review'] }], shown: 'enters review' },
    closes: { any: [{ kinds: ['leaves'], names: ['review'] }], shown: 'leaves review' },
  }
  const one: Consistency = {
    ...consistency('held', { kind: 'atLeast', what, times: 1 }, { scope: 'agent' }),
    during: enters,
  }
  const judge = createJudge(policy(one))
  const cells = new Cells()
  const of = (actor: string, kind: Step['kind'], name: string): Step => ({ ...step(name), actor, kind })
  expect(judge.judge(cells, of('ann', 'enters', 'review')).kind).toBe('allow')
  expect(judge.judge(cells, of('bob', 'leaves', 'review')).kind).toBe('allow')
  expect(judge.judge(cells, of('ann', 'leaves', 'review')).reasons[0]?.found).toBe(
    'leaves review ends the stretch, and `a` has not happened, at least 1 time',
  )
  expect(judge.judge(cells, of('ann', 'calls', 'a')).kind).toBe('allow')
  expect(judge.judge(cells, of('ann', 'leaves', 'review')).kind).toBe('allow')
  expect(judge.judge(cells, of('bob', 'enters', 'review')).kind).toBe('allow')
  expect(judge.close(cells, 9_999).obligations).toHaveLength(1)
})
