import { describe, expect, test } from 'vitest'
import { assign, setup } from 'xstate'
import type { Json } from '#dsl/judge/step.ts'
import { memoryBroker } from '#runtime/log/memory.ts'
import { checkHistory } from './check-history.ts'
import type { Supervision } from './definition.ts'
import { actions, agents, stateOf, till, VOCABULARY } from './desk.fixture.ts'
import { type FleetSetup, type FleetUnderTest, ManualClock, startFleet } from './fleet.fixture.ts'
import { replayed } from './replay.fixture.ts'

/** Throws at every order of 13 while `broken`; counts the others. */
function fragile() {
  const fault = { broken: true, hit: 0 }
  const machine = setup({
    types: {} as { context: { orders: number[] }; events: { type: string; [key: string]: Json } },
    actions,
  }).createMachine({
    id: 'clerk',
    context: { orders: [] },
    on: {
      order: [
        {
          guard: ({ event }) => {
            if (event['amount'] === 13 && fault.broken) throw new Error('thirteen')
            return true
          },
          actions: [
            assign({ orders: ({ context, event }) => [...context.orders, Number(event['amount'])] }),
            { type: 'call', params: ({ event }) => ({ tool: 'pay', args: { amount: event['amount'] } }) },
          ],
        },
      ],
      'parapet.result': {
        actions: assign({
          orders: ({ context }) => {
            if (fault.hit > 0 && fault.hit-- > 0) throw new Error('no room for the result')
            return context.orders
          },
        }),
      },
    },
  })
  return { fault, machine }
}

async function start(supervision: Supervision | undefined, more: Partial<FleetSetup> = {}) {
  const { fault, machine } = fragile()
  const { done, pay } = till()
  const given: FleetSetup = {
    policy: VOCABULARY,
    agents: { ...agents, clerk: { machine, ...(supervision && { supervision }) } },
    partitions: 1,
    world: { tools: { pay } },
    ...more,
  }
  const under = await startFleet(given)
  return { under, fault, done, given }
}

const orders = (under: FleetUnderTest) => stateOf(under, 'c1/clerk')['orders']
const letters = (under: FleetUnderTest) => Array.from(under.fleet.stateOf(0).dead.values())
const failed = (under: FleetUnderTest) =>
  under.turns('c1/clerk').filter(({ outcome }) => outcome === 'failed')

