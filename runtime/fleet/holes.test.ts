/** Ways in which work was lost, doubled or done by the wrong one. */
import { describe, expect, test } from 'vitest'
import { setup } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { memoryBroker } from '#runtime/log/memory.ts'
import { checkHistory } from './check-history.ts'
import type { Outcome, ToolExecutor } from './definition.ts'
import { actions, agents, stateOf, till, VOCABULARY } from './desk.fixture.ts'
import { startFleet } from './fleet.fixture.ts'

const ASK = `${VOCABULARY} rule "Boss decides" { when clerk calls pay and amount > 100 USD then ask boss within 1 hour, otherwise deny }`

describe('a decision', () => {
  test('counts only in the conversation it was asked in', async () => {
    const guesser = setup({
      types: {} as { events: { type: string; [key: string]: Json } },
      actions,
    }).createMachine({
      id: 'boss',
      on: {
        note: {
          actions: {
            type: 'decide',
            params: ({ event }) => ({ approval: event['text'], grant: true, note: '' }),
          },
        },
      },
    })
    const { done, pay } = till()
    const under = await startFleet({
      policy: ASK.replace('may receive note from clerk', 'may receive note from clerk, customer'),
      agents: { ...agents, boss: { machine: guesser } },
      partitions: 1,
      world: { tools: { pay } },
    })
    await under.tell('c1', 'clerk', 'order', { amount: 900 })
    const [approval] = under.fleet.pendingApprovals()
    await under.tell('c2', 'boss', 'note', { text: approval!.id })
    expect(under.turns('c2/boss').at(-1)?.outcome).toBe('passed')
    expect(under.fleet.pendingApprovals()).toHaveLength(1)
    expect(done.size).toBe(0)
  })

  test('is awaited no more once its agent was stopped for something else, and neither are its messages', async () => {
    const under = await startFleet({
      policy: `${ASK} consistency "Answered" { clerk receives order is followed by clerk answers customer within 10 minutes, otherwise quarantine }`,
      agents,
      escalateTo: 'boss',
      partitions: 1,
    })
    await under.tell('c1', 'clerk', 'order', { amount: 900 })
    await under.tell('c1', 'clerk', 'order', { amount: 1 })
    await under.pass(600_000)
    expect(under.turns('c1/clerk').at(-1)).toMatchObject({ outcome: 'ignored', input: { kind: 'message' } })
    expect(under.fleet.pendingApprovals()).toEqual([])
    expect(Array.from(under.fleet.stateOf(0).timers.values(), ({ kind }) => kind)).not.toContain('approval')
    expect(under.fleet.stateOf(0).agent('c1/clerk')?.waiting).toEqual([])
  })
})

describe('an executor', () => {
  const circle: { self?: unknown } = {}
  circle.self = circle
  const odd = (outcome: object | undefined) => (() => outcome) as ToolExecutor
  test.each([
    ['nothing', odd(undefined), 'the executor returned no outcome'],
    ['no outcome', odd({ paid: true }), 'the executor returned no outcome'],
    [
      'a circle',
      odd({ kind: 'ok', value: circle }),
      'the result holds nested over 64 deep, or in a circle; only JSON can be kept',
    ],
    ['a big integer', odd({ kind: 'ok', value: 1n }), 'the result holds a bigint; only JSON can be kept'],
  ])('that returns %s has failed, and the machine hears of it', async (_, pay, error) => {
    const under = await startFleet({ policy: VOCABULARY, agents, world: { tools: { pay } } })
    await under.tell('c1', 'clerk', 'order', { amount: 1 })
    expect(stateOf(under, 'c1/clerk')['log']).toEqual(['ordered', error])
  })

  test('starts nothing any more once its owner was fenced', async () => {
    const broker = memoryBroker()
    const started: number[] = []
    const finish: (() => void)[] = []
    const slow = (args: JsonObject) =>
      new Promise<Outcome>((resolve) => {
        started.push(Number(args['amount']))
        finish.push(() => resolve({ kind: 'ok', value: null }))
      })
    const setup = { policy: VOCABULARY, agents, broker, partitions: 1 }
    const old = await startFleet({ ...setup, world: { tools: { pay: slow } } })
    const turnsOfTheLoop = async () => {
      for (let i = 0; i < 20; i++) await new Promise(setImmediate)
    }
    const message = { source: 's', seq: 1, to: 'clerk', from: 'customer', message: 'order' }
    for (let i = 1; i <= 70; i++)
      await old.fleet.inlet.tell({ ...message, conversation: `c${i}`, fields: { amount: i } })
    await turnsOfTheLoop()
    expect(started).toHaveLength(64)
    const { done, pay } = till()
    const next = await startFleet({ ...setup, writer: 'w2', world: { tools: { pay } } })
    await next.settle()
    await next.tell('c99', 'clerk', 'order', { amount: 99 })
    await turnsOfTheLoop()
    expect(old.stopped).toMatchObject([{ kind: 'fenced' }])
    for (const call of finish.splice(0)) call()
    await turnsOfTheLoop()
    expect(started).toHaveLength(64)
    expect(done.size).toBe(71)
  })
})

