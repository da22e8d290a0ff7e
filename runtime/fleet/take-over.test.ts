/** What a former owner had on its way when another read the log to its end. */
import { describe, expect, test } from 'vitest'
import { memoryBroker } from '#runtime/log/memory.ts'
import { memoryLeases } from '#runtime/log/memory-leases.ts'
import type { FleetLog, Slot } from '#runtime/log/port.ts'
import { SILENCE_MAX_MS } from './attend.ts'
import { checkHistory } from './check-history.ts'
import { agents, till, VOCABULARY } from './desk.fixture.ts'
import { ManualClock, NOON, startFleet } from './fleet.fixture.ts'
import { TAKES_SILENT_MAX } from './fleet.ts'
import { BEATS_PER_LEASE } from './members.ts'
import { Ownership } from './ownership.ts'
import { type CommitRecord, encodeRecord } from './record.ts'
import { recover } from './recover.ts'
import { CLAIMS_MAX, takeOver } from './take-over.ts'

const ASK = `${VOCABULARY} rule "Boss decides" { when clerk calls pay and amount > 100 USD then ask boss within 1 hour, otherwise deny }`
const CLAIMANT = { writer: 'w2', awakeMax: 10, whyNot: () => undefined, standing: () => '' }

/** A log or its reader, but for what is said otherwise. */
function but<T extends object>(real: T, other: Partial<T>): T {
  return new Proxy(real, {
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

describe('a log that falls silent', () => {
  const never = () => new Promise<never>(() => {})
  const settled = async () => {
    for (let i = 0; i < 20; i++) await new Promise(setImmediate)
  }

  test('does not hold up whoever takes the partition, and what it answers later is neither told nor claimed', async () => {
    const log = memoryBroker().open('test', 1)
    await log.append(foreign(1))
    const gate = Promise.withResolvers<void>()
    const slow = but(log, {
      read: async function* (partition, from) {
        await gate.promise
        yield* log.read(partition, from)
      },
    })
    const clock = new ManualClock(NOON)
    const told: number[] = []
    const taking = takeOver(slow, 0, { ...CLAIMANT, clock }, ({ rev }) => told.push(rev))
    await settled()
    clock.advance(SILENCE_MAX_MS)
    const taken = await taking
    expect(taken).toMatchObject({ kind: 'silent' })
    gate.resolve()
    await settled()
    expect(told).toEqual([])
    expect((await log.newest(0))?.rev).toBe(1)
  })

  test('is asked again after a claim of which it did not tell, and serves behind it', async () => {
    const log = memoryBroker().open('test', 1)
    let mute = true
    const losing = but(log, {
      append: async (slot) => {
        const appended = await log.append(slot)
        return mute ? never() : appended
      },
    })
    const clock = new ManualClock(NOON)
    const taking = takeOver(losing, 0, { ...CLAIMANT, clock }, () => {})
    await settled()
    clock.advance(SILENCE_MAX_MS)
    expect(await taking).toMatchObject({ kind: 'silent' })
    mute = false
    expect(await takeOver(losing, 0, { ...CLAIMANT, clock }, () => {})).toMatchObject({
      kind: 'recovered',
      claim: { rev: 2 },
    })
  })

  test('is not one that is long and slow', async () => {
    const log = memoryBroker().open('test', 1)
    for (let rev = 1; rev <= 5; rev++) await log.append(foreign(rev))
    const clock = new ManualClock(NOON)
    const slow = but(log, {
      read: async function* (partition, from) {
        for await (const slot of log.read(partition, from)) {
          await new Promise<void>((resolve) => clock.after(SILENCE_MAX_MS - 1, resolve))
          yield slot
        }
      },
    })
    const taking = takeOver(slow, 0, { ...CLAIMANT, clock }, () => {})
    for (let rev = 1; rev <= 5; rev++) {
      await settled()
      clock.advance(SILENCE_MAX_MS - 1)
    }
    expect(await taking).toMatchObject({ kind: 'recovered', claim: { rev: 6 } })
  })

  /** A fleet that has given up its one partition. */
  async function withNothingToServe(clock: ManualClock, through: (log: FleetLog) => FleetLog) {
    const { fleet } = await startFleet({ policy: ASK, agents, partitions: 1, clock, through })
    await fleet.give(0)
    return fleet
  }

  /** A daemon that is to serve the one partition of a log that answers when the gate is open. */
  async function atTheGate() {
    const gate = Promise.withResolvers<void>()
    const clock = new ManualClock(NOON)
    let isShut = false
    let asked = 0
    const fleet = await withNothingToServe(clock, (log) =>
      but(log, {
        newest: async (partition) => {
          asked += 1
          if (isShut) await gate.promise
          return log.newest(partition)
        },
      }),
    )
    isShut = true
    asked = 0
    const ownership = new Ownership({
      leases: memoryLeases(),
      clock,
      partitions: 1,
      member: 'a',
      writer: 'a-1',
      leaseMs: BEAT_MS * BEATS_PER_LEASE,
      take: async (partition) => (await fleet.take(partition)).kind === 'serving',
      give: (partition) => fleet.give(partition),
      quiet: () => true,
      idle: () => true,
      onChange: () => {},
      onDouble: () => {},
    })
    void ownership.join()
    const pass = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += BEAT_MS) {
        await settled()
        clock.advance(BEAT_MS)
      }
      await settled()
    }
    return { ownership, gate, pass, asked: () => asked }
  }
  const BEAT_MS = 1_000

  test('is asked again by its owner, a few times at once, and served when it answers', async () => {
    const { ownership, gate, pass, asked } = await atTheGate()
    await pass(SILENCE_MAX_MS / 2)
    expect(asked()).toBe(1)
    await pass(SILENCE_MAX_MS * 5)
    expect(asked()).toBe(TAKES_SILENT_MAX)
    expect(ownership.serving).toEqual([])
    gate.resolve()
    await pass(BEAT_MS * 2)
    expect(ownership.serving).toEqual([0])
  })

  test('is given up where its inbox does not open, and an inbox that opens later is closed', async () => {
    const gate = Promise.withResolvers<void>()
    const clock = new ManualClock(NOON)
    let isShut = false
    let closed = 0
    const fleet = await withNothingToServe(clock, (log) =>
      but(log, {
        inbox: async (...asked) => {
          if (isShut) await gate.promise
          const reader = await log.inbox(...asked)
          return but(reader, {
            close: () => {
              closed += 1
              return reader.close()
            },
          })
        },
      }),
    )
    isShut = true
    closed = 0
    const taking = fleet.take(0)
    await settled()
    clock.advance(SILENCE_MAX_MS)
    expect(await taking).toMatchObject({ kind: 'silent' })
    expect(fleet.idle).toBe(true)
    gate.resolve()
    await settled()
    expect(closed).toBe(1)
    expect(await fleet.take(0)).toMatchObject({ kind: 'serving' })
  })

  test('keeps no daemon from leaving', async () => {
    const { ownership, pass } = await atTheGate()
    await pass(BEAT_MS)
    const left = ownership.leave()
    await pass(SILENCE_MAX_MS)
    await left
    expect(ownership.serving).toEqual([])
  })
})

test('who cannot serve the partition fences nobody', async () => {
  const log = memoryBroker().open('test', 1)
  await log.append(foreign(1))
  const claimant = { ...CLAIMANT, clock: new ManualClock(NOON), whyNot: () => 'another policy' }
  expect(await takeOver(log, 0, claimant, () => {})).toEqual({ kind: 'refused', message: 'another policy' })
  expect(await log.append(foreign(2))).toEqual({ kind: 'owned' })
})
