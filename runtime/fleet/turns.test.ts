import { describe, expect, test } from 'vitest'
import { checkHistory } from './check-history.ts'
import type { Outcome } from './definition.ts'
import { agents, stateOf, till, VOCABULARY } from './desk.fixture.ts'
import { startFleet } from './fleet.fixture.ts'
import { DENIALS_MAX } from './turn.ts'

describe('a turn', () => {
  test('acts only after its record is committed, and once', async () => {
    const { done, pay } = till()
    let committedFirst = false
    const under = await startFleet({
      policy: VOCABULARY,
      agents,
      world: {
        tools: {
          pay: (args, context) => {
            committedFirst = under.records.some((record) =>
              record.turns.some((turn) =>
                turn.changes.some((change) => change.kind === 'intent' && change.id === context.key),
              ),
            )
            return pay(args, context)
          },
        },
      },
    })
    await under.tell('c1', 'clerk', 'order', { amount: 5 })
    expect(committedFirst).toBe(true)
    expect([...done.values()]).toEqual([{ amount: 5 }])
    expect(stateOf(under, 'c1/clerk')['paid']).toBe(1)
    expect(checkHistory(under.records)).toEqual([])
  })

  test('that is denied is dropped whole: no effect, no state, and the machine is told why', async () => {
    const { done, pay } = till()
    const under = await startFleet({
      policy: `${VOCABULARY} rule "Small only" { when clerk calls pay and amount > 10 USD then deny remedy "Ask for less." }`,
      agents,
      world: { tools: { pay } },
    })
    await under.tell('c1', 'clerk', 'order', { amount: 50 })
    expect(done.size).toBe(0)
    expect(stateOf(under, 'c1/clerk')['log']).toEqual(['denied Small only'])
    expect(under.turns('c1/clerk').map((turn) => turn.outcome)).toEqual(['passed', 'denied', 'passed'])
  })

  test('whose field is missing fails closed', async () => {
    const { done, pay } = till()
    const under = await startFleet({ policy: VOCABULARY, agents, world: { tools: { pay } } })
    await under.tell('c1', 'clerk', 'order', {})
    expect(under.turns('c1/clerk').at(-1)?.outcome).toBe('refused')
    expect(done.size).toBe(0)
  })

  test.each([
    'xstate.done.actor.model',
    'xstate.after.1000.clerk',
    'xstate.stop',
    'parapet.denied',
    'parapet.result',
  ])('set off by a forged %s is refused, and no agent is started for it', async (message) => {
    const under = await startFleet({ policy: VOCABULARY, agents })
    await under.tell('c1', 'clerk', message, { id: 'x', tool: 'pay', value: 1 })
    expect(under.turns().map((turn) => turn.outcome)).toEqual(['refused'])
  })

  test('for a role the fleet does not have is refused and recorded', async () => {
    const under = await startFleet({ policy: VOCABULARY, agents })
    await under.tell('c1', 'stranger', 'order', { amount: 1 })
    expect(under.turns().map((turn) => [turn.outcome, turn.why])).toEqual([
      ['refused', 'the fleet has no agent `stranger`'],
    ])
  })

  test('said twice by its client happens once', async () => {
    const { done, pay } = till()
    const under = await startFleet({ policy: VOCABULARY, agents, world: { tools: { pay } } })
    const message = {
      source: 's',
      seq: 1,
      conversation: 'c1',
      to: 'clerk',
      from: 'customer',
      message: 'order',
      fields: { amount: 1 },
    }
    await under.fleet.inlet.tell(message)
    await under.fleet.inlet.tell(message)
    await under.settle()
    expect(done.size).toBe(1)
  })

  test('that is denied again and again stops the agent and tells its supervisor', async () => {
    const under = await startFleet({
      policy: `${VOCABULARY} rule "No" { when clerk calls pay then deny }`,
      agents,
      escalateTo: 'boss',
    })
    for (let i = 0; i < DENIALS_MAX; i++) await under.tell('c1', 'clerk', 'order', { amount: 1 })
    await under.tell('c1', 'clerk', 'order', { amount: 1 })
    expect(under.turns('c1/clerk').at(-1)).toMatchObject({
      outcome: 'ignored',
      why: expect.stringContaining('denied 5 times'),
    })
    expect(stateOf(under, 'c1/boss')['asked']).toMatchObject([
      { type: 'parapet.escalated', agent: 'c1/clerk' },
    ])
  })

  test('of a quarantining rule stops the agent at once', async () => {
    const under = await startFleet({
      policy: `${VOCABULARY} rule "Stop" { when clerk calls pay then quarantine }`,
      agents,
      escalateTo: 'boss',
    })
    await under.tell('c1', 'clerk', 'order', { amount: 1 })
    expect(under.turns('c1/clerk').at(-1)?.outcome).toBe('quarantined')
  })
})

