import { describe, expect, test } from 'vitest'
import { setup } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { checkHistory } from './check-history.ts'
import { actions, agents, stateOf, till, VOCABULARY } from './desk.fixture.ts'
import { startFleet } from './fleet.fixture.ts'

function postbox() {
  const got: JsonObject[] = []
  const keys = new Set<string>()
  const deliver = (fields: JsonObject, { key }: { key: string }) => {
    if (!keys.has(key)) got.push(fields)
    keys.add(key)
  }
  return { got, deliver }
}

describe('an alert', () => {
  const rule = (who: string) =>
    `${VOCABULARY} rule "Large" { when clerk calls pay and amount > 100 USD then alert ${who} }`

  test('reaches somebody outside, once, and the step goes on', async () => {
    const { done, pay } = till()
    const { got, deliver } = postbox()
    const under = await startFleet({
      policy: rule('operations'),
      agents,
      world: { tools: { pay }, outside: { operations: deliver } },
    })
    await under.tell('c1', 'clerk', 'order', { amount: 200 })
    expect(done.size).toBe(1)
    expect(got).toMatchObject([{ type: 'parapet.alert', check: 'Large', agent: 'c1/clerk' }])
  })

  test('reaches an agent of that role, started by it if need be', async () => {
    const { pay } = till()
    const listener = setup({
      types: {} as { context: { heard: string }; events: { type: string; [key: string]: Json } },
      actions,
    }).createMachine({ id: 'boss', context: { heard: '' }, on: { 'parapet.alert': {} } })
    const under = await startFleet({
      policy: rule('boss'),
      agents: { ...agents, boss: { machine: listener } },
      world: { tools: { pay } },
    })
    await under.tell('c1', 'clerk', 'order', { amount: 200 })
    const heard = under.turns('c1/boss').map(({ input }) => input.kind === 'message' && input.message)
    expect(heard).toContain('parapet.alert')
  })

  test('of what is owed too late reaches whom it names', async () => {
    const { got, deliver } = postbox()
    const under = await startFleet({
      policy: `${VOCABULARY} consistency "Answered" { clerk receives order is followed by clerk answers customer within 10 minutes, otherwise alert operations }`,
      agents,
      world: { tools: { pay: till().pay }, outside: { operations: deliver } },
    })
    await under.tell('c1', 'clerk', 'order', { amount: 1 })
    await under.pass(600_000)
    expect(got).toMatchObject([{ type: 'parapet.overdue', check: 'Answered' }])
  })
})

describe('the last agent of a conversation', () => {
  const parting = setup({
    types: {} as { events: { type: string; [key: string]: Json } },
    actions,
  }).createMachine({
    id: 'clerk',
    initial: 'open',
    states: {
      open: {
        on: {
          order: {
            target: 'done',
            actions: { type: 'send', params: { to: 'boss', message: 'note', fields: { text: 'your turn' } } },
          },
        },
      },
      done: { type: 'final' },
    },
  })
  const heir = setup({
    types: {} as { events: { type: string; [key: string]: Json } },
    actions,
  }).createMachine({
    id: 'boss',
    initial: 'open',
    states: {
      open: {
        on: {
          note: {
            target: 'done',
            actions: { type: 'answer', params: { to: 'customer', fields: { text: 'bye' } } },
          },
        },
      },
      done: { type: 'final' },
    },
  })

  test('may leave its work to one that has not started; the conversation ends after that', async () => {
    const { got, deliver } = postbox()
    const under = await startFleet({
      policy: VOCABULARY,
      agents: { clerk: { machine: parting }, boss: { machine: heir } },
      world: { outside: { customer: deliver } },
    })
    await under.tell('c1', 'clerk', 'order', { amount: 1 })
    expect(got).toMatchObject([{ text: 'bye' }])
    expect(under.fleet.conversationEnded('c1')).toBe(true)
    expect(checkHistory(under.records)).toEqual([])
  })

  test('and the conversation ends too when nobody takes what was left', async () => {
    const gone = await startFleet({ policy: VOCABULARY, agents: { clerk: { machine: parting } } })
    await gone.tell('c1', 'clerk', 'order', { amount: 1 })
    expect(gone.fleet.conversationEnded('c1')).toBe(true)
  })
})

test('stops nothing when nobody of that name can be reached', async () => {
  const { done, pay } = till()
  const under = await startFleet({
    policy: `${VOCABULARY} rule "Large" { when clerk calls pay and amount > 100 USD then alert nobody }`,
    agents,
    world: { tools: { pay } },
  })
  await under.tell('c1', 'clerk', 'order', { amount: 200 })
  expect([done.size, stateOf(under, 'c1/clerk')['paid']]).toEqual([1, 1])
})
