/** What a rule counts, against its meaning over the whole history, in both engines. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Binding, Tally } from '../plan/plan.ts'
import { Cells } from './cells.ts'
import { createJudge } from './create.ts'
import type { Bound } from './interpret.ts'
import { ENTRIES_MAX } from './monitors/window.ts'
import {
  binding,
  calls,
  compare,
  FLAG,
  field,
  NUMBER,
  number,
  plan,
  rule,
  step,
  tool,
} from './plans.fixture.ts'
import { createRegister } from './registers.ts'
import type { Json, Step } from './step.ts'

const FOLDS = ['count', 'distinct', 'total', 'average', 'highest', 'lowest', 'since', 'latest'] as const
const amount = field('n', NUMBER)
const ofField = (fn: Tally['fn']) => fn !== 'count' && fn !== 'since' && fn !== 'latest'
const isSure = field('sure', FLAG)

const bindings: fc.Arbitrary<Binding> = fc
  .record({
    fn: fc.constantFrom(...FOLDS),
    window: fc.constantFrom({}, { inMs: 4 }, { inMs: 15 }, { per: { unit: 'day', zone: 'UTC' } } as const),
    after: fc.boolean(),
    same: fc.boolean(),
    most: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ fn, window, after, same, most }) => ({
    name: 't',
    of: calls('x', isSure),
    tally: {
      fn,
      ...(ofField(fn) && { of: amount }),
      ...(fn === 'latest' && { most }),
      ...window,
      ...(after && { after: calls('y', isSure) }),
    },
    same: same ? [{ here: ['k'], there: ['k'] }] : [],
    keep: [],
    bound: '',
    id: 'b',
  }))

const DAY = 86_400_000
const trace: fc.Arbitrary<Step[]> = fc
  .array(
    fc.record({
      name: fc.constantFrom('x', 'x', 'x', 'y', 'z'),
      k: fc.nat(1),
      n: fc.oneof(
        { weight: 12, arbitrary: fc.integer({ min: -2, max: 5 }) },
        { weight: 1, arbitrary: fc.constant('many') },
      ),
      sure: fc.constantFrom(true, true, true, true, true, true, true, false, undefined),
      after: fc.constantFrom(0, 1, 2, 3, 7, DAY / 2),
    }),
    { maxLength: 30 },
  )
  .map((drafts) => {
    let at = 1_000
    return drafts.map(({ name, k, n, sure, after }, i) => {
      at += after
      return step(name, { k, n, ...(sure !== undefined && { sure }) }, { at, turn: i })
    })
  })

/** Said over the whole history; unknown where a step in question may or may not count. */
function meaning({ tally, same }: Binding & { tally: Tally }, history: readonly Step[], now: Step): Bound {
  const { fn, inMs, per, after, most = 1 } = tally
  const slice = history.filter((one) => same.length === 0 || one.fields.k === now.fields.k)
  const anew =
    after === undefined ? -1 : slice.findLastIndex((one) => one.name === 'y' && one.fields.sure === true)
  const inTime = slice
    .slice(anew + 1)
    .filter((one) => inMs === undefined || now.at - one.at < inMs)
    .filter((one) => per === undefined || Math.floor(one.at / DAY) === Math.floor(now.at / DAY))
  const doubtful = inTime.some(
    ({ name, fields }) =>
      (name === 'x' || (name === 'y' && after !== undefined)) && fields.sure === undefined,
  )
  const found = inTime.filter(({ name, fields }) => name === 'x' && fields.sure === true)
  const values = found.map(({ fields }) => fields.n)
  const numbers = values.filter((value) => typeof value === 'number')
  if (doubtful || (ofField(fn) && numbers.length < values.length)) return undefined
  const sum = numbers.reduce((a, b) => a + b, 0)
  switch (fn) {
    case 'count':
      return found.length
    case 'distinct':
      return new Set(values).size
    case 'total':
      return numbers.reduce((a, b) => a + Math.max(0, b), 0)
    case 'average':
      return numbers.length === 0 ? null : sum / numbers.length
    case 'highest':
      return numbers.length === 0 ? null : Math.max(...numbers)
    case 'lowest':
      return numbers.length === 0 ? null : Math.min(...numbers)
    case 'since':
      return found.length === 0 ? null : now.at - found.at(-1)!.at
    case 'latest':
      return found
        .toReversed()
        .slice(0, most)
        .map(({ fields }): Json => fields)
  }
}

