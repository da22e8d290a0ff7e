/** The checker is worth what it finds: histories that are wrong in one way each. */
import { expect, test } from 'vitest'
import type { CommitRecord, TurnRecord } from '#runtime/fleet/record.ts'
import { check, type Effect } from './check.ts'

const NOW = 1_000_000

function order(seq: number, rev: number, more: Partial<TurnRecord> = {}): CommitRecord {
  const id = `p0.${rev}.0`
  const turn: TurnRecord = {
    agent: 'talk-0/clerk',
    turn: rev,
    at: rev,
    input: {
      kind: 'message',
      message: 'order',
      from: 'driver',
      fields: { amount: seq },
      position: rev,
      source: 'driver@talk-0',
      seq,
    },
    outcome: 'passed',
    effects: [],
    steps: 1,
    changes: [
      { kind: 'seen', source: 'driver@talk-0', seq, conversation: 'talk-0' },
      {
        kind: 'intent',
        id,
        agent: 'talk-0/clerk',
        at: rev,
        effect: { kind: 'call', id, tool: 'apply', args: { amount: seq } },
      },
    ],
    ...more,
  }
  return {
    version: 1,
    partition: 0,
    rev,
    at: rev,
    policy: '',
    position: rev,
    sentThrough: 0,
    turns: [turn],
  }
}

function entry(seq: number, rev: number): CommitRecord {
  const base = order(seq, rev)
  const [turn] = base.turns
  const changes = [{ kind: 'seen' as const, source: 'p0', seq }]
  const input = { ...turn!.input, message: 'entry', source: 'p0' } as TurnRecord['input']
  return { ...base, partition: 1, turns: [{ ...turn!, agent: 'hall-0/keeper', input, changes }] }
}

const effect = (amount: number, rev: number): Effect => ({
  key: `p0.${rev}.0`,
  conversation: 'talk-0',
  amount,
})
const whole = [order(1, 1), order(2, 2), entry(1, 1), entry(2, 2)]
const effects = [effect(1, 1), effect(2, 2)]

test('a whole history passes, and a call repeated under its key is counted, not blamed', () => {
  expect(check([2], whole, [...effects, effect(2, 2)], NOW)).toMatchObject({
    faults: [],
    complete: true,
    orders: 2,
    repeatedCalls: 1,
  })
})

test('an accepted order that was never taken, or never applied, leaves it incomplete', () => {
  expect(check([3], whole, effects, NOW).complete).toBe(false)
  expect(check([2], whole, [effect(1, 1)], NOW).complete).toBe(false)
  expect(check([2], [order(1, 1), order(2, 2), entry(1, 1)], effects, NOW).complete).toBe(false)
})

test('an order taken twice, a slot left out, an effect nobody committed are found', () => {
  const twice = check([2], [order(1, 1), order(2, 2), order(2, 3)], effects, NOW)
  expect(twice.faults).toContain('order talk-0 2 was taken 2 times')
  const gap = check([2], [order(1, 1), order(2, 3)], effects, NOW)
  expect(gap.faults).toContain('slots without gaps: partition 0 slot 3 follows slot 1')
  const stray = check([2], whole, [...effects, { ...effect(2, 2), key: 'p0.9.9' }], NOW)
  expect(stray.faults).toContain('effect without a commit: talk-0 2 under p0.9.9')
})

test('an obligation long due that is neither met nor found broken is forgotten', () => {
  const timer = {
    kind: 'timer' as const,
    id: 'o|talk-0|cell',
    timer: {
      kind: 'obligation' as const,
      conversation: 'talk-0',
      cell: 'cell',
      agent: 'talk-0/clerk',
      dueAt: 5,
    },
  }
  const first = order(1, 1)
  const owing = { ...first, turns: [{ ...first.turns[0]!, changes: [...first.turns[0]!.changes, timer] }] }
  expect(check([1], [owing, entry(1, 1)], [effect(1, 1)], NOW)).toMatchObject({
    complete: false,
    forgotten: 1,
  })
})