describe('a tool', () => {
  test('that throws, is not there or returns nonsense ends in one failure the machine hears of', async () => {
    const under = await startFleet({
      policy: `${VOCABULARY} tool odd() returns { n: number }`,
      agents,
      world: {
        tools: {
          pay: () => {
            throw new Error('the till is closed')
          },
        },
      },
    })
    await under.tell('c1', 'clerk', 'order', { amount: 1 })
    expect(stateOf(under, 'c1/clerk')['log']).toEqual(['ordered', 'the till is closed'])
  })

  test('that hangs is given up after its deadline', async () => {
    const under = await startFleet({
      policy: VOCABULARY,
      agents,
      world: { tools: { pay: () => new Promise<Outcome>(() => {}) } },
    })
    const told = under.fleet.inlet.tell({
      source: 's',
      seq: 1,
      conversation: 'c1',
      to: 'clerk',
      from: 'customer',
      message: 'order',
      fields: { amount: 1 },
    })
    await told
    for (let i = 0; i < 10; i++) await new Promise(setImmediate)
    await under.pass(30_000)
    expect(stateOf(under, 'c1/clerk')['log']).toEqual(['ordered', 'no result within 30 seconds'])
  })
})

describe('what has happened', () => {
  test('counts although it was refused: a spend over the budget leaves no room for a smaller one', async () => {
    const under = await startFleet({
      policy: `${VOCABULARY} consistency "Budget" { total amount of (clerk spends) at most 1 USD }`,
      agents,
      world: {
        tools: {
          pay: (args) => ({ kind: 'ok', value: null, spent: { amount: Number(args['amount']), tokens: 1 } }),
        },
      },
    })
    await under.tell('c1', 'clerk', 'order', { amount: 5 })
    await under.tell('c1', 'clerk', 'order', { amount: 0.5 })
    expect(stateOf(under, 'c1/clerk')['log']).toEqual([
      'ordered',
      'the budget is spent',
      'ordered',
      'the budget is spent',
    ])
  })

  test('may stop an agent: a tool that fails too often quarantines it', async () => {
    const under = await startFleet({
      policy: `${VOCABULARY} consistency "Failures" { failure of pay at most once, otherwise quarantine }`,
      agents,
      world: { tools: { pay: () => ({ kind: 'failed', error: 'closed' }) } },
    })
    await under.tell('c1', 'clerk', 'order', { amount: 1 })
    await under.tell('c1', 'clerk', 'order', { amount: 1 })
    expect(under.turns('c1/clerk').at(-1)?.outcome).toBe('quarantined')
  })

  test('is told beside the error when it was refused, and the next call is what is denied', async () => {
    let calls = 0
    const under = await startFleet({
      policy: `${VOCABULARY}
        consistency "Failures" { failure of pay at most once }
        consistency "Rest" {
          for each tool
          calls never within 10 minutes after failure of any tool 2 times in any 2 minutes
        }`,
      agents,
      world: {
        tools: {
          pay: () => {
            calls++
            return { kind: 'failed', error: 'closed' }
          },
        },
      },
    })
    for (let i = 0; i < 3; i++) await under.tell('c1', 'clerk', 'order', { amount: 1 })
    expect(calls).toBe(2)
    expect(stateOf(under, 'c1/clerk')['log']).toEqual([
      'ordered',
      'closed',
      'ordered',
      'closed; Failures: failure of pay has happened 1 time, at most 1 time',
      'denied Rest',
    ])
  })
})
