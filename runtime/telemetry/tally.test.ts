/** Verdicts as people count them: what was asked once is one ask, however often it was judged. */
import { expect, test } from 'vitest'
import { agents, till, VOCABULARY } from '#runtime/fleet/desk.fixture.ts'
import { startFleet } from '#runtime/fleet/fleet.fixture.ts'
import { Tally } from './tally.ts'

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