describe('an agent whose turn fails', () => {
  test('is stopped when nothing is declared, and the input is kept as a dead letter', async () => {
    const { under } = await start(undefined)
    await under.tell('c1', 'clerk', 'order', { amount: 13 })
    expect(failed(under)).toHaveLength(1)
    expect(letters(under)).toMatchObject([
      { agent: 'c1/clerk', why: expect.stringContaining('thirteen'), tries: 1 },
    ])
    expect(checkHistory(under.records)).toEqual([])
  })

  test('rests, is tried again, and what came meanwhile follows in order', async () => {
    const { under, fault } = await start({ onFailure: 'retry', backoffMs: 1_000 })
    await under.tell('c1', 'clerk', 'order', { amount: 1 })
    await under.tell('c1', 'clerk', 'order', { amount: 13 })
    await under.tell('c1', 'clerk', 'order', { amount: 2 })
    expect(orders(under)).toEqual([1])
    fault.broken = false
    await under.pass(1_000)
    expect(orders(under)).toEqual([1, 13, 2])
    expect(letters(under)).toEqual([])
    expect(checkHistory(under.records)).toEqual([])
  })

  test('gives up after so many tries with longer rests, and goes on with the next input', async () => {
    const { under } = await start({ onFailure: 'retry', triesMax: 3, backoffMs: 1_000, backoffMaxMs: 1_500 })
    await under.tell('c1', 'clerk', 'order', { amount: 13 })
    await under.tell('c1', 'clerk', 'order', { amount: 2 })
    for (let second = 0; second < 3; second++) await under.pass(1_000)
    expect(failed(under).map(({ why }) => why?.replaceAll(/\d+ ms/g, 'N ms'))).toEqual([
      expect.stringContaining('tried again in N ms'),
      expect.stringContaining('tried again in N ms'),
      expect.stringContaining('given up after 3 tries'),
    ])
    expect(letters(under)).toMatchObject([
      { parked: { kind: 'input', input: { message: 'order' } }, tries: 3 },
    ])
    expect(orders(under)).toEqual([2])
    expect(checkHistory(under.records)).toEqual([])
  })

  test('rests equally long whoever computes it', async () => {
    const rests = async () => {
      const { under } = await start({ onFailure: 'retry' })
      await under.tell('c1', 'clerk', 'order', { amount: 13 })
      return failed(under).map(({ why }) => why)
    }
    expect(await rests()).toEqual(await rests())
  })

  test('begins anew when that is declared', async () => {
    const { under } = await start({ onFailure: 'restart', triesMax: 1 })
    await under.tell('c1', 'clerk', 'order', { amount: 1 })
    await under.tell('c1', 'clerk', 'order', { amount: 13 })
    expect(orders(under)).toEqual([])
    await under.tell('c1', 'clerk', 'order', { amount: 2 })
    expect(orders(under)).toEqual([2])
    expect(checkHistory(under.records)).toEqual([])
  })

  test('is stopped and escalated when it fails too often', async () => {
    const { under } = await start(
      { onFailure: 'retry', triesMax: 1, failuresMax: 2, withinMs: 60_000 },
      { escalateTo: 'boss' },
    )
    for (let i = 0; i < 3; i++) await under.tell('c1', 'clerk', 'order', { amount: 13 })
    expect(stateOf(under, 'c1/boss')['asked']).toMatchObject([
      { type: 'parapet.escalated', agent: 'c1/clerk', why: expect.stringContaining('3 times in 60 seconds') },
    ])
  })

  test('and other agents of its conversation are not concerned', async () => {
    const { under } = await start({ onFailure: 'retry' })
    await under.tell('c1', 'clerk', 'order', { amount: 13 })
    await under.tell('c2', 'clerk', 'order', { amount: 5 })
    expect(stateOf(under, 'c2/clerk')['orders']).toEqual([5])
  })

  test('takes up its rest after a crash', async () => {
    const broker = memoryBroker()
    const { under: first, fault, given } = await start({ onFailure: 'retry', backoffMs: 1_000 }, { broker })
    await first.tell('c1', 'clerk', 'order', { amount: 13 })
    await first.fleet.stop()
    fault.broken = false
    const second = await startFleet({ ...given, writer: 'w2', clock: new ManualClock(first.clock.now()) })
    await second.pass(1_000)
    expect(orders(second)).toEqual([13])
    expect(checkHistory(second.records)).toEqual([])
  })

  test('a result that fails is not asked for again: the tool acts once', async () => {
    const { under, fault, done } = await start({ onFailure: 'retry', backoffMs: 100 })
    fault.hit = 1
    await under.tell('c1', 'clerk', 'order', { amount: 5 })
    expect(failed(under)).toHaveLength(1)
    await under.pass(100)
    expect(failed(under)).toHaveLength(1)
    expect(done.size).toBe(1)
    expect(under.fleet.stateOf(0).intents.size).toBe(0)
    expect(checkHistory(under.records)).toEqual([])
  })
})

describe('a dead letter', () => {
  async function withLetter(supervision: Supervision | undefined) {
    const all = await start(supervision, { escalateTo: 'boss' })
    await all.under.tell('c1', 'clerk', 'order', { amount: 13 })
    return { ...all, letter: letters(all.under)[0]! }
  }

  test('is done when tried again after mending', async () => {
    const { under, fault, letter } = await withLetter({ onFailure: 'retry', triesMax: 1 })
    fault.broken = false
    under.fleet.settleDead(letter, 'retry', 'ada')
    await under.settle()
    expect(orders(under)).toEqual([13])
    expect(letters(under)).toEqual([])
    expect(checkHistory(under.records)).toEqual([])
  })

  test('comes back as another when it fails again', async () => {
    const { under, letter } = await withLetter({ onFailure: 'retry', triesMax: 1 })
    under.fleet.settleDead(letter, 'retry', 'ada')
    await under.settle()
    expect(letters(under)).toHaveLength(1)
    expect(letters(under)[0]!.id).not.toBe(letter.id)
  })

  test('brings a stopped agent back while its conversation is open', async () => {
    const { under, fault, letter } = await withLetter(undefined)
    fault.broken = false
    under.fleet.settleDead(letter, 'retry', 'ada')
    await under.settle()
    expect(orders(under)).toEqual([13])
  })

  test('that is dropped is gone, and said twice it has no effect', async () => {
    const { under, letter } = await withLetter({ onFailure: 'retry', triesMax: 1 })
    under.fleet.settleDead(letter, 'drop', 'ada')
    under.fleet.settleDead(letter, 'drop', 'ada')
    await under.settle()
    expect(letters(under)).toEqual([])
    expect(
      under
        .turns()
        .map(({ outcome }) => outcome)
        .slice(-2),
    ).toEqual(['passed', 'ignored'])
  })
})

test('what was tried again is judged again as it was', async () => {
  const { under, fault } = await start({ onFailure: 'retry', backoffMs: 100 })
  await under.tell('c1', 'clerk', 'order', { amount: 13 })
  fault.broken = false
  await under.pass(100)
  expect(replayed(under.records, () => under.judge).differences).toEqual([])
})
