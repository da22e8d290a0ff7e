import { describe, expect, test } from 'vitest'
import { assign, setup } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { memoryBroker } from '#runtime/log/memory.ts'
import { checkHistory } from './check-history.ts'
import type { Outcome } from './definition.ts'
import { ManualClock, NOON, startFleet } from './fleet.fixture.ts'
import { BATCH_INPUTS_MAX, INBOX_MAX } from './owner.ts'
import { DENIALS_MAX } from './turn.ts'

interface Params {
  readonly [key: string]: unknown
}
const actions = {
  call: (_: unknown, _p: Params) => {},
  send: (_: unknown, _p: Params) => {},
  answer: (_: unknown, _p: Params) => {},
  remember: (_: unknown, _p: Params) => {},
  decide: (_: unknown, _p: Params) => {},
}

const VOCABULARY = `
tool pay(amount: money in USD) { external, idempotent }
tool look() { reads only }
message order { amount: money in USD }
message note { text: text }
agent clerk { may receive order from customer  may call pay, look  may answer customer  may send note to boss  may remember fact  may spawn model }
agent boss { may receive note from clerk  may answer customer }
`

/** Pays what it is told to; says what became of it. */
const clerk = setup({
  types: {} as { context: { paid: number; log: string[] }; events: { type: string; [key: string]: Json } },
  actions,
}).createMachine({
  id: 'clerk',
  context: { paid: 0, log: [] },
  initial: 'open',
  states: {
    open: {
      on: {
        order: {
          actions: [
            { type: 'call', params: ({ event }) => ({ tool: 'pay', args: { amount: event['amount'] } }) },
            assign({ log: ({ context }) => [...context.log, 'ordered'] }),
          ],
        },
        'parapet.result': { actions: assign({ paid: ({ context }) => context.paid + 1 }) },
        'parapet.failed': {
          actions: assign({ log: ({ context, event }) => [...context.log, String(event['error'])] }),
        },
        'parapet.denied': {
          actions: assign({
            log: ({ context, event }) => [...context.log, `denied ${String(event['what'])}`],
          }),
        },
        close: 'closed',
      },
    },
    closed: { type: 'final' },
  },
})

const boss = setup({
  types: {} as { context: { asked: JsonObject[] }; events: { type: string; [key: string]: Json } },
  actions,
}).createMachine({
  id: 'boss',
  context: { asked: [] },
  on: {
    'parapet.approval': [
      {
        guard: ({ event }) =>
          (event['step'] as JsonObject)['name'] === 'pay' &&
          Number(((event['step'] as JsonObject)['fields'] as JsonObject)['amount']) < 500,
        actions: {
          type: 'decide',
          params: ({ event }) => ({ approval: event['approval'], grant: true, note: 'fine' }),
        },
      },
      { actions: assign({ asked: ({ context, event }) => [...context.asked, event as JsonObject] }) },
    ],
    'parapet.escalated': {
      actions: assign({ asked: ({ context, event }) => [...context.asked, event as JsonObject] }),
    },
    'parapet.overdue': {
      actions: assign({ asked: ({ context, event }) => [...context.asked, event as JsonObject] }),
    },
  },
})

/** A tool that keeps what it did by key, as real ones do. */
function till() {
  const done = new Map<string, JsonObject>()
  return {
    done,
    pay: (args: JsonObject, { key }: { key: string }): Outcome => {
      if (!done.has(key)) done.set(key, args)
      return { kind: 'ok', value: null }
    },
  }
}

const agents = { clerk: { machine: clerk }, boss: { machine: boss } }

function stateOf(under: Awaited<ReturnType<typeof startFleet>>, agent: string): JsonObject {
  const changes = under.turns(agent).flatMap((turn) => turn.changes)
  const last = changes.findLast((change) => change.kind === 'agent')
  return last?.kind === 'agent' ? (last.state['context'] as JsonObject) : {}
}

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

