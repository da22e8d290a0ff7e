import { expect, test } from 'vitest'
import type { OfferedTool } from '#runtime/models/model.ts'
import type { Said } from '#runtime/models/scripted.ts'
import { running } from './kinds.fixture.ts'
import { ROUNDS_MAX, worker } from './worker.ts'

const POLICY = `
tool lookup_order(order: text) { reads only }
tool refund(order: text, amount: money in USD) { external }
message task { text: text }
agent clerk {
  may receive task from customer
  may spawn model
  may call lookup_order, refund
  may answer customer
  may send handed_over to desk
}
message handed_over { text: text, why: text }
agent desk {
  may receive handed_over from clerk
  may answer colleague
}
rule "No promises" {
  when clerk answers, and text contains "guarantee"
  then deny
  remedy "Say what is usual."
}
rule "No large refunds" { when clerk calls refund and amount > 100 USD  then deny  remedy "Up to 100 USD." }
consistency "Look before you refund" { for each order  refund needs an earlier lookup_order }
`
const ORDER = { type: 'object', properties: { order: { type: 'string' } }, required: ['order'] }
const TOOLS: OfferedTool[] = [
  { name: 'lookup_order', inputSchema: ORDER },
  { name: 'refund', inputSchema: { ...ORDER, required: ['order', 'amount'] } },
]
const clerk = worker({
  id: 'clerk',
  hears: ['task'],
  system: 'You serve customers.',
  tools: TOOLS,
  says: { kind: 'answer', to: 'customer' },
  handsOver: { kind: 'send', to: 'desk', message: 'handed_over' },
})
const desk = worker({
  id: 'desk',
  hears: ['handed_over'],
  system: '',
  says: { kind: 'answer', to: 'colleague' },
  handsOver: { kind: 'answer', to: 'colleague' },
})

const call = (tool: string, args: Readonly<Record<string, string | number>>): Said => ({
  calls: [{ id: 'x', tool, args }],
})
const started = (model: (time: number) => Said | undefined, policy = POLICY) =>
  running({
    policy,
    agents: { clerk, desk },
    model: (_, time) => model(time),
    tools: {
      lookup_order: ({ order }) => ({ kind: 'ok', value: { order: order ?? '', status: 'shipped' } }),
      refund: () => ({ kind: 'failed', error: 'the bank is closed' }),
    },
    escalateTo: 'desk',
  })

test('a worker makes the call its model wants, shows it the result, and says its answer', async () => {
  const run = await started((time) =>
    time === 1 ? call('lookup_order', { order: 'A-1' }) : 'It is on its way.',
  )
  await run.tell('clerk', 'task', { text: 'Where is A-1?' })
  expect(run.said).toEqual([{ to: 'customer', text: 'It is on its way.' }])
  expect(run.asked[0]).toMatchObject({ system: 'You serve customers.', tools: TOOLS })
  expect(run.asked[1]?.messages.slice(1)).toEqual([
    { role: 'model', text: '', calls: [{ id: 'call-0', tool: 'lookup_order', args: { order: 'A-1' } }] },
    {
      role: 'tool',
      results: [{ id: 'call-0', tool: 'lookup_order', value: { order: 'A-1', status: 'shipped' } }],
    },
  ])
})

test('a denied call is shown as refused, and what is allowed next is done at once', async () => {
  const run = await started((time) =>
    time === 1 ? call('refund', { order: 'A-1', amount: 20 }) : 'I cannot refund it today.',
  )
  await run.tell('clerk', 'task', { text: 'Where is A-1?' })
  expect(run.calls()).toEqual(['lookup_order'])
  const [refused, seen] = run.asked[1]!.messages.flatMap((m) => (m.role === 'tool' ? m.results : []))
  expect(refused).toMatchObject({ tool: 'refund', failed: true })
  expect(JSON.stringify(refused?.value)).toContain('Look before you refund')
  expect(seen).toMatchObject({ tool: 'lookup_order', value: { status: 'shipped' } })
  expect(run.said).toEqual([{ to: 'customer', text: 'I cannot refund it today.' }])
})

