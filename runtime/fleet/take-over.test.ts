/** What a former owner had on its way when another read the log to its end. */
import { expect, test } from 'vitest'
import { memoryBroker } from '#runtime/log/memory.ts'
import type { FleetLog, Slot } from '#runtime/log/port.ts'
import { checkHistory } from './check-history.ts'
import { agents, till, VOCABULARY } from './desk.fixture.ts'
import { ManualClock, NOON, startFleet } from './fleet.fixture.ts'
import { type CommitRecord, encodeRecord } from './record.ts'
import { recover } from './recover.ts'
import { CLAIMS_MAX, takeOver } from './take-over.ts'

const ASK = `${VOCABULARY} rule "Boss decides" { when clerk calls pay and amount > 100 USD then ask boss within 1 hour, otherwise deny }`
const CLAIMANT = { writer: 'w2', awakeMax: 10, whyNot: () => undefined, standing: () => '' }

/** A log, but for what is said otherwise. */
function but(log: FleetLog, other: Partial<FleetLog>): FleetLog {
  return new Proxy(log, {
    get: (target, name) => {
      const value: unknown = Reflect.get(name in other ? other : target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** A daemon has asked for 900, a person has granted it, and the record of that is on its way when the daemon dies. */
async function dyingWithADecisionUnderWay() {
  const broker = memoryBroker()
  const { done, pay } = till()
  const setup = { policy: ASK, agents, broker, partitions: 1, world: { tools: { pay } } }
  const underWay: Slot[] = []
  let dying = false
  const first = await startFleet({
    ...setup,
    through: (log) =>
      but(log, {
        append: (slot) => {
          if (!dying) return log.append(slot)
          underWay.push(slot)
          return new Promise(() => {})
        },
      }),
  })
  await first.tell('c1', 'clerk', 'order', { amount: 900 })
  dying = true
  const [approval] = first.fleet.pendingApprovals()
  first.fleet.decide(approval!, true, 'ada', '')
  while (underWay.length === 0) await new Promise(setImmediate)
  const log = broker.open('test', 1)
  return { setup, log, done, approval: approval!, land: () => log.append(underWay[0]!) }
}

test('who only reads may take for the end what is not: the decision lands behind it', async () => {
  const { log, land, approval } = await dyingWithADecisionUnderWay()
  const read = await recover(log, 0, () => {})
  expect(await land()).toEqual({ kind: 'owned' })
  if (read.kind === 'refused') throw new Error(read.message)
  expect(read.state.pending.has(approval.id)).toBe(true)
  expect((await log.newest(0))?.rev).toBe(read.state.rev + 1)
})

test('who takes over has claimed the next slot: what lands late is fenced, and the decision is open still', async () => {
  const { setup, land, done, approval } = await dyingWithADecisionUnderWay()
  const second = await startFleet({ ...setup, writer: 'w2' })
  expect(await land()).toMatchObject({ kind: 'fenced' })
  await second.settle()
  expect(done.size).toBe(0)
  expect(second.fleet.pendingApprovals()).toMatchObject([{ id: approval.id }])
  second.fleet.decide(approval, true, 'ada', '')
  await second.settle()
  expect(done.size).toBe(1)
  expect(checkHistory(second.records)).toEqual([])
})

test('what lands between reading and claiming is read on, and what it asks for is done at once, on a quiet partition too', async () => {
  const { setup, land, done } = await dyingWithADecisionUnderWay()
  let landed = false
  const second = await startFleet({
    ...setup,
    writer: 'w2',
    through: (log) =>
      but(log, {
        append: async (slot) => {
          if (!landed) await land()
          landed = true
          return log.append(slot)
        },
      }),
  })
  await second.settle()
  expect(second.fleet.pendingApprovals()).toEqual([])
  expect(done.size).toBe(1)
  expect(checkHistory(second.records)).toEqual([])
})

function foreign(rev: number): Slot {
  const record: CommitRecord = {
    version: 1,
    partition: 0,
    rev,
    at: NOON,
    policy: '',
    position: 0,
    sentThrough: 0,
    turns: [],
  }
  return { partition: 0, rev, id: `other.0.${rev}`, record: encodeRecord(record) }
}

test('one who goes on writing is left alone after a while, and each slot is read once', async () => {
  const log = memoryBroker().open('test', 1)
  const read: number[] = []
  const contested = but(log, {
    append: async (slot) => {
      await log.append(foreign(slot.rev))
      return log.append(slot)
    },
  })
  const claimant = { ...CLAIMANT, clock: new ManualClock(NOON) }
  const taken = await takeOver(contested, 0, claimant, ({ rev }) => read.push(rev))
  expect(taken).toEqual({ kind: 'contested' })
  expect(read).toEqual(Array.from({ length: CLAIMS_MAX }, (_, i) => i + 1))
})

test('a replica that does not show the slot that fenced us yet is asked again', async () => {
  const log = memoryBroker().open('test', 1)
  await log.append(foreign(1))
  const clock = new ManualClock(NOON)
  let behind = true
  const lagging = but(log, {
    newest: async () => (behind ? undefined : log.newest(0)),
    read: async function* (partition, from) {
      if (!behind) yield* log.read(partition, from)
    },
  })
  const taking = takeOver(lagging, 0, { ...CLAIMANT, clock }, () => {})
  for (let i = 0; i < 20; i++) await new Promise(setImmediate)
  behind = false
  clock.advance(1_000)
  // Once without having read it, and then behind it.
  for (let i = 0; i < 20; i++) await new Promise(setImmediate)
  expect(await taking).toMatchObject({ kind: 'recovered', state: { rev: 2 }, claim: { rev: 2 } })
})

test('who cannot serve the partition fences nobody', async () => {
  const log = memoryBroker().open('test', 1)
  await log.append(foreign(1))
  const claimant = { ...CLAIMANT, clock: new ManualClock(NOON), whyNot: () => 'another policy' }
  expect(await takeOver(log, 0, claimant, () => {})).toEqual({ kind: 'refused', message: 'another policy' })
  expect(await log.append(foreign(2))).toEqual({ kind: 'owned' })
})
