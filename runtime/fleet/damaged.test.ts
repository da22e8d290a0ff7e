/** Snapshots whose bytes are no longer those that were written: found out, passed over, and never taken for a state. */
import { expect, test } from 'vitest'
import { memoryBroker } from '#runtime/log/memory.ts'
import type { FleetLog, Slot } from '#runtime/log/port.ts'
import { agents, till, VOCABULARY } from './desk.fixture.ts'
import { startFleet } from './fleet.fixture.ts'
import type { PartitionState } from './partition-state.ts'
import { recover } from './recover.ts'
import { decodeSlot } from './snapshot-format.ts'

async function written(): Promise<FleetLog> {
  const broker = memoryBroker()
  const { pay } = till()
  const under = await startFleet({
    policy: VOCABULARY,
    agents,
    broker,
    partitions: 1,
    world: { tools: { pay } },
    keeping: { snapshotAfterBytes: 4_000, snapshotPartBytes: 700 },
  })
  for (let i = 1; i <= 40; i++) await under.tell(`c${i % 7}`, 'clerk', 'order', { amount: i })
  await under.fleet.stop()
  return broker.open('test', 1)
}

/** The log with the last byte of some parts changed. */
function changed(log: FleetLog, which: (base: number, index: number) => boolean): FleetLog {
  const change = (slot: Slot): Slot => {
    const decoded = decodeSlot(slot.record)
    if (decoded.kind !== 'part' || !which(decoded.head.base, decoded.head.index)) return slot
    const record = new Uint8Array(slot.record)
    record[record.length - 1]! ^= 1
    return { ...slot, record }
  }
  return new Proxy(log, {
    get(target, name) {
      if (name === 'read')
        return async function* (partition: number, from: number) {
          for await (const slot of target.read(partition, from)) yield change(slot)
        }
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

async function recovered(log: FleetLog) {
  const read = await recover(log, 0, () => {})
  if (read.kind === 'refused') throw new Error(read.message)
  return read
}

function shape(state: PartitionState) {
  const agents = Array.from(state.everyAgent(), ([id, { packed, done }]) => ({ id, packed, done }))
  return {
    rev: state.rev,
    position: state.position,
    agents: agents.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  }
}

test('a damaged snapshot is passed over for the one before it, and for the log from its beginning', async () => {
  const log = await written()
  const sound = await recovered(log)
  expect(sound.whole).toBeGreaterThan(0)
  for (const index of [0, 1]) {
    const one = await recovered(changed(log, (base, i) => base === sound.whole && i === index))
    expect(shape(one.state)).toEqual(shape(sound.state))
    expect(one.whole).toBeLessThan(sound.whole)
  }
  const all = await recovered(changed(log, () => true))
  expect(shape(all.state)).toEqual(shape(sound.state))
  expect(all.whole).toBe(0)
})

test('with nothing kept before it, it is refused in words rather than taken for a state', async () => {
  const log = await written()
  const { whole } = await recovered(log)
  await log.forgetSlots(0, whole)
  const read = await recover(
    changed(log, (base, index) => base === whole && index === 1),
    0,
    () => {},
  )
  expect(read).toMatchObject({
    kind: 'refused',
    message: expect.stringContaining(
      `the snapshot after slot ${whole} is damaged, and there is none before it`,
    ),
  })
})

test('a part from before there were sums is read as it is', () => {
  const head = Buffer.from(JSON.stringify({ version: 1, base: 3, index: 0, last: true, whole: 0 }))
  const length = Buffer.alloc(3)
  length.writeUInt16LE(head.length, 1)
  const decoded = decodeSlot(Buffer.concat([length, head, Buffer.from('anything')]))
  expect(decoded).toMatchObject({ kind: 'part', damaged: false, head: { base: 3 } })
  head[0] = 0
  expect(decodeSlot(Buffer.concat([length, head]))).toMatchObject({ kind: 'refused' })
})