test('a call that fails is shown as failed', async () => {
  const run = await started((time) =>
    time === 1
      ? call('lookup_order', { order: 'A-1' })
      : time === 2
        ? call('refund', { order: 'A-1', amount: 20 })
        : 'Not today.',
  )
  await run.tell('clerk', 'task', { text: 'Where is A-1?' })
  const results = run.asked[2]!.messages.flatMap((m) => (m.role === 'tool' ? m.results : []))
  expect(results[1]).toMatchObject({ tool: 'refund', value: 'the bank is closed', failed: true })
})

test('a denied answer is asked for again, with the reasons', async () => {
  const run = await started((time) => (time === 1 ? 'We guarantee two days.' : 'Usually two days.'))
  await run.tell('clerk', 'task', { text: 'Where is A-1?' })
  expect(run.said).toEqual([{ to: 'customer', text: 'Usually two days.' }])
  expect(run.asked[1]?.messages.at(-1)).toMatchObject({
    role: 'user',
    text: expect.stringContaining('Say what is usual.'),
  })
})

test.each<[string, (time: number) => Said | undefined, string]>([
  ['a model that fails', () => undefined, 'its model failed'],
  ['a model that says nothing', () => '', 'no answer that can be used'],
  ['an answer refused again and again', () => 'We guarantee it.', 'No promises'],
  ['a call refused again and again', () => call('refund', { order: 'A-1', amount: 200 }), 'No large refunds'],
  ['a model that comes to no end', () => call('lookup_order', { order: 'A-1' }), 'no end'],
])('%s hands the task over', async (_, model, why) => {
  const run = await started((time) => (time > ROUNDS_MAX ? undefined : model(time)))
  await run.tell('clerk', 'task', { text: 'Where is A-1?' })
  // The desk's own model fails too: it hands over to the colleague.
  expect(run.under.turns('c1/clerk').flatMap(({ effects = [] }) => effects)).toContainEqual(
    expect.objectContaining({
      kind: 'send',
      message: 'handed_over',
      fields: { text: 'Where is A-1?', why: expect.stringContaining(why) },
    }),
  )
})

test('a task that may not even be handed over stops the worker, and its supervisor is told', async () => {
  const run = await started(() => undefined, POLICY.replace('may send handed_over to desk', ''))
  await run.tell('clerk', 'task', { text: 'Where is A-1?' })
  expect(run.under.turns('c1/clerk').at(-1)).toMatchObject({ outcome: 'denied' })
  expect(run.under.turns('c1/desk').length).toBeGreaterThan(0)
})

test('a worker that may not ask its model hands over, and takes tasks one after the other', async () => {
  const run = await started(
    () => 'Fine.',
    POLICY.replace('  may spawn model\n', '').replace(
      'may answer colleague',
      'may answer colleague  may spawn model',
    ),
  )
  await run.tell('clerk', 'task', { text: 'Where is A-1?' })
  await run.tell('clerk', 'task', { text: 'And A-2?' })
  expect(run.said).toEqual([
    { to: 'colleague', text: 'Fine.' },
    { to: 'colleague', text: 'Fine.' },
  ])
})

test('one that is told to ends, and the conversation is over', async () => {
  const closing = worker({
    id: 'clerk',
    hears: ['task'],
    closes: ['closed'],
    system: '',
    says: { kind: 'answer', to: 'customer' },
    handsOver: { kind: 'answer', to: 'colleague' },
  })
  const run = await running({
    policy: `message task { text: text }  message closed { text: text }
      agent clerk { may receive task, closed from customer  may spawn model  may answer customer }`,
    agents: { clerk: closing },
    model: () => 'Fine.',
  })
  await run.tell('clerk', 'task', { text: 'Hello?' })
  await run.tell('clerk', 'closed', { text: '' })
  expect(run.under.fleet.conversationEnded('c1')).toBe(true)
  await run.tell('clerk', 'task', { text: 'Anybody?' })
  expect(run.said).toEqual([{ to: 'customer', text: 'Fine.' }])
})
