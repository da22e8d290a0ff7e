import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkHistory, storyOf } from './check-history.ts'
import { type Ending, FAULTS, type Fault, PARTITIONS, play, type ScriptStep, SHORT } from './crash.fixture.ts'
import { keptLog } from './kept-log.ts'
import { PartitionState } from './partition-state.ts'
import { recover } from './recover.ts'
import { replayed } from './replay.fixture.ts'

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('tell' as const),
      conversation: fc.constantFrom('c1', 'c2', 'c3', 'c4'),
      message: fc.constant('order'),
      amount: fc.constantFrom(2, 3, 5, 10, 13, 56, 57, 70, 90, 150),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('tell' as const),
      conversation: fc.constantFrom('c1', 'c2', 'c3', 'c4'),
      message: fc.constant('close'),
      amount: fc.constant(0),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(90_000, 700_000, 3_700_000),
    }),
  },
) satisfies fc.Arbitrary<ScriptStep>
const fault: fc.Arbitrary<Fault> = fc.record({
  after: fc.integer({ min: 0, max: 12 }),
  kind: fc.constantFrom(...FAULTS),
})

/** A state as plain data, in one order: what a fold and a live owner must agree on. */
function dataOf(state: PartitionState) {
  for (const id of [...state.resting.ids()]) state.known(id)
  const sorted = <T>(map: Map<string | number, T>, shape: (value: T) => unknown) =>
    Array.from(map, ([key, value]) => [String(key), shape(value)] as const).sort(([a], [b]) =>
      a < b ? -1 : 1,
    )
  const same = (value: unknown) => value
  return JSON.parse(
    JSON.stringify({
      recordRev: state.recordRev,
      census: state.census(),
      agents: sorted(new Map(state.everyAgent()), ({ live: _, timers, intents, ...agent }) => ({
        ...agent,
        timers: [...(timers ?? [])].sort(),
        intents: [...(intents ?? [])].sort(),
      })),
      conversations: sorted(
        new Map(Array.from(state.awake, (conversation) => [conversation.id, conversation])),
        ({ cells, obligations, agents, seen, touches: _, ...conversation }) => ({
          ...conversation,
          cells: [...cells.entries()].sort(([a], [b]) => (a < b ? -1 : 1)),
          obligations: [...(obligations ?? [])].sort(),
          agents: [...agents.keys()].sort(),
          seen: sorted(seen, same),
        }),
      ),
      seen: sorted(state.seen, same),
      posted: sorted(state.posted, same),
      intents: sorted(state.intents, same),
      timers: sorted(state.timers, same),
      pending: sorted(state.pending, same),
    }),
  )
}

/** Folds the log and does all its judging again on the way. */
function folded({ records, last }: Ending): PartitionState[] {
  const { states, differences } = replayed(records, () => last.judge)
  expect(differences).toEqual([])
  return Array.from({ length: PARTITIONS }, (_, partition) => states.get(partition) ?? new PartitionState())
}

/** The order in which independent results and messages reach an agent is chance; what it went through is not. */
function stories(ending: Ending) {
  return Array.from(storyOf(ending.records), ([agent, turns]) => [agent, turns.sort()] as const).sort()
}

function effectsIn(ending: Ending) {
  const texts = (map: Map<string, unknown>) =>
    Array.from(map.values(), (value) => JSON.stringify(value)).sort()
  return { paid: texts(ending.done.paid), answered: texts(ending.done.answered) }
}

async function expectSound(ending: Ending): Promise<void> {
  expect(checkHistory(ending.records)).toEqual([])
  const states = folded(ending)
  for (const [partition, state] of states.entries())
    expect(dataOf(ending.last.fleet.stateOf(partition))).toEqual(dataOf(state))
  const asked = { pay: new Set<string>(), remember: new Set<string>() }
  for (const turn of ending.records.flatMap((record) => record.turns)) {
    for (const change of turn.changes) {
      if (change.kind === 'intent' && change.effect.kind === 'call' && change.effect.tool === 'pay')
        asked.pay.add(change.id)
      if (change.kind === 'intent' && change.effect.kind === 'remember') asked.remember.add(change.id)
      if (turn.outcome !== 'passed' && turn.outcome !== 'ignored') {
        // But for what the runtime itself does: it holds what a quarantined agent has derived.
        if (change.kind === 'intent') expect(change.effect.kind).toBe('curate')
        if (change.kind === 'post') expect(JSON.parse(change.body)).toMatchObject({ runtime: true })
      }
    }
  }
  expect(new Set(ending.done.paid.keys())).toEqual(asked.pay)
  const rows = await ending.memory.get([...asked.remember])
  expect(rows.kind === 'got' ? new Set(rows.rows.map(({ id }) => id)) : rows).toEqual(asked.remember)
  expect(ending.last.fleet.idle).toBe(true)
}

/** Whoever takes over, and whoever looks back, finds the state that all records ever written come to. */
async function expectRecoverable(ending: Ending): Promise<void> {
  const log = ending.broker.open('test', PARTITIONS)
  for (const [partition, state] of folded(ending).entries()) {
    const recovered = await recover(log, partition, () => {})
    if (recovered.kind === 'refused') throw new Error(recovered.message)
    expect(dataOf(recovered.state)).toEqual(dataOf(state))
    let kept = new PartitionState()
    for await (const each of keptLog(log, partition)) {
      if (each.kind === 'refused') throw new Error(each.message)
      if (each.kind === 'begins') kept = each.state
      else kept.fold(each.record)
    }
    expect(dataOf(kept)).toEqual(dataOf(state))
  }
}

describe('a fleet whose processes die', () => {
  test('has gone through the same as one whose process lived', { timeout: 60_000 }, async () => {
    let died = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 3, maxLength: 10 }),
        fc.array(fault, { minLength: 1, maxLength: 6 }),
        async (script, faults) => {
          const calm = await play(script, [])
          await expectSound(calm)
          const rough = await play(script, faults)
          died += rough.lives - 1
          await expectSound(rough)
          expect(stories(rough)).toEqual(stories(calm))
          expect(effectsIn(rough)).toEqual(effectsIn(calm))
        },
      ),
      { numRuns: 150 },
    )
    expect(died).toBeGreaterThan(10)
  })

  test('is the same when it lives on snapshots and forgets what is behind them', {
    timeout: 60_000,
  }, async () => {
    let died = 0
    let forgotten = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 3, maxLength: 14 }),
        fc.array(fault, { minLength: 1, maxLength: 6 }),
        async (script, faults) => {
          const calm = await play(script, [])
          const rough = await play(script, faults, SHORT)
          died += rough.lives - 1
          forgotten += rough.forgotten
          await expectSound(rough)
          expect(stories(rough)).toEqual(stories(calm))
          expect(effectsIn(rough)).toEqual(effectsIn(calm))
          await expectRecoverable(rough)
        },
      ),
      { numRuns: 150 },
    )
    expect(died).toBeGreaterThan(10)
    expect(forgotten).toBeGreaterThan(500)
  })
})
