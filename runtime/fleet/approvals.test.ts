import { describe, expect, test } from 'vitest'
import type { JsonObject } from '#dsl/judge/step.ts'
import { memoryBroker } from '#runtime/log/memory.ts'
import { checkHistory } from './check-history.ts'
import { agents, stateOf, till, VOCABULARY } from './desk.fixture.ts'
import { type FleetSetup, type FleetUnderTest, startFleet } from './fleet.fixture.ts'

async function start(ask: string, more: Partial<FleetSetup> = {}) {
  const { done, pay } = till()
  const setup: FleetSetup = {
    policy: `${VOCABULARY} rule "Large" { when clerk calls pay and amount > 100 USD then ${ask} }`,
    agents,
    world: { tools: { pay } },
    ...more,
  }
  return { done, setup, under: await startFleet(setup) }
}

async function decide(under: FleetUnderTest, grant: boolean, by: string): Promise<void> {
  under.fleet.decide(under.fleet.pendingApprovals()[0]!, grant, by, '')
  await under.settle()
}

describe('an ask of several people', () => {
  const TWO = 'ask 2 of auditor within 1 hour, otherwise deny'

  test('goes through when so many different ones have granted it', async () => {
    const { done, under } = await start(TWO)
    await under.tell('c1', 'clerk', 'order', { amount: 200 })
    await decide(under, true, 'ada')
    await decide(under, true, 'ada')
    expect([done.size, under.fleet.pendingApprovals()[0]?.granted]).toEqual([0, ['ada']])
    await decide(under, true, 'bo')
    expect([done.size, under.fleet.pendingApprovals()]).toEqual([1, []])
    expect(checkHistory(under.records)).toEqual([])
  })

  test('is denied by the first who says no', async () => {
    const { done, under } = await start(TWO)
    await under.tell('c1', 'clerk', 'order', { amount: 200 })
    await decide(under, true, 'ada')
    await decide(under, false, 'bo')
    expect([done.size, under.fleet.pendingApprovals()]).toEqual([0, []])
  })

  test('remembers over a restart who has granted it, and takes its otherwise when too few have', async () => {
    const broker = memoryBroker()
    const { done, under, setup } = await start(TWO, { broker })
    await under.tell('c1', 'clerk', 'order', { amount: 200 })
    await decide(under, true, 'ada')
    await under.fleet.stop()
    const again = await startFleet({ ...setup, writer: 'w2' })
    expect(again.fleet.pendingApprovals()[0]?.granted).toEqual(['ada'])
    await again.pass(3_600_000)
    expect([done.size, again.fleet.pendingApprovals()]).toEqual([0, []])
    expect(stateOf(again, 'c1/clerk')['log']).toEqual(['denied Large'])
  })
})

test('two roles that are asked decide one after the other, neither for the other', async () => {
  const { done, under } = await start('ask auditor within 1 hour, otherwise deny', {
    policy: `${VOCABULARY}
rule "Large" { when clerk calls pay and amount > 100 USD then ask auditor within 1 hour, otherwise deny }
rule "Very large" { when clerk calls pay and amount > 150 USD then ask director within 1 hour, otherwise deny }`,
  })
  await under.tell('c1', 'clerk', 'order', { amount: 200 })
  expect(under.fleet.pendingApprovals().map(({ who }) => who)).toEqual(['auditor'])
  await decide(under, true, 'ada')
  expect([done.size, under.fleet.pendingApprovals().map(({ who }) => who)]).toEqual([0, ['director']])
  await decide(under, true, 'dee')
  expect(done.size).toBe(1)
  expect(checkHistory(under.records)).toEqual([])
})

test('whoever has to decide is told, and told again until they do or have been often enough', async () => {
  const told: JsonObject[] = []
  const { under } = await start('ask auditor within 1 hour, otherwise deny', {
    reminders: { everyMs: 600_000, most: 2 },
    world: { tools: { pay: till().pay }, outside: { auditor: (fields) => void told.push(fields) } },
  })
  await under.tell('c1', 'clerk', 'order', { amount: 200 })
  for (let i = 0; i < 4; i++) await under.pass(600_000)
  expect(told.map((fields) => [fields['type'], fields['reminder'] ?? 0])).toEqual([
    ['parapet.approval', 0],
    ['parapet.approval', 1],
    ['parapet.approval', 2],
  ])
  await decide(under, true, 'ada')
  expect(under.fleet.stateOf(0).timers.size + under.fleet.stateOf(1).timers.size).toBe(0)
})
