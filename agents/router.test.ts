import { expect, test } from 'vitest'
import type { Said } from '#runtime/models/scripted.ts'
import { running } from './kinds.fixture.ts'
import { router } from './router.ts'

const POLICY = `
message ticket { text: text }
agent front {
  may receive ticket from customer
  may spawn model
  may answer customer, colleague
}
rule "Not in the chat" { when front answers customer, and text contains card_number  then deny }
`
const front = router({
  id: 'front',
  hears: ['ticket'],
  routes: {
    chat: { when: 'anything that can be said at once', out: { kind: 'answer', to: 'customer' } },
    desk: { when: 'complaints', out: { kind: 'answer', to: 'colleague' } },
  },
  otherwise: 'desk',
  rules: ({ fields }) => (String(fields['text']).startsWith('Hello') ? 'chat' : undefined),
  thinking: { system: 'You sort mail.' },
  fields: ({ fields }, route) => ({ ...fields, route }),
  handsOver: { kind: 'answer', to: 'customer' },
})
const started = (say?: Said, policy = POLICY) => running({ policy, agents: { front }, model: () => say })

test('code decides where it can, and the model is not asked', async () => {
  const run = await started()
  await run.tell('front', 'ticket', { text: 'Hello!' })
  expect(run.said).toEqual([{ to: 'customer', text: 'Hello!', route: 'chat' }])
  expect(run.asked).toEqual([])
})

test.each<[string, Said | undefined, string]>([
  ['the route the model names', '{"route": "chat"}', 'chat'],
  ['the bare word', 'chat', 'chat'],
  ['the last resort, for a route that does not exist', '{"route": "moon"}', 'desk'],
  ['the last resort, when the model fails', undefined, 'desk'],
])('a task takes %s', async (_, say, route) => {
  const run = await started(say)
  await run.tell('front', 'ticket', { text: 'My parcel is wet.' })
  expect(run.said).toMatchObject([{ route }])
  expect(run.asked[0]?.system).toContain('- desk: complaints')
})

test('a route the policy denies is left for the last resort', async () => {
  const run = await started('chat')
  await run.tell('front', 'ticket', { text: 'My card is 4111 1111 1111 1111.' })
  expect(run.said).toMatchObject([{ to: 'colleague', route: 'desk' }])
})

test('when the last resort is denied too, a person gets the task', async () => {
  const run = await started('desk', `${POLICY}\nrule "No desk" { when front answers colleague  then deny }`)
  await run.tell('front', 'ticket', { text: 'My parcel is wet.' })
  expect(run.said).toMatchObject([
    { to: 'customer', text: 'My parcel is wet.', why: expect.stringContaining('No desk') },
  ])
})

test('a last resort that is no route is refused when the router is made', () => {
  const out = { kind: 'answer', to: 'customer' } as const
  expect(() => router({ id: 'x', hears: [], routes: {}, otherwise: 'desk', handsOver: out })).toThrow(
    '`desk`',
  )
})
