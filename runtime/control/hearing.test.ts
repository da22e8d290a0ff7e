/** Who waits for what became of their words, on a fleet in memory. */
import { expect, test } from 'vitest'
import { agents, VOCABULARY } from '#runtime/fleet/desk.fixture.ts'
import { type FleetUnderTest, ManualClock, NOON, startFleet } from '#runtime/fleet/fleet.fixture.ts'
import { Hearing, NEWS_MAX } from './hearing.ts'
import { spokenSource } from './people.ts'

const clock = new ManualClock(NOON)

async function started(): Promise<FleetUnderTest> {
  return startFleet({
    policy: VOCABULARY,
    agents,
    world: { tools: { pay: () => ({ kind: 'ok', value: null }) } },
  })
}

async function tell(under: FleetUnderTest, by: string, id: string, amount: unknown): Promise<void> {
  await under.fleet.inlet.tell({
    source: spokenSource(by, id),
    seq: 1,
    conversation: 'c1',
    to: 'clerk',
    message: 'order',
    fields: { amount: amount === undefined ? null : Number(amount) },
    from: 'customer',
  })
  await under.settle()
}

const asked = (by: string, id: string, more = {}) => ({ by, id, after: 0, waitMs: 0, ...more })

test('whoever waits is told when it is committed, and again when asking again', async () => {
  const under = await started()
  const hearing = new Hearing(clock)
  const heard = hearing.hear('c1', asked('shop', 'm1', { waitMs: 1_000 }))
  await tell(under, 'shop', 'm1', 5)
  for (const record of under.records) hearing.committed(record)
  expect(await heard).toEqual([{ kind: 'taken', number: 1 }])
  expect(await hearing.hear('c1', asked('shop', 'm1'))).toEqual([{ kind: 'taken', number: 1 }])
  expect(await hearing.hear('c1', asked('shop', 'm1', { after: 1 }))).toEqual([])
})

test('what is not let in is told with its reasons', async () => {
  const under = await started()
  const hearing = new Hearing(clock)
  await tell(under, 'shop', 'm1', undefined)
  for (const record of under.records) hearing.committed(record)
  expect(await hearing.hear('c1', asked('shop', 'm1'))).toEqual([
    { kind: 'refused', number: 1, reasons: [expect.stringContaining('amount')] },
  ])
})

test('nobody hears of words they have not said', async () => {
  const under = await started()
  const hearing = new Hearing(clock)
  await tell(under, 'shop', 'm1', 5)
  for (const record of under.records) hearing.committed(record)
  expect(await hearing.hear('c1', asked('eve', 'm1'))).toEqual([])
  expect(await hearing.hear('c1', asked('shop', 'm2'))).toEqual([])
})

test('a wait ends in its time, with nothing', async () => {
  const hearing = new Hearing(clock)
  const heard = hearing.hear('c9', asked('shop', 'm1', { waitMs: 1_000 }))
  clock.advance(1_000)
  expect(await heard).toEqual([])
})

test('of a long conversation the newest is kept, under its numbers', async () => {
  const under = await started()
  const hearing = new Hearing(clock)
  for (let n = 0; n <= NEWS_MAX; n++) await tell(under, 'shop', `m${n}`, 1)
  for (const record of under.records) hearing.committed(record)
  expect(await hearing.hear('c1', asked('shop', 'm0'))).toEqual([])
  const newest = await hearing.hear('c1', asked('shop', `m${NEWS_MAX}`))
  expect(newest).toEqual([{ kind: 'taken', number: NEWS_MAX + 1 }])
})
