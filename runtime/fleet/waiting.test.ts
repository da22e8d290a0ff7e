import { describe, expect, test } from 'vitest'
import { assign, setup } from 'xstate'
import { memoryBroker } from '#runtime/log/memory.ts'
import { checkHistory } from './check-history.ts'
import { actions, agents, stateOf, till, VOCABULARY } from './desk.fixture.ts'
import { ManualClock, NOON, startFleet } from './fleet.fixture.ts'

describe('an ask', () => {
  const policy = `${VOCABULARY} rule "Boss decides" { when clerk calls pay and amount > 100 USD then ask boss within 1 hour, otherwise deny }`

  test('parks the whole transition until the approver grants it, then does it once', async () => {
    const { done, pay } = till()
    const under = await startFleet({ policy, agents, world: { tools: { pay } } })
    await under.tell('c1', 'clerk', 'order', { amount: 200 })
    expect(under.turns('c1/clerk').map((turn) => turn.outcome)).toContain('asked')
    expect([...done.values()]).toEqual([{ amount: 200 }])
    expect(checkHistory(under.records)).toEqual([])
  })

  test('nobody decides in time takes its `otherwise`', async () => {
    const { done, pay } = till()
    const under = await startFleet({ policy, agents, world: { tools: { pay } } })
    await under.tell('c1', 'clerk', 'order', { amount: 900 })
    expect(under.fleet.pendingApprovals()).toHaveLength(1)
    await under.pass(3_600_000)
    expect(under.fleet.pendingApprovals()).toEqual([])
    expect(done.size).toBe(0)
    expect(stateOf(under, 'c1/clerk')['log']).toEqual(['denied Boss decides'])
  })

  test('makes later messages wait in order, across a restart, and a person may grant it', async () => {
    const { done, pay } = till()
    const broker = memoryBroker()
    const first = await startFleet({ policy, agents, broker, world: { tools: { pay } } })
    await first.tell('c1', 'clerk', 'order', { amount: 900 })
    await first.tell('c1', 'clerk', 'order', { amount: 1 })
    await first.tell('c1', 'clerk', 'order', { amount: 2 })
    expect(done.size).toBe(0)
    await first.fleet.stop()
    const second = await startFleet({ policy, agents, broker, world: { tools: { pay } }, writer: 'w2' })
    const [approval] = second.fleet.pendingApprovals()
    second.fleet.decide(approval!, true, 'ada@example.com', 'checked by phone')
    await second.settle()
    expect([...done.values()].map((args) => args['amount'])).toEqual([900, 1, 2])
    expect(checkHistory(second.records)).toEqual([])
  })

  test('makes a timer wait too: one record however long it takes, and it rings once decided', async () => {
    const timed = setup({ types: {} as { context: { rang: number } }, actions }).createMachine({
      id: 'clerk',
      context: { rang: 0 },
      after: { 60000: { actions: assign({ rang: ({ context }) => context.rang + 1 }) } },
      on: { order: { actions: { type: 'call', params: { tool: 'pay', args: { amount: 900 } } } } },
    })
    const { pay } = till()
    const broker = memoryBroker()
    const given = {
      policy,
      agents: { ...agents, clerk: { machine: timed } },
      broker,
      world: { tools: { pay } },
    }
    const first = await startFleet(given)
    await first.tell('c1', 'clerk', 'order', { amount: 900 })
    for (let minute = 0; minute < 10; minute++) await first.pass(60_000)
    await first.fleet.stop()
    const clock = new ManualClock(first.clock.now())
    const second = await startFleet({ ...given, clock, writer: 'w2' })
    await second.settle()
    expect(second.turns('c1/clerk').map(({ outcome }) => outcome)).toEqual([
      'passed',
      'asked',
      'deferred',
      'ignored',
    ])
    second.fleet.decide(second.fleet.pendingApprovals()[0]!, true, 'ada', '')
    await second.settle()
    expect(stateOf(second, 'c1/clerk')['rang']).toBe(1)
  })

  test('is not granted by the agent that asked', async () => {
    const under = await startFleet({ policy, agents })
    await under.tell('c1', 'clerk', 'order', { amount: 900 })
    const [approval] = under.fleet.pendingApprovals()
    under.fleet.decide(approval!, true, 'c1/clerk', '')
    await under.settle()
    expect(under.fleet.pendingApprovals()).toHaveLength(1)
  })
})

describe('time', () => {
  const sleeper = setup({ types: {} as { context: { rang: number } }, actions }).createMachine({
    id: 'clerk',
    context: { rang: 0 },
    initial: 'asleep',
    states: {
      asleep: {
        after: { 60000: { target: 'awake', actions: assign({ rang: ({ context }) => context.rang + 1 }) } },
      },
      awake: {},
    },
  })

  test('a timer set before a restart rings once after it, at its hour', async () => {
    const broker = memoryBroker()
    const first = await startFleet({ policy: VOCABULARY, agents: { clerk: { machine: sleeper } }, broker })
    await first.tell('c1', 'clerk', 'order', { amount: 1 })
    await first.pass(30_000)
    await first.fleet.stop()
    const second = await startFleet({
      policy: VOCABULARY,
      agents: { clerk: { machine: sleeper } },
      broker,
      writer: 'w2',
      clock: new ManualClock(NOON + 30_000),
    })
    await second.settle()
    await second.pass(29_000)
    expect(stateOf(second, 'c1/clerk')['rang']).toBe(0)
    await second.pass(1_000)
    expect(stateOf(second, 'c1/clerk')['rang']).toBe(1)
    await second.pass(600_000)
    expect(second.turns('c1/clerk').filter((turn) => turn.input.kind === 'timer')).toHaveLength(1)
  })

  test('an obligation nobody meets is broken at its deadline and the supervisor hears of it', async () => {
    const under = await startFleet({
      policy: `${VOCABULARY} consistency "Orders are answered" { clerk receives order is followed by clerk answers customer within 10 minutes, otherwise alert boss }`,
      agents,
      escalateTo: 'boss',
      world: { tools: { pay: till().pay } },
    })
    await under.tell('c1', 'clerk', 'order', { amount: 1 })
    await under.pass(599_000)
    expect(stateOf(under, 'c1/boss')['asked'] ?? []).toEqual([])
    await under.pass(1_000)
    expect(stateOf(under, 'c1/boss')['asked']).toMatchObject([
      { type: 'parapet.overdue', check: 'Orders are answered' },
    ])
  })
})
