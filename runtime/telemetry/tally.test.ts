/** Verdicts as people count them: what was asked once is one ask, however often it was judged. */
import { expect, test } from 'vitest'
import { agents, till, VOCABULARY } from '#runtime/fleet/desk.fixture.ts'
import { startFleet } from '#runtime/fleet/fleet.fixture.ts'
import { CHECKS_MAX, OTHER_CHECKS, Tally } from './tally.ts'

test('an ask that was granted, and judged anew on that, is counted once', async () => {
  const { done, pay } = till()
  const under = await startFleet({
    policy: `${VOCABULARY}
rule "Large" { when clerk calls pay and amount > 100 USD then ask auditor within 1 hour, otherwise deny }
consistency "Cap" { across the fleet  total amount of pay at most 900 USD per calendar day in "UTC" }`,
    agents,
    world: { tools: { pay } },
  })
  for (const conversation of ['c1', 'c2']) {
    await under.tell(conversation, 'clerk', 'order', { amount: 200 })
    under.fleet.decide(under.fleet.pendingApprovals()[0]!, true, 'ada', '')
    await under.settle()
  }
  await under.tell('c3', 'clerk', 'order', { amount: 600 })
  under.fleet.decide(under.fleet.pendingApprovals()[0]!, true, 'ada', '')
  await under.settle()
  expect(done.size).toBe(2)
  const tally = new Tally()
  for (const record of under.records) tally.add(record)
  const counted = Array.from(tally.checks.values(), ({ check, asked, denied }) => [check, asked, denied])
  expect(counted).toEqual([
    ['Large', 3, 0],
    ['Cap', 0, 1],
  ])
})

test('conversations are counted by their beginning and end, once each, and not remembered', async () => {
  const under = await startFleet({
    policy: `
tool pay(amount: money in USD) { external, idempotent }
message order { amount: money in USD }
message close { why: text }
agent clerk { may receive order, close from customer  may call pay }`,
    agents: { clerk: agents['clerk']! },
    world: { tools: { pay: till().pay } },
  })
  for (const conversation of ['c1', 'c2']) {
    await under.tell(conversation, 'clerk', 'order', { amount: 2 })
    await under.tell(conversation, 'clerk', 'close', { why: 'paid' })
    await under.tell(conversation, 'clerk', 'order', { amount: 3 })
  }
  await under.tell('c3', 'clerk', 'order', { amount: 2 })
  const tally = new Tally()
  for (const record of under.records) tally.add(record)
  expect([tally.conversationsStarted, tally.conversationsEnded]).toEqual([3, 2])
})

test('names that clients make up fill no memory: what is beyond the bound is counted together', async () => {
  const under = await startFleet({ policy: VOCABULARY, agents, world: { tools: {} } })
  await under.tell('c1', 'clerk', 'made_up', {})
  const tally = new Tally()
  for (let name = 0; name < CHECKS_MAX + 5; name++)
    for (const record of under.records)
      tally.add(JSON.parse(JSON.stringify(record).replaceAll('made_up', `made_up_${name}`)))
  expect(tally.checks.size).toBe(CHECKS_MAX + 1)
  expect(tally.checks.get(OTHER_CHECKS)?.denied).toBe(5)
})
