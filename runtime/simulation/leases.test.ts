import { expect, test } from 'vitest'
import { type LeaseBroker, leasesContract } from '#runtime/log/leases-contract.ts'
import { NO_FAULTS } from './faults.ts'
import { runningWorld } from './world.fixture.ts'

function bucket(faults = NO_FAULTS) {
  const { leases, process, dispose } = runningWorld(1, faults)
  return { leases, open: () => leases.open(process()), dispose }
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
