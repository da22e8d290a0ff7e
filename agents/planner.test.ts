import { expect, test } from 'vitest'
import type { ModelRequest } from '#runtime/models/model.ts'
import type { Said } from '#runtime/models/scripted.ts'
import { running } from './kinds.fixture.ts'
import { planner, STEP_TIMEOUT_MS } from './planner.ts'
import { worker } from './worker.ts'

const POLICY = `
message goal { text: text }
message step { text: text, found: list of text }
message report { text: text }
message gave_up { text: text, why: text }
agent lead {
  may receive goal from customer
  may receive report, gave_up from reader, writer
  may spawn model
  may send step to reader, writer
  may answer customer, colleague
}
agent reader {
  may receive step from lead
  may spawn model
  may send report, gave_up to lead
}
agent writer {
  may receive step from lead
  may spawn model
  may send report, gave_up to lead
}
rule "No mail" { when lead sends step, and text contains "mail"  then deny  remedy "Write a letter." }
`
const role = (id: string) =>
  worker({
    id,
    hears: ['step'],
    system: id,
    prompt: ({ fields }) => JSON.stringify(fields),
    says: { kind: 'send', message: 'report' },
    handsOver: { kind: 'send', message: 'gave_up' },
  })
const lead = (otherwise: boolean) =>
  planner({
    id: 'lead',
    hears: ['goal'],
    workers: { reader: 'finds things out', writer: 'writes' },
    assigns: 'step',
    reports: 'report',
    givesUp: 'gave_up',
    system: 'You plan.',
    says: { kind: 'answer', to: 'customer' },
    handsOver: { kind: 'answer', to: 'colleague' },
    ...(otherwise && { otherwise: () => [{ worker: 'writer', task: 'Apologise.' }] }),
  })
const plan = (...steps: [string, string][]): string =>
  JSON.stringify({ steps: steps.map(([worker, task]) => ({ worker, task })) })

/** `plans` are the planner's answers, one after the other. */
const started = (
  plans: (Said | undefined)[],
  says: (request: ModelRequest) => Said | undefined = (request) => `${request.system} is done`,
  otherwise = false,
) => {
  const left = [...plans]
  return running({
    policy: POLICY,
    agents: { lead: lead(otherwise), reader: role('reader'), writer: role('writer') },
    model: (request) => (request.system?.startsWith('You plan.') ? left.shift() : says(request)),
  })
}

test('steps are done in order, each worker knows what was found, and the last finding is the answer', async () => {
  const run = await started([plan(['reader', 'Read it.'], ['writer', 'Write it.'])])
  await run.tell('lead', 'goal', { text: 'A letter about it.' })
  expect(run.said).toEqual([{ to: 'customer', text: 'writer is done' }])
  expect(run.asked.map(({ messages }) => messages[0])).toMatchObject([
    { text: 'A letter about it.' },
    { text: '{"text":"Read it.","found":[]}' },
    { text: '{"text":"Write it.","found":["reader is done"]}' },
  ])
})

test('a step the policy denies is planned anew, with the reason', async () => {
  const run = await started([plan(['writer', 'Write a mail.']), plan(['writer', 'Write a letter.'])])
  await run.tell('lead', 'goal', { text: 'Tell them.' })
  expect(run.said).toEqual([{ to: 'customer', text: 'writer is done' }])
  expect(run.asked[1]?.messages.at(-1)).toMatchObject({ text: expect.stringContaining('Write a letter.') })
})

test('a step its worker gives up is planned anew, from what was found', async () => {
  const run = await started(
    [plan(['reader', 'Read it.'], ['writer', 'Write it.']), plan(['reader', 'Write it yourself.'])],
    ({ system }) => (system === 'writer' ? undefined : 'reader is done'),
  )
  await run.tell('lead', 'goal', { text: 'A letter.' })
  expect(run.said).toEqual([{ to: 'customer', text: 'reader is done' }])
  expect(run.asked[3]?.messages.at(-1)).toMatchObject({
    text: expect.stringContaining('Found so far: reader is done'),
  })
})

test.each<[string, Said | undefined]>([
  ['fails', undefined],
  ['plans for nobody there', plan(['painter', 'Paint it.'])],
  ['plans no end of steps', plan(...Array(7).fill(['reader', 'Read it.']))],
])(
  'a model that %s is done without where there is a fixed plan, and goes to a person where not',
  async (_, say) => {
    const byHand = await started([say], undefined, true)
    await byHand.tell('lead', 'goal', { text: 'A letter.' })
    expect(byHand.said).toEqual([{ to: 'customer', text: 'writer is done' }])
    const without = await started([say])
    await without.tell('lead', 'goal', { text: 'A letter.' })
    expect(without.said).toEqual([
      { to: 'colleague', text: 'A letter.', why: 'there is no plan that can be followed' },
    ])
  },
)

test('too many new plans hand the goal over', async () => {
  const mail = plan(['writer', 'Write a mail.'])
  const run = await started([mail, mail, mail])
  await run.tell('lead', 'goal', { text: 'Tell them.' })
  expect(run.said).toMatchObject([{ to: 'colleague', why: expect.stringContaining('No mail') }])
})

test('a worker that does not report in time hands the goal over', async () => {
  const run = await running({
    policy: POLICY,
    agents: { lead: lead(false), reader: role('reader') },
    model: () => plan(['writer', 'Write it.']),
  })
  await run.tell('lead', 'goal', { text: 'A letter.' })
  expect(run.said).toEqual([])
  await run.pass(STEP_TIMEOUT_MS)
  expect(run.said).toMatchObject([{ to: 'colleague', why: 'writer did not report in time' }])
})