describe('two owners', () => {
  test('of one partition: the slower is fenced, stops, and acts on nothing', async () => {
    const { done, pay } = till()
    const broker = memoryBroker()
    const old = await startFleet({
      policy: VOCABULARY,
      agents,
      broker,
      partitions: 1,
      world: { tools: { pay } },
    })
    await old.tell('c1', 'clerk', 'order', { amount: 1 })
    const next = await startFleet({
      policy: VOCABULARY,
      agents,
      broker,
      partitions: 1,
      writer: 'w2',
      world: { tools: { pay } },
    })
    await next.fleet.inlet.tell({
      source: 'client',
      seq: 2,
      conversation: 'c1',
      to: 'clerk',
      from: 'customer',
      message: 'order',
      fields: { amount: 2 },
    })
    await next.settle()
    await old.settle()
    const fenced = [...old.stopped, ...next.stopped].filter((reason) => reason.kind === 'fenced')
    expect(fenced).toHaveLength(1)
    expect([...done.values()].map((args) => args['amount'])).toEqual([1, 2])
  })
})

describe('a flood of messages', () => {
  test('is held back: no more are taken into memory than the inbox holds, and all are served in order', async () => {
    const { done, pay } = till()
    const messages = 3 * INBOX_MAX
    let delivered = 0
    let most = 0
    const under = await startFleet({
      policy: VOCABULARY,
      agents,
      partitions: 1,
      world: { tools: { pay } },
      through: (log) => ({
        fleet: log.fleet,
        partitions: log.partitions,
        describe: log.describe,
        post: (message) => log.post(message),
        inbox: (partition, after, deliver) =>
          log.inbox(partition, after, (message) => {
            delivered++
            const taken = under?.records.at(-1)?.position ?? 0
            most = Math.max(most, message.position - taken)
            deliver(message)
          }),
        // A slow disk: every append waits until the flood has had its chance.
        append: async (slot) => {
          for (let i = 0; i < 20; i++) await new Promise(setImmediate)
          return log.append(slot)
        },
        read: (partition, from) => log.read(partition, from),
        forget: (partition, position) => log.forget(partition, position),
        onLink: (listener) => log.onLink(listener),
        close: () => log.close(),
      }),
    })
    const told: Promise<void>[] = []
    for (let i = 1; i <= messages; i++)
      told.push(
        under.fleet.inlet.tell({
          source: 'flood',
          seq: 1,
          conversation: `c${i}`,
          to: 'clerk',
          from: 'customer',
          message: 'order',
          fields: { amount: i },
        }),
      )
    await Promise.all(told)
    await under.settle()
    expect(delivered).toBe(messages)
    // What one record takes is still in hand while it is written.
    expect(most).toBeLessThanOrEqual(INBOX_MAX + 2 * BATCH_INPUTS_MAX)
    expect([...done.values()].map((args) => args['amount'])).toEqual(
      Array.from({ length: messages }, (_, i) => i + 1),
    )
    expect(checkHistory(under.records)).toEqual([])
  })
})

describe('shared memory', () => {
  test('holds what a machine remembers, with who wrote it, where in the log, and whether it was observed', async () => {
    const noter = setup({
      types: {} as { events: { type: string; [key: string]: Json } },
      actions,
    }).createMachine({
      id: 'clerk',
      on: {
        order: {
          actions: {
            type: 'remember',
            params: ({ event }) => ({
              what: 'fact',
              fields: {
                text: `ordered ${event['amount']}`,
                sources: ['order-1'],
                standing: 'observed',
                amount: event['amount'],
              },
            }),
          },
        },
      },
    })
    const under = await startFleet({ policy: VOCABULARY, agents: { clerk: { machine: noter } } })
    await under.tell('c1', 'clerk', 'order', { amount: 7 })
    const found = await under.memory.search({ text: 'ordered', limit: 10 })
    expect(found).toMatchObject({
      kind: 'found',
      hits: [
        {
          row: {
            id: expect.stringMatching(/^p\d+\.\d+\.\d+$/),
            kind: 'fact',
            text: 'ordered 7',
            writer: 'c1/clerk',
            conversation: 'c1',
            sources: ['order-1'],
            standing: 'observed',
            fields: { amount: 7 },
          },
        },
      ],
    })
  })
})
