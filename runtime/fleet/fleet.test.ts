import { describe, expect, test } from 'vitest'
import { setup } from 'xstate'
import type { Json } from '#dsl/judge/step.ts'
import { memoryBroker } from '#runtime/log/memory.ts'
import { checkHistory } from './check-history.ts'
import { actions, agents, till, VOCABULARY } from './desk.fixture.ts'
import { startFleet } from './fleet.fixture.ts'
import { KEEPING } from './keeping.ts'
import { BATCH_INPUTS_MAX } from './owner.ts'

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

  test('of one partition: the former finds out though nothing comes for it', async () => {
    const { pay } = till()
    const shared = {
      policy: VOCABULARY,
      agents,
      broker: memoryBroker(),
      partitions: 1,
      world: { tools: { pay } },
    }
    const old = await startFleet(shared)
    const next = await startFleet({ ...shared, writer: 'w2' })
    await old.pass(60_000)
    expect(old.stopped).toMatchObject([{ kind: 'fenced' }])
    expect(next.stopped).toEqual([])
  })
})

describe('a flood of messages', () => {
  test('is held back: no more are taken into memory than the inbox holds, and all are served in order', async () => {
    const { done, pay } = till()
    const messages = 3 * KEEPING.inboxMax
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
        newest: (partition) => log.newest(partition),
        forgetSlots: (partition, throughRev) => log.forgetSlots(partition, throughRev),
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
    expect(most).toBeLessThanOrEqual(KEEPING.inboxMax + 2 * BATCH_INPUTS_MAX)
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

test('a message from outside that says it is from an agent of the fleet is refused, whatever the policy', async () => {
  const { done, pay } = till()
  const under = await startFleet({ policy: VOCABULARY, agents, world: { tools: { pay } } })
  await under.fleet.inlet.tell({
    source: 'mallory',
    seq: 1,
    conversation: 'c1',
    to: 'clerk',
    from: 'clerk',
    message: 'order',
    fields: { amount: 1 },
  })
  await under.settle()
  expect(under.turns('c1/clerk').at(-1)).toMatchObject({
    outcome: 'refused',
    why: '`clerk` is an agent of the fleet, and this did not come from it',
  })
  expect(done.size).toBe(0)
})
