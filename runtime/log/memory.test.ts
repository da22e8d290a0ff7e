import { expect, test } from 'vitest'
import { type Broker, fleetLogContract, message, Received } from './contract.ts'
import { type MemoryBroker, memoryBroker } from './memory.ts'

async function start(): Promise<Broker> {
  const roomy = memoryBroker()
  return {
    async open(fleet, partitions, limits) {
      const broker: MemoryBroker = limits === undefined ? roomy : memoryBroker(limits)
      return broker.open(fleet, partitions)
    },
    // There is no process to kill: what survives is what another opener sees.
    async crash() {},
    async dispose() {},
  }
}

fleetLogContract('memory', start)

test('a fleet opened with another number of partitions is refused', () => {
  const broker = memoryBroker()
  broker.open('desk', 4)
  expect(() => broker.open('desk', 8)).toThrow('created with 4 partitions, not 8')
})

test('delivery never runs inside post', async () => {
  const log = memoryBroker().open('desk', 1)
  const received = new Received()
  await log.inbox(0, 0, received.deliver)
  const posting = log.post(message(1))
  expect(received.messages).toEqual([])
  await posting
  await received.until(1)
})
