import { describe, expect, test } from 'vitest'
import {
  type Broker,
  collect,
  fleetLogContract,
  message,
  Received,
  range,
  slot,
} from '#runtime/log/contract.ts'
import { ALL_FAULTS, NO_FAULTS } from './faults.ts'
import { runningWorld } from './world.fixture.ts'

fleetLogContract('simulated', async (): Promise<Broker> => {
  const { broker, crash, process, dispose } = runningWorld(1, NO_FAULTS)
  return {
    open: async (fleet, partitions, limits) =>
      broker.open(process(), fleet, partitions, limits?.inboxBytesMax),
    crash: async () => crash(),
    dispose,
  }
})

describe('with everything going wrong', () => {
  const SEEDS = range(1, 40)

  test('a slot has one owner, and everyone who asked knows who it is', async () => {
    for (const seed of SEEDS) {
      const { broker, process, dispose } = runningWorld(seed, ALL_FAULTS)
      const logs = range(1, 4).map(() => broker.open(process(), 'f', 1))
      const outcomes = await Promise.all(logs.map((log, at) => log.append(slot(1, `writer-${at}`))))
      const [standing] = await collect(logs[0]!.read(0, 1))
      outcomes.forEach((outcome, at) => {
        const mine = standing!.id === `writer-${at}`
        expect(outcome).toEqual(mine ? { kind: 'owned' } : { kind: 'fenced', id: standing!.id })
      })
      await dispose()
    }
  })

  test('what was said to be posted is delivered, and positions only grow', async () => {
    for (const seed of SEEDS) {
      const { broker, process, dispose } = runningWorld(seed, ALL_FAULTS)
      const log = broker.open(process(), 'f', 1)
      const received = new Received()
      await broker.open(process(), 'f', 1).inbox(0, 0, received.deliver)
      const posted = await Promise.all(range(1, 200).map((seq) => log.post(message(seq))))
      const kept = range(1, 200).filter((seq) => posted[seq - 1]!.kind === 'posted')
      while (kept.some((seq) => !received.seqs().includes(seq))) await new Promise(setImmediate)
      const positions = received.messages.map((each) => each.position)
      expect(positions).toEqual(positions.toSorted((a, b) => a - b))
      expect(new Set(positions).size).toBe(positions.length)
      await dispose()
    }
  })
})