const hasTally = (one: Binding): one is Binding & { tally: Tally } => one.tally !== undefined

test('each says what it means over the whole history, also after its cells went through JSON', () => {
  fc.assert(
    fc.property(bindings, trace, (one, steps) => {
      if (!hasTally(one)) return
      const register = createRegister(one, (_, { fields }) =>
        typeof fields.n === 'number' ? fields.n : undefined,
      )
      let cells = new Cells()
      const truth = (wanted: string, { name, fields }: Step) =>
        name === wanted && (typeof fields.sure === 'boolean' ? fields.sure : undefined)
      steps.forEach((next, i) => {
        expect([i, register.read(cells, next)]).toEqual([i, meaning(one, steps.slice(0, i), next)])
        register.advance(cells, next, [truth('x', next), truth('y', next)])
        const kept: [string, Json][] = JSON.parse(JSON.stringify([...cells.entries()]))
        cells = new Cells()
        // What has expired is as good as never kept.
        const live = kept.filter(([cell, value]) => register.expired?.(cell, value, next) !== true)
        cells.apply(live.map(([cell, value]) => ({ cell, value })))
      })
    }),
    { numRuns: 3_000 },
  )
})

test('a condition over it is decided alike by both engines, and what cannot be told is refused', () => {
  fc.assert(
    fc.property(
      bindings.filter((one) => one.tally?.fn !== 'latest'),
      trace,
      fc.integer({ min: 0, max: 4 }),
      (one, steps, limit) => {
        if (!hasTally(one)) return
        const over = calls('z', compare({ ...binding(0), type: NUMBER }, '>', number(limit)))
        const policy = plan({
          tools: ['x', 'y', 'z'].map((name) => tool(name)),
          rules: [rule('Over', over, { kind: 'deny' }, { bindings: [one] })],
        })
        const judges = [createJudge(policy), createJudge(policy, { engine: 'interpreted' })]
        const cells = new Cells()
        const history: Step[] = []
        for (const next of steps) {
          const verdicts = judges.map((judge) => judge.decide(cells, next))
          expect(verdicts[0]).toEqual(verdicts[1])
          if (next.name === 'z') {
            const value = meaning(one, history, next)
            const denied = typeof value !== 'number' || value > limit
            expect([next, verdicts[0]?.kind]).toEqual([next, denied ? 'deny' : 'allow'])
          }
          judges[0]?.advance(cells, next)
          history.push(next)
        }
      },
    ),
    { numRuns: 600 },
  )
})

test('a window holds no more than its slots, and a highest never forgets a value too early', () => {
  const falling: Binding = {
    name: 't',
    of: calls('x'),
    tally: { fn: 'highest', of: amount, inMs: 10_000 },
    same: [],
    keep: [],
    bound: '',
    id: 'b',
  }
  const register = createRegister(falling, (_, { fields }) => fields.n)
  const cells = new Cells()
  const steps = Array.from({ length: 2_000 }, (_, i) => step('x', { n: 10_000 - i }, { at: i * 10 }))
  for (const [i, next] of steps.entries()) {
    const least = Math.max(
      0,
      ...steps
        .slice(0, i)
        .filter((one) => next.at - one.at < 10_000)
        .map(({ fields }) => Number(fields.n)),
    )
    if (i > 0) expect(register.read(cells, next)).toBeGreaterThanOrEqual(least)
    register.advance(cells, next, [true])
  }
  const [kept] = [...cells.entries()].map(([, value]) => value)
  expect(JSON.stringify(kept).split(',').length).toBeLessThanOrEqual(2 * ENTRIES_MAX + 8)
})
