import { expect, test } from 'vitest'
import { ManualClock, NOON } from '#runtime/fleet/fleet.fixture.ts'
import { type CommitRecord, type Input, RECORD_VERSION, type TurnRecord } from '#runtime/fleet/record.ts'
import { AWAITED_MAX, Awaited, wish } from './awaited.ts'

const WAIT_MS = 5_000

function turnOf(input: Input): TurnRecord {
  return { agent: 'c1/clerk', turn: 1, at: NOON, input, outcome: 'passed', steps: 0, changes: [] }
}

function recordOf(...inputs: readonly Input[]): CommitRecord {
  return {
    version: RECORD_VERSION,
    partition: 0,
    rev: 1,
    at: NOON,
    policy: '',
    position: 0,
    sentThrough: 0,
    turns: inputs.map(turnOf),
  }
}

function decision(by: string, grant: boolean): Input & { kind: 'decision' } {
  return { kind: 'decision', approval: 'p0.1.0', grant, by, note: '' }
}

test('of several decisions about one thing everybody hears of their own', async () => {
  const awaited = new Awaited(new ManualClock(NOON), WAIT_MS)
  const granted = awaited.commit(wish.decision('p0.1.0', 'ada', true), () => {})
  const denied = awaited.commit(wish.decision('p0.1.0', 'bo', false), () => {})
  const dropped = awaited.commit(wish.letter('drop', 'p0.2.0', 'ada'), () => {})
  const [ada, bo] = [decision('ada', true), decision('bo', false)]
  const drop: Input = { kind: 'drop', letter: 'p0.2.0', by: 'ada' }
  awaited.committed(recordOf(ada, { kind: 'retry', letter: 'p0.2.0', by: 'bo' }, bo, drop))
  expect((await Promise.all([granted, denied, dropped])).map(({ input }) => input)).toEqual([ada, bo, drop])
})

test('a wish may be named like anything else that is waited for', async () => {
  const awaited = new Awaited(new ManualClock(NOON), WAIT_MS)
  const curated = awaited.commit(wish.curation('p0.1.0'), () => {})
  const curation = { what: 'hold', source: 'c1/clerk', by: 'ada', why: '' } as const
  const curate: Input = { kind: 'curate', id: 'p0.1.0', curation }
  awaited.committed(
    recordOf({ kind: 'result', intent: 'p0.1.0', value: null }, decision('ada', true), curate),
  )
  expect((await curated).input).toEqual(curate)
})

test('what nobody takes in its time takes up no room', () => {
  const clock = new ManualClock(NOON)
  const awaited = new Awaited(clock, WAIT_MS)
  for (let i = 0; i < AWAITED_MAX; i++) void awaited.commit(wish.curation(`w${i}`), () => {})
  expect(awaited.isFull).toBe(true)
  clock.advance(WAIT_MS)
  expect(awaited.isFull).toBe(false)
})

test('what is taken gives its room back', async () => {
  const awaited = new Awaited(new ManualClock(NOON), WAIT_MS)
  const all = Array.from({ length: AWAITED_MAX }, () =>
    awaited.commit(wish.decision('p0.1.0', 'ada', true), () => {}),
  )
  expect(awaited.isFull).toBe(true)
  awaited.committed(recordOf(decision('ada', true)))
  await Promise.all(all)
  expect(awaited.isFull).toBe(false)
})
