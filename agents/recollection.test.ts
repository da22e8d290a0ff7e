import { expect, test } from 'vitest'
import { running } from './kinds.fixture.ts'
import { worker } from './worker.ts'

const policy = (may: string) => `
message task { text: text }
agent clerk {
  may receive task from customer
  may spawn model
  ${may}
  may answer customer, colleague
}
rule "No secrets" { when clerk remembers note, and text contains "secret" then deny }
rule "Old news" { when clerk recalled, and text contains "stale" then deny }
`
const clerk = worker({
  id: 'clerk',
  hears: ['task'],
  system: 'You serve customers.',
  memory: {
    what: 'note',
    keeps: ({ text = '' }, { fields }) =>
      text === 'No.' ? undefined : { text: `${String(fields['text'])} → ${String(text)}` },
  },
  says: { kind: 'answer', to: 'customer' },
  handsOver: { kind: 'answer', to: 'colleague' },
})
const started = (answers: string[], may = 'may recall  may remember note') =>
  running({ policy: policy(may), agents: { clerk }, model: (_, time) => answers[time - 1] })

test('what is kept of an answer is shown with the next task that is near it', async () => {
  const run = await started(['It is blue.', 'Still blue.'])
  await run.tell('clerk', 'task', { text: 'Which colour is the door?' })
  expect(run.asked[0]?.messages).toEqual([{ role: 'user', text: 'Which colour is the door?' }])
  await run.tell('clerk', 'task', { text: 'The door?' })
  expect(run.asked[1]?.messages).toEqual([
    {
      role: 'user',
      text: 'What is remembered:\n- Which colour is the door? → It is blue.\n\nThe door?',
    },
  ])
  expect(run.said).toMatchObject([{ text: 'It is blue.' }, { text: 'Still blue.' }])
})

test('what may not be remembered is not, what is not worth it neither, and the answers are out', async () => {
  const run = await started(['The secret is 7.', 'No.', 'Fine.'])
  for (const text of ['Tell me.', 'Tell me.', 'Tell me.']) await run.tell('clerk', 'task', { text })
  expect(run.said.map(({ text }) => text)).toEqual(['The secret is 7.', 'No.', 'Fine.'])
  expect(run.asked[2]?.messages[0]).toEqual({ role: 'user', text: 'Tell me.' })
})

test('a row that is not let in is withheld, and without leave to recall the work is done from nothing', async () => {
  const withheld = await started(['A stale one.', 'Yes.'])
  for (const text of ['Bread?', 'Bread?']) await withheld.tell('clerk', 'task', { text })
  expect(withheld.asked[1]?.messages[0]).toEqual({ role: 'user', text: 'Bread?' })
  const without = await started(['Yes.'], '')
  await without.tell('clerk', 'task', { text: 'Bread?' })
  expect(without.said).toEqual([{ to: 'customer', text: 'Yes.' }])
})