describe('a client', () => {
  test('whose message was too large may say the next one', async () => {
    const { done, pay } = till()
    const under = await startFleet({ policy: VOCABULARY, agents, world: { tools: { pay } } })
    const message = {
      source: 's',
      seq: 1,
      conversation: 'c1',
      to: 'clerk',
      from: 'customer',
      message: 'order',
    }
    const large = under.fleet.inlet.tell({ ...message, fields: { text: 'x'.repeat(300_000) } })
    const next = under.fleet.inlet.tell({ ...message, fields: { amount: 1 } })
    await expect(large).rejects.toThrow(RangeError)
    await next
    await under.settle()
    expect(done.size).toBe(1)
  })

  test('is not held back for ever by messages that were taken long ago', async () => {
    const under = await startFleet({
      policy: VOCABULARY,
      agents,
      broker: memoryBroker({ inboxBytesMax: 6_000_000 }),
      partitions: 1,
    })
    let over = false
    const telling = (async () => {
      for (let i = 1; i <= 40; i++) await under.tell(`c${i}`, 'clerk', 'order', { text: 'x'.repeat(200_000) })
    })().finally(() => {
      over = true
    })
    // Room is made in a quiet moment; until then clients are told that there is none, and try again.
    while (!over) await under.pass(1_000)
    await telling
    expect(under.turns().filter(({ input }) => input.kind === 'message')).toHaveLength(40)
  })
})

describe('a conversation that has ended', () => {
  test('leaves its name and nothing else, and late doubles have no effect, after a restart too', async () => {
    const { done, pay } = till()
    const broker = memoryBroker()
    const setup = {
      policy: VOCABULARY.replace('may receive order from', 'may receive order, close from').replace(
        'message note',
        'message close { text: text }\nmessage note',
      ),
      agents,
      broker,
      partitions: 1,
      world: { tools: { pay } },
    }
    const first = await startFleet(setup)
    const double = {
      source: 'client',
      seq: 1,
      conversation: 'c1',
      to: 'clerk',
      from: 'customer',
      message: 'order',
    }
    await first.tell('c1', 'clerk', 'order', { amount: 1 })
    await first.tell('c1', 'clerk', 'close', { text: 'bye' })
    const records = first.records.length + 1
    await first.fleet.inlet.tell({ ...double, fields: { amount: 1 } })
    await first.settle()
    await first.fleet.stop()
    const second = await startFleet({ ...setup, writer: 'w2' })
    await second.fleet.inlet.tell({ ...double, fields: { amount: 1 } })
    await second.settle()
    // One more: the second has claimed the partition.
    expect(second.records.length).toBe(records)
    expect(done.size).toBe(1)
    expect(checkHistory(second.records)).toEqual([])
    for (const state of [first.fleet.stateOf(0), second.fleet.stateOf(0)]) {
      const left = state.awake.get('c1')
      expect(left).toMatchObject({ ended: true, agents: new Map(), seen: new Map(), obligations: undefined })
      expect([left?.cells.size, state.seen.size]).toEqual([0, 0])
    }
  })
})
