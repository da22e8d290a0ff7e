import { expect, test } from 'vitest'
import { type LeaseBroker, leasesContract } from '#runtime/log/leases-contract.ts'
import { NO_FAULTS } from './faults.ts'
import { LeaseBucket } from './leases.ts'
import { Network } from './network.ts'
import { SimulatedProcess } from './process.ts'
import { randomOf } from './random.ts'
import { VirtualTime } from './virtual-time.ts'

/** A bucket whose world's time runs for as long as it is needed. */
function bucket(faults = NO_FAULTS) {
  const time = new VirtualTime(0)
  const leases = new LeaseBucket(time, new Network(time, randomOf(1), faults), randomOf(2), faults)
  let over = false
  const running = (async () => {
    while (!over) {
      await time.run(() => over)
      await new Promise(setImmediate)
    }
  })()
  let processes = 0
  return {
    leases,
    open: () => leases.open(new SimulatedProcess(`p${++processes}`, time)),
    async dispose() {
      over = true
      await running
    },
  }
}

leasesContract('simulated leases', async (): Promise<LeaseBroker> => {
  const { open, dispose } = bucket()
  return { open: async () => open(), [Symbol.asyncDispose]: dispose }
})

test('on an old cluster a second writer that expected the same wins too, and a later one does not', async () => {
  const { open, dispose } = bucket({ ...NO_FAULTS, leaseWonTwice: 1 })
  const one = open()
  await one.acquire('key', 'one', 0)
  expect(await one.acquire('key', 'two', 1)).toEqual({ kind: 'held' })
  expect(await one.acquire('key', 'three', 1)).toEqual({ kind: 'held' })
  expect(await one.acquire('key', 'four', 1)).toEqual({ kind: 'lost' })
  await dispose()
})

test('what a bucket has lost can be asked for, though no watch tells', async () => {
  const { leases, open, dispose } = bucket()
  const one = open()
  for (let i = 0; i < 40; i++) await one.renew('beat', String(i))
  await one.acquire('key', 'one', 0)
  while ((await one.look('key')).kind === 'stands') leases.loseTail()
  expect(await one.acquire('key', 'two', 0)).toEqual({ kind: 'held' })
  await dispose()
})
