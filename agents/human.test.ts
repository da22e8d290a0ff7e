import { expect, test } from 'vitest'
import { setup } from 'xstate'
import type { Json } from '#dsl/judge/step.ts'
import { effects } from './effects.ts'
import { human, REMINDS_MS } from './human.ts'
import { running } from './kinds.fixture.ts'

const POLICY = `
tool refund(amount: number) { external }
message ask { text: text, amount: number }
message handed_over { text: text }
message decided { case: text, text: text, optional, grant: yes or no, optional, note: text, optional }
message settled { case: text, optional, text: text, optional, refused: text, optional }
agent clerk {
  may receive ask from customer
  may receive settled from desk
  may call refund
  may send handed_over to desk
  may answer customer
}
agent desk {
  may receive handed_over from clerk
  may receive decided from colleague
  may send settled to clerk
  may answer colleague
}
rule "Large refunds" { when clerk calls refund and amount > 100  then ask desk within 1 day, otherwise deny }
rule "No card numbers" { when anyone answers, and text contains card_number  then deny }
rule "No promises" { when desk sends settled, and text contains "guarantee"  then deny  remedy "Say what is usual." }
`
const clerk = setup({
  types: {} as { events: { type: string; [field: string]: Json } },
  actions: effects,
}).createMachine({
  id: 'clerk',
  on: {
    ask: [
      {
        guard: ({ event }) => event['amount'] === 0,
        actions: {
          type: 'send',
          params: ({ event }) => ({
            to: 'desk',
            message: 'handed_over',
            fields: { text: event['text'] ?? '' },
          }),
        },
      },
      {
        actions: {
          type: 'call',
          params: ({ event }) => ({ tool: 'refund', args: { amount: event['amount'] ?? 0 } }),
        },
      },
    ],
    settled: {
      actions: {
        type: 'answer',
        params: ({ event }) => ({ to: 'customer', fields: { text: event['text'] ?? '' } }),
      },
    },
    'parapet.result': {
      actions: { type: 'answer', params: { to: 'customer', fields: { text: 'refunded' } } },
    },
    'parapet.denied': {
      actions: { type: 'answer', params: { to: 'customer', fields: { text: 'declined' } } },
    },
  },
})
const started = (unanswered?: { text: string }) =>
  running({
    policy: POLICY,
    agents: {
      clerk,
      desk: human({
        id: 'desk',
        person: 'colleague',
        hears: ['handed_over'],
        decides: 'decided',
        settles: { kind: 'send', message: 'settled' },
        ...(unanswered && { unanswered }),
      }),
    },
    tools: { refund: () => ({ kind: 'ok', value: null }) },
  })

test('what is handed over is shown as a case, and the person’s word goes back to who brought it', async () => {
  const run = await started()
  await run.tell('clerk', 'ask', { text: 'Where is my parcel?', amount: 0 })
  expect(run.said).toEqual([
    { to: 'colleague', case: 'case-1', what: 'handed_over', by: 'clerk', text: 'Where is my parcel?' },
  ])
  await run.tell('desk', 'decided', { case: 'case-1', text: 'It comes tomorrow.' }, 'colleague')
  expect(run.said.at(-1)).toEqual({ to: 'customer', text: 'It comes tomorrow.' })
  await run.tell('desk', 'decided', { case: 'case-1', text: 'Once more.' }, 'colleague')
  expect(run.said.at(-1)).toEqual({ to: 'colleague', text: 'There is no open case case-1.' })
})

test.each([
  [true, 'refunded'],
  [false, 'declined'],
])('what the policy asks is decided by the person (%s: %s)', async (grant, outcome) => {
  const run = await started()
  await run.tell('clerk', 'ask', { text: '', amount: 200 })
  const [shown] = run.said
  expect(shown).toMatchObject({ to: 'colleague', what: 'approval', step: { name: 'refund' } })
  await run.tell('desk', 'decided', { case: shown!['case']!, grant }, 'colleague')
  expect(run.said.at(-1)).toEqual({ to: 'customer', text: outcome })
})

test('nobody else decides, not even who asked and guesses the case', async () => {
  const run = await started()
  await run.tell('clerk', 'ask', { text: '', amount: 200 })
  const [shown] = run.said
  for (const from of ['customer', 'supervisor', ''])
    await run.tell('desk', 'decided', { case: shown!['case']!, grant: true }, from)
  expect(run.calls()).toEqual([])
  await run.tell('desk', 'decided', { case: shown!['case']!, grant: true }, 'colleague')
  expect(run.calls()).toEqual(['refund'])
})

test('a case that may not be shown is shown without its content', async () => {
  const run = await started()
  await run.tell('clerk', 'ask', { text: 'Card 4111 1111 1111 1111', amount: 0 })
  expect(run.said).toMatchObject([
    { case: 'case-1', by: 'clerk', text: 'What it says may not be shown here.' },
  ])
})

test('a word that is not let through is told to the person, and the case stays open', async () => {
  const run = await started()
  await run.tell('clerk', 'ask', { text: 'When?', amount: 0 })
  await run.tell('desk', 'decided', { case: 'case-1', text: 'We guarantee tomorrow.' }, 'colleague')
  expect(run.said.at(-1)).toMatchObject({
    to: 'colleague',
    text: expect.stringContaining('Say what is usual.'),
  })
  await run.tell('desk', 'decided', { case: 'case-1', text: 'Usually tomorrow.' }, 'colleague')
  expect(run.said.at(-1)).toEqual({ to: 'customer', text: 'Usually tomorrow.' })
})

test('a case that waits is told again, and after the last time a fixed word stands in', async () => {
  const run = await started({ text: 'We will write to you.' })
  await run.tell('clerk', 'ask', { text: 'When?', amount: 0 })
  for (let hour = 0; hour < 3; hour++) await run.pass(REMINDS_MS)
  expect(run.said.slice(1)).toEqual(Array(3).fill({ to: 'colleague', text: 'These cases wait: case-1.' }))
  await run.pass(REMINDS_MS)
  expect(run.said.at(-1)).toEqual({ to: 'customer', text: 'We will write to you.' })
  await run.pass(REMINDS_MS)
  expect(run.said).toHaveLength(5)
})

test('one that is told to ends, with its open cases, and so does the conversation', async () => {
  const desk = human({
    id: 'desk',
    person: 'colleague',
    hears: ['handed_over'],
    closes: ['closed'],
    decides: 'decided',
    settles: { kind: 'answer', to: 'customer' },
  })
  const run = await running({
    policy: `message handed_over { text: text }  message closed { text: text }
      agent desk { may receive handed_over, closed from customer  may answer colleague }`,
    agents: { desk },
  })
  await run.tell('desk', 'handed_over', { text: 'Where is it?' })
  await run.tell('desk', 'closed', { text: '' })
  expect(run.under.fleet.conversationEnded('c1')).toBe(true)
  await run.pass(REMINDS_MS)
  expect(run.said).toHaveLength(1)
})
