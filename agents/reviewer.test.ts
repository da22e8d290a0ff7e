import { expect, test } from 'vitest'
import type { Said } from '#runtime/models/scripted.ts'
import { running } from './kinds.fixture.ts'
import { reviewer } from './reviewer.ts'

const POLICY = `
message draft { text: text }
agent editor {
  may receive draft from customer
  may spawn model
  may answer customer, colleague
}
rule "No promises" { when editor answers customer, and text contains "guarantee"  then deny }
`
const editor = reviewer({
  id: 'editor',
  hears: ['draft'],
  faults: ({ fields }) => (fields['text'] === '' ? ['it is empty'] : []),
  thinking: { system: 'You are strict.' },
  approves: { kind: 'answer', to: 'customer' },
  returns: { kind: 'answer', to: 'colleague' },
  handsOver: { kind: 'answer', to: 'colleague' },
})
const GOOD = '{"good": true, "faults": []}'
const started = (say?: Said) => running({ policy: POLICY, agents: { editor }, model: () => say })

test('a good draft is approved', async () => {
  const run = await started(GOOD)
  await run.tell('editor', 'draft', { text: 'Two days.' })
  expect(run.said).toEqual([{ to: 'customer', text: 'Two days.' }])
})

test('faults that code finds need no model', async () => {
  const run = await started(GOOD)
  await run.tell('editor', 'draft', { text: '' })
  expect(run.said).toEqual([{ to: 'colleague', text: '', faults: ['it is empty'] }])
  expect(run.asked).toEqual([])
})

test('a draft with faults is given back, and the third time goes to a person', async () => {
  const run = await started('{"good": false, "faults": ["two days is wrong"]}')
  for (let time = 0; time < 3; time++) await run.tell('editor', 'draft', { text: 'Two days.' })
  const returned = { to: 'colleague', text: 'Two days.', faults: ['two days is wrong'] }
  expect(run.said).toEqual([
    returned,
    returned,
    { to: 'colleague', text: 'Two days.', why: 'two days is wrong' },
  ])
})

test('what the policy denies of an approved draft goes back to its author', async () => {
  const run = await started(GOOD)
  await run.tell('editor', 'draft', { text: 'We guarantee it.' })
  expect(run.said).toMatchObject([{ to: 'colleague', faults: [expect.stringContaining('No promises')] }])
})

test.each<[string, Said | undefined]>([
  ['fails', undefined],
  ['gives no verdict', 'Looks fine to me!'],
  ['contradicts itself', '{"good": true, "faults": ["it is wrong"]}'],
])('a model that %s approves nothing: a person gets the draft', async (_, say) => {
  const run = await started(say)
  await run.tell('editor', 'draft', { text: 'Two days.' })
  expect(run.said).toMatchObject([
    { to: 'colleague', text: 'Two days.', why: expect.stringContaining('its model') },
  ])
})
