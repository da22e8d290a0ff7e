import { describe, expect, test } from 'vitest'
import { assign, setup } from 'xstate'
import { memoryBroker } from '#runtime/log/memory.ts'
import type { AgentDefinition } from './definition.ts'
import { agents, stateOf, till, VOCABULARY } from './desk.fixture.ts'
import { startFleet } from './fleet.fixture.ts'

/** The clerk of next year: its context counts orders where the old one lists what happened. */
const next = setup({
  types: {} as { context: { orders: number }; events: { type: string } },
}).createMachine({
  id: 'clerk',
  context: { orders: 0 },
  initial: 'serving',
  states: {
    serving: { on: { order: { actions: assign({ orders: ({ context }) => context.orders + 1 }) } } },
  },
})

const migrate: NonNullable<AgentDefinition['migrate']> = ({ context, version }) =>
  version === ''
    ? {
        kind: 'migrated',
        value: 'serving',
        context: { orders: Array.isArray(context['log']) ? context['log'].length : 0 },
      }
    : { kind: 'refused', why: `version ${version} is none of ours` }

/** An order to the old clerk, then one to the new. */
async function renewed(clerk: AgentDefinition) {
  const { pay } = till()
  const broker = memoryBroker()
  const setup = { policy: VOCABULARY, broker, partitions: 1, world: { tools: { pay } }, escalateTo: 'boss' }
  const old = await startFleet({ ...setup, agents })
  await old.tell('c1', 'clerk', 'order', { amount: 1 })
  await old.fleet.stop()
  const under = await startFleet({ ...setup, agents: { ...agents, clerk }, writer: 'w2' })
  const tell = async (seq: number) => {
    await under.fleet.inlet.tell({
      source: 'client',
      seq,
      conversation: 'c1',
      to: 'clerk',
      from: 'customer',
      message: 'order',
      fields: { amount: 2 },
    })
    await under.settle()
  }
  await tell(2)
  return { under, tell, old }
}

describe('an agent whose machine has another version', () => {
  test('goes on from its migrated state, which is kept with the new version', async () => {
    const { under, tell, old } = await renewed({ machine: next, version: '2', migrate })
    const before = stateOf(old, 'c1/clerk')['log']
    expect(stateOf(under, 'c1/clerk')).toEqual({ orders: Array.isArray(before) ? before.length + 1 : 0 })
    await tell(3)
    const [last] = under.turns('c1/clerk').slice(-1)
    expect(last?.outcome).toBe('passed')
    expect(under.fleet.stateOf(0).agent('c1/clerk')?.packed).toMatchObject({ version: '2', value: 'serving' })
  })

  test.each([
    { what: 'no migration', given: {}, why: /version 2, and no `migrate` is given/ },
    {
      what: 'a migration that refuses',
      given: { migrate: () => ({ kind: 'refused' as const, why: 'too old' }) },
      why: /version 2: too old/,
    },
    {
      what: 'a migration that throws',
      given: {
        migrate: () => {
          throw new Error('no idea')
        },
      },
      why: /`migrate` threw: no idea/,
    },
    {
      what: 'a migration to a state that the machine has not',
      given: { migrate: () => ({ kind: 'migrated' as const, context: {}, value: 'gone' }) },
      why: /no state "gone"/,
    },
  ])('is stopped with the reason when there is $what, whatever its supervision', async ({ given, why }) => {
    const supervision = { onFailure: 'restart' as const }
    const { under } = await renewed({ machine: next, version: '2', supervision, ...given })
    const [last] = under.turns('c1/clerk').slice(-1)
    expect(last?.outcome).toBe('failed')
    expect(last?.why).toMatch(why)
    expect(under.fleet.stateOf(0).agent('c1/clerk')?.halted).toMatch(why)
  })
})
