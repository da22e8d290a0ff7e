/** What becomes of shared memory by order of a person or of the policy: committed first, then done, and done once. */
import { afterEach, expect, test } from 'vitest'
import { setup } from 'xstate'
import { memoryBroker } from '#runtime/log/memory.ts'
import { aRow, found } from '#runtime/memory/contract.ts'
import { inMemory } from '#runtime/memory/in-memory.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import { actions } from './desk.fixture.ts'
import { type FleetSetup, type FleetUnderTest, startFleet } from './fleet.fixture.ts'
import { KEEPER } from './keeper-name.ts'
import { replayed } from './replay.fixture.ts'
import { RETENTION_LOOK_MS, Retention } from './retention.ts'

/** Writes down what it is told as what it thinks, and pays on request. */
const thinker = setup({ types: {} as { events: { type: string; text: string } }, actions }).createMachine({
  id: 'thinker',
  on: {
    think: {
      actions: {
        type: 'remember',
        params: ({ event }) => ({ what: 'thought', fields: { text: event.text } }),
      },
    },
    go: { actions: { type: 'call', params: { tool: 'pay', args: {} } } },
  },
})

const POLICY = `
tool pay() { external }
message think { text: text }
message go { text: text }
agent thinker { may receive think, go from customer  may remember thought  may call pay }
rule "Never pays" { when thinker calls pay then quarantine }`

const fleets: FleetUnderTest[] = []
afterEach(async () => {
  for (const { fleet } of fleets.splice(0)) await fleet.stop()
})

async function start(more: Partial<FleetSetup> = {}): Promise<FleetUnderTest> {
  const under = await startFleet({
    policy: POLICY,
    agents: { thinker: { machine: thinker } },
    world: { tools: { pay: () => ({ kind: 'ok', value: null }) } },
    ...more,
  })
  fleets.push(under)
  return under
}

async function quarantined(under: FleetUnderTest): Promise<void> {
  await under.tell('c1', 'thinker', 'think', { text: 'the moon is cheese' })
  await under.memory.write([
    aRow('built', { text: 'cheese for all', standing: 'derived', sources: ['p0.2.1', 'c1/thinker'] }),
    aRow('apart', { text: 'the moon is round' }),
  ])
  const asked = { source: 'till', seq: 1, conversation: 'c1', to: 'thinker', from: 'customer' }
  await under.fleet.inlet.tell({ ...asked, message: 'go', fields: { text: '' } })
  while (!under.turns('c1/thinker').some(({ outcome }) => outcome === 'quarantined'))
    await new Promise(setImmediate)
}

test('what a quarantined agent has derived is held, with all that was built on it, until a person releases it', async () => {
  const under = await start()
  await quarantined(under)
  await under.settle()
  expect(await found(under.memory, { text: 'moon cheese' })).toEqual(['apart'])
  expect(await under.memory.summary()).toMatchObject({ rows: { live: 1, held: 2 } })

  under.fleet.curate('w1', { what: 'release', source: 'c1/thinker', by: 'ada', why: 'a false alarm' })
  await under.settle()
  expect(await under.memory.summary()).toMatchObject({ rows: { live: 3, held: 0 } })
  const [ordered, done] = under.turns(KEEPER)
  expect(ordered?.input).toEqual({
    kind: 'curate',
    id: 'w1',
    curation: { what: 'release', source: 'c1/thinker', by: 'ada', why: 'a false alarm' },
  })
  expect(done?.input).toMatchObject({ kind: 'result', value: { rows: 2 } })
  expect(replayed(under.records, () => under.judge).differences).toEqual([])
})

test('a hold that was committed and not carried out is carried out at the next start', async () => {
  const memory = inMemory()
  const stuck: SharedMemory = { ...memory, hold: () => new Promise(() => {}) }
  const broker = memoryBroker()
  const before = await start({ memory: stuck, broker })
  await quarantined(before)
  await before.fleet.stop()
  expect(await memory.summary()).toMatchObject({ rows: { held: 0 } })

  const after = await start({ memory, broker, writer: 'w2' })
  await after.settle()
  expect(await memory.summary()).toMatchObject({ rows: { live: 1, held: 2 } })
})

test('what the store refuses is told, and the next wish is taken', async () => {
  const under = await start()
  under.fleet.curate('w1', { what: 'hold', source: 'x'.repeat(1_000), by: 'ada', why: 'too long' })
  under.fleet.curate('w2', { what: 'forget', rows: 'thought', before: 0, by: 'ada', why: 'old' })
  await under.settle()
  expect(
    under
      .turns(KEEPER)
      .map(({ outcome }) => outcome)
      .toSorted(),
  ).toEqual(['failed', 'passed', 'passed', 'passed'])
})

test('rows older than their kind is kept for are forgotten, each wish committed with its reason', async () => {
  const under = await start()
  const written = (id: string, kind: string, ago: number) =>
    aRow(id, { kind, text: `said ${id}`, writtenAt: under.clock.now() - ago })
  const rows = [
    written('old', 'thought', 7_200_000),
    written('new', 'thought', 0),
    written('fact', 'fact', 7_200_000),
  ]
  await under.memory.write(rows)
  const retention = new Retention({
    keptMs: { thought: 3_600_000 },
    curate: (id, curation) => under.fleet.curate(id, curation),
    clock: under.clock,
  })
  retention.start()
  await under.settle()
  expect((await found(under.memory, { text: '' })).toSorted()).toEqual(['fact', 'new'])
  expect(under.turns(KEEPER)[0]?.input).toMatchObject({
    curation: { what: 'forget', rows: 'thought', by: 'parapet', why: 'thought is kept for 3600 seconds' },
  })

  await under.pass(RETENTION_LOOK_MS)
  expect(await found(under.memory, { text: '' }), 'an hour later').toEqual(['new', 'fact'])
  await under.pass(RETENTION_LOOK_MS)
  expect(await found(under.memory, { text: '' }), 'two hours later').toEqual(['fact'])
  retention.close()
  const wished = under.turns(KEEPER).length
  await under.pass(RETENTION_LOOK_MS)
  expect(under.turns(KEEPER)).toHaveLength(wished)
})

test('nobody speaks to the keeper of a conversation, in whichever name', async () => {
  const under = await start()
  for (const conversation of ['c1', 'parapet.memory'])
    await under.fleet.inlet.tell({
      source: 'somebody',
      seq: 1,
      conversation,
      to: 'parapet.keeper',
      from: 'customer',
      message: 'think',
      fields: { text: 'x' },
    })
  await under.settle()
  expect(under.turns().map(({ outcome }) => outcome)).toEqual(['refused', 'refused'])
})
