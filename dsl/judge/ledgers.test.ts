import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compile } from '../pipeline.ts'
import { source } from '../source.ts'
import { Cells } from './cells.ts'
import { createJudge } from './create.ts'
import type { Claim } from './grounds.ts'
import type { Step } from './step.ts'

const HOUR_MS = 3_600_000

function judgeOf(pattern: string) {
  const { plan, diagnostics } = compile(
    source(`policy "P" version 1
tool pay(to: text, amount: money in USD) { external }
tool approve(to: text) { external }
agent clerk { may call pay, approve }
agent boss { may call approve }
consistency "C" { across the fleet, for each to  ${pattern} }`),
  )
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return createJudge(plan)
}

const call = (name: string, fields: Step['fields'], at: number, agent = 'clerk'): Step => ({
  kind: 'calls',
  agent,
  actor: `c/${agent}`,
  conversation: 'c',
  turn: 1,
  at,
  name,
  fields,
})

/** What a list of everything that was granted would say. */
interface Granted {
  readonly claim: Claim
  amount: number
  open: boolean
}

const limits = {
  'in a sliding window': {
    pattern: 'total amount of pay at most 50 USD in any 1 hour',
    counts: (then: number, now: number) => now - then < HOUR_MS,
  },
  'in a day of the calendar': {
    pattern: 'total amount of pay at most 50 USD per calendar day in "UTC"',
    counts: (then: number, now: number) =>
      Math.floor(then / (24 * HOUR_MS)) === Math.floor(now / (24 * HOUR_MS)),
  },
  'for good': { pattern: 'kept forever  total amount of pay at most 50 USD', counts: () => true },
}

const moves = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('reserve' as const),
      afterMs: fc.constantFrom(0, 60_000, 0.4 * HOUR_MS, 9 * HOUR_MS),
      amount: fc.integer({ min: 1, max: 40 }),
    }),
    fc.record({ kind: fc.constantFrom('settle' as const, 'release' as const), which: fc.nat(20) }),
    fc.record({
      kind: fc.constant('settle for less' as const),
      which: fc.nat(20),
      amount: fc.integer({ min: 0, max: 5 }),
    }),
  ),
  { maxLength: 40 },
)

describe.each(Object.entries(limits))('a ledger %s', (_, { pattern, counts }) => {
  test('grants exactly what a list of everything granted would', () => {
    const { ledgers } = judgeOf(pattern)
    fc.assert(
      fc.property(moves, (script) => {
        const cells = new Cells()
        const granted: Granted[] = []
        let now = Date.UTC(2026, 0, 1, 20)
        for (const move of script) {
          if (move.kind === 'reserve') {
            now += move.afterMs
            const [claim] = ledgers.claims(call('pay', { to: 'ada', amount: move.amount }, now))
            const sum = granted
              .filter(({ claim: { step } }) => counts(step.at, now))
              .reduce((total, { amount }) => total + amount, 0)
            const answer = ledgers.reserve(cells, claim!)
            expect(answer.kind).toBe(sum + move.amount <= 50 ? 'granted' : 'refused')
            if (answer.kind === 'granted') granted.push({ claim: claim!, amount: move.amount, open: true })
            continue
          }
          const one = granted.filter(({ open }) => open)[move.which]
          if (one === undefined) continue
          one.open = false
          if (move.kind === 'release') {
            ledgers.release(cells, one.claim)
            one.amount = 0
          } else if (!('amount' in move)) ledgers.settle(cells, one.claim)
          else {
            ledgers.settle(cells, one.claim, { to: 'ada', amount: move.amount })
            one.amount = move.amount
          }
        }
      }),
      { numRuns: 400 },
    )
  })
})

describe('a ledger of what must have come earlier', () => {
  const { ledgers } = judgeOf('kept forever  pay needs an earlier approve by someone else')
  const claimOf = (step: Step) => ledgers.claims(step)[0]!

  test('remembers it once it has come about, and not before', () => {
    const cells = new Cells()
    const approval = claimOf(call('approve', { to: 'ada' }, 1, 'boss'))
    const payment = claimOf(call('pay', { to: 'ada', amount: 1 }, 2))
    expect(ledgers.reserve(cells, approval)).toEqual({ kind: 'granted', held: true })
    expect(ledgers.reserve(cells, payment).kind).toBe('refused')
    ledgers.settle(cells, approval)
    expect(ledgers.reserve(cells, payment)).toEqual({ kind: 'granted', held: false })
  })

  test('forgets nothing and learns nothing from one that did not', () => {
    const cells = new Cells()
    const approval = claimOf(call('approve', { to: 'ada' }, 1, 'boss'))
    ledgers.reserve(cells, approval)
    ledgers.release(cells, approval)
    expect(cells.size).toBe(0)
  })
})

test('a raised cap keeps the ledger, another window does not', () => {
  const id = (pattern: string) => judgeOf(pattern).ledgers.consistencies[0]!.id
  const cap = id('total amount of pay at most 50 USD in any 1 hour')
  expect(id('total amount of pay at most 500 USD in any 1 hour')).toBe(cap)
  expect(id('total amount of pay at most 50 USD in any 2 hours')).not.toBe(cap)
})

test('a step without its key is undecided at once, and asks no ledger', () => {
  const judge = judgeOf('kept forever  pay at most once')
  const verdict = judge.decide(new Cells(), call('pay', { amount: 1 }, 1))
  expect(verdict.needs).toBeUndefined()
  expect(verdict.kind).toBe('deny')
})

test('a ledger is shown no more of a step than the limit reads', () => {
  const { ledgers } = judgeOf('kept forever  pay at most once')
  const [claim] = ledgers.claims(call('pay', { to: 'ada', amount: 1 }, 1))
  expect(claim?.step.fields).toEqual({ to: 'ada' })
})

test('what permits is the latest that came about, in whatever order that is told', () => {
  const told = fc.array(fc.record({ at: fc.nat(20), who: fc.constantFrom('boss', 'clerk', 'eve') }), {
    minLength: 1,
    maxLength: 8,
  })
  for (const someone of ['', ' by someone else']) {
    const { ledgers } = judgeOf(`pay needs an earlier approve within 1 hour${someone}`)
    const claimOf = (step: Step): Claim => ledgers.claims(step)[0]!
    const payment = claimOf(call('pay', { to: 'ada', amount: 5 }, 0))
    fc.assert(
      fc.property(told, fc.nat(100), (steps, at) => {
        const after = (order: typeof steps) => {
          const cells = new Cells()
          for (const each of order)
            ledgers.settle(cells, claimOf(call('approve', { to: 'ada' }, each.at * 240_000, each.who)))
          return ledgers.describe(cells, { ...payment, step: { ...payment.step, at: at * 60_000 } })
        }
        expect(after(steps)).toBe(after(steps.toSorted((one, other) => one.at - other.at)))
      }),
    )
  }
})
