/** Inputs that could stop a partition for ever: each stops at most the agent it is for, and the next is served. */
import { describe, expect, test } from 'vitest'
import { setup } from 'xstate'
import type { Json } from '#dsl/judge/step.ts'
import { checkHistory } from './check-history.ts'
import { actions, agents, till, VOCABULARY } from './desk.fixture.ts'
import { type FleetSetup, type FleetUnderTest, startFleet } from './fleet.fixture.ts'

const WORDY = VOCABULARY.replace(
  'message order { amount: money in USD }',
  'message order {\n  amount: money in USD\n  text: text, optional\n}',
)

async function start(setup: Partial<FleetSetup> = {}) {
  const { done, pay } = till()
  const under = await startFleet({
    policy: WORDY,
    agents,
    partitions: 1,
    world: { tools: { pay } },
    ...setup,
  })
  return { done, under }
}

async function post(under: FleetUnderTest, conversation: string, body: string, seq = 1): Promise<void> {
  const log = under.broker.open('test', 1)
  const agent = `${conversation}/clerk`
  await log.post({
    partition: 0,
    agent,
    source: `s@${conversation}`,
    seq,
    body: new TextEncoder().encode(body),
  })
}

async function expectServed(under: FleetUnderTest, done: ReadonlyMap<string, unknown>): Promise<void> {
  const before = done.size
  await under.tell('next', 'clerk', 'order', { amount: 1 })
  expect(under.stopped).toEqual([])
  expect(done.size).toBe(before + 1)
  expect(checkHistory(under.records)).toEqual([])
}

const order = (fields: string) => `{"message":"order","from":"customer","fields":${fields}}`

describe('a partition goes on after', () => {
  test.each([
    ['numbers that take more room when written again', `{"amount":1,"n":[${Array(50_000).fill('1e20')}]}`],
    ['a number JSON cannot write again', '{"amount":1e400}'],
    ['nesting too deep to walk', `{"amount":1,"n":${'['.repeat(60_000)}${']'.repeat(60_000)}}`],
  ])('a message with %s, which is refused', async (_, fields) => {
    const { under, done } = await start()
    await post(under, 'bad', order(fields))
    await under.settle()
    expect(under.turns().map((turn) => turn.outcome)).toEqual(['refused'])
    await expectServed(under, done)
  })

  test('many messages whose characters take three bytes each', async () => {
    const { under, done } = await start()
    const fields = JSON.stringify({ amount: 1, text: '\u4e2d'.repeat(60_000) })
    await Promise.all(Array.from({ length: 20 }, (_, i) => post(under, `c${i}`, order(fields))))
    await under.settle()
    expect(done.size).toBe(20)
    await expectServed(under, done)
  })

  test('a decision that lets a thousand kilobytes of waiting messages loose, all of them in order', async () => {
    const { under, done } = await start({
      policy: `${WORDY} rule "Boss decides" { when clerk calls pay and amount > 600 USD then ask boss within 1 hour, otherwise deny }`,
    })
    await under.tell('c1', 'clerk', 'order', { amount: 900 })
    const text = 'x'.repeat(100_000)
    for (let i = 1; i <= 20; i++) await post(under, 'c1', order(JSON.stringify({ amount: i, text })), i)
    await under.settle()
    under.fleet.decide(under.fleet.pendingApprovals()[0]!, true, 'ada', '')
    await under.settle()
    const paid = Array.from(done.values(), ({ amount }) => amount)
    expect(paid).toEqual([900, ...Array.from({ length: 20 }, (_, i) => i + 1)])
    await expectServed(under, done)
  })

  test('code of the fleet that throws: the agent is stopped and the record says why', async () => {
    const { under, done } = await start({
      agents: {
        ...agents,
        boss: {
          ...agents.boss,
          input: () => {
            throw new Error('no such file')
          },
        },
      },
    })
    await under.tell('c1', 'boss', 'note', { text: 'hello' })
    expect(under.turns('c1/boss').map(({ outcome, why }) => [outcome, why])).toEqual([
      ['failed', 'its turn threw: no such file'],
    ])
    await expectServed(under, done)
  })

  test('a send to an address that no agent can have: it does not stay in the outbox for ever', async () => {
    const to = `${'c'.repeat(600)}/boss`
    const sender = setup({
      types: {} as { events: { type: string; [key: string]: Json } },
      actions,
    }).createMachine({
      id: 'boss',
      on: {
        note: {
          actions: { type: 'send', params: () => ({ to, message: 'note', fields: { text: 'hello' } }) },
        },
      },
    })
    const { under, done } = await start({
      policy: `${VOCABULARY} agent other { may send note to boss  may receive note from customer }`,
      agents: { ...agents, other: { machine: sender } },
    })
    await under.tell('c1', 'other', 'note', { text: 'go' })
    await expectServed(under, done)
    expect(under.fleet.idle).toBe(true)
  })
})
