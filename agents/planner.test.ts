import { describe, expect, test } from 'vitest'
import { setup } from 'xstate'
import type { Machine } from '#runtime/kernel/kernel.ts'
import type { ModelRequest } from '#runtime/models/model.ts'
import type { Said } from '#runtime/models/scripted.ts'
import { effects } from './effects.ts'
import { running } from './kinds.fixture.ts'
import type { PlanStep } from './plan.ts'
import { type PlannerOptions, planner, STEP_TIMEOUT_MS } from './planner.ts'
import type { Heard } from './task.ts'
import { worker } from './worker.ts'

const POLICY = `
message goal { text: text }
message step { text: text, found: list of text }
message report { text: text }
message gave_up { text: text, why: text }
message release { text: text }
agent lead {
  may receive goal from customer
  may receive report, gave_up from reader, writer
  may spawn model
  may send step to reader, writer
  may answer customer, colleague
}
agent reader {
  may receive step from lead
  may receive release from customer
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
const lead = (options: Partial<PlannerOptions> = {}) =>
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
    ...options,
  })
const FIXED = { otherwise: () => [{ worker: 'writer', task: 'Apologise.' }] }
const plan = (...steps: [worker: string, task: string, needs?: number[]][]): string =>
  JSON.stringify({
    steps: steps.map(([worker, task, needs]): PlanStep => ({ worker, task, ...(needs && { needs }) })),
  })

/** A reader who reports when it is told to, what it is told. */
const held = setup({ types: {} as { events: Heard }, actions: effects }).createMachine({
  on: {
    step: {},
    release: {
      actions: {
        type: 'send',
        params: ({ event }) => ({ to: 'lead', message: 'report', fields: { text: String(event['text']) } }),
      },
    },
  },
})

/** `plans` are the planner's answers, one after the other. */
const started = (
  plans: (Said | undefined)[],
  says: (request: ModelRequest) => Said | undefined = (request) => `${request.system} is done`,
  options: Partial<PlannerOptions> = {},
  reader: Machine = role('reader'),
) => {
  const left = [...plans]
  return running({
    policy: POLICY,
    agents: { lead: lead(options), reader, writer: role('writer') },
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

test.each<[string, Said | undefined, string]>([
  ['fails', undefined, 'refused: the script has no answer to this'],
  ['says no plan', 'Let us see.', 'what was said is no JSON'],
  ['says a plan of nothing', '{"steps": []}', 'it has no steps'],
  ['plans for nobody there', plan(['painter', 'Paint it.']), 'step 1 is for `painter`, who is no worker'],
  ['plans no end of steps', plan(...Array(7).fill(['reader', 'Read it.'])), 'it has 7 steps, 6 are allowed'],
  [
    'needs a step that is not',
    plan(['reader', 'Read it.', []], ['writer', 'Write it.', [3]]),
    'step 2 needs step 3, of which there is none',
  ],
  [
    'has steps wait for one another',
    plan(['reader', 'Read it.', []], ['writer', 'Write it.', [3]], ['reader', 'Read that.', [1, 2]]),
    'steps 2 and 3 wait for one another',
  ],
  ['has a step wait for itself', plan(['reader', 'Read it.', [1]]), 'step 1 waits for itself'],
])(
  'a model that %s is done without where there is a fixed plan, and goes to a person where not',
  async (_, say, fault) => {
    const byHand = await started([say], undefined, FIXED)
    await byHand.tell('lead', 'goal', { text: 'A letter.' })
    expect(byHand.said).toEqual([{ to: 'customer', text: 'writer is done' }])
    const without = await started([say])
    await without.tell('lead', 'goal', { text: 'A letter.' })
    expect(without.said).toEqual([
      { to: 'colleague', text: 'A letter.', why: `there is no plan that can be followed: ${fault}` },
    ])
  },
)

test('a fixed plan that cannot be followed is not, and the person is told both faults', async () => {
  const otherwise = () => [{ worker: 'painter', task: 'Paint it.' }]
  const run = await started(['Let us see.'], undefined, { otherwise })
  await run.tell('lead', 'goal', { text: 'A letter.' })
  expect(run.said).toMatchObject([
    { why: expect.stringContaining('what was said is no JSON; of the fixed one, step 1 is for `painter`') },
  ])
})

test('too many new plans hand the goal over', async () => {
  const mail = plan(['writer', 'Write a mail.'])
  const run = await started([mail, mail, mail])
  await run.tell('lead', 'goal', { text: 'Tell them.' })
  expect(run.said).toMatchObject([{ to: 'colleague', why: expect.stringContaining('No mail') }])
})

test('a worker that does not report in time hands the goal over', async () => {
  const run = await running({
    policy: POLICY,
    agents: { lead: lead(), reader: role('reader') },
    model: () => plan(['writer', 'Write it.']),
  })
  await run.tell('lead', 'goal', { text: 'A letter.' })
  expect(run.said).toEqual([])
  await run.pass(STEP_TIMEOUT_MS)
  expect(run.said).toMatchObject([{ to: 'colleague', why: 'writer did not report in time' }])
})

describe('steps that do not need each other', () => {
  /** The tasks of steps that were given out, oldest first. */
  const given = ({ under }: Awaited<ReturnType<typeof started>>) =>
    under
      .turns('c1/lead')
      .flatMap(({ outcome, effects = [] }) => (outcome === 'passed' ? effects : []))
      .flatMap((effect) => (effect.kind === 'send' ? [effect.fields['text']] : []))

  const both = plan(['reader', 'Read it.', []], ['writer', 'Draft it.', []], ['writer', 'Write it.', [1, 2]])

  test('are under way at once; one that needs both waits for both, and knows what they found', async () => {
    const run = await started([both], undefined, {}, held)
    await run.tell('lead', 'goal', { text: 'A letter.' })
    expect(given(run)).toEqual(['Read it.', 'Draft it.'])
    expect(run.asked.at(-1)?.messages[0]).toMatchObject({ text: '{"text":"Draft it.","found":[]}' })
    await run.tell('reader', 'release', { text: 'It is blue.' })
    expect(run.asked.at(-1)?.messages[0]).toMatchObject({
      text: '{"text":"Write it.","found":["It is blue.","writer is done"]}',
    })
    expect(run.said).toEqual([{ to: 'customer', text: 'writer is done' }])
  })

  test('are no more than are allowed at once', async () => {
    const run = await started([both], undefined, { parallelMax: 1 }, held)
    await run.tell('lead', 'goal', { text: 'A letter.' })
    expect(given(run)).toEqual(['Read it.'])
    await run.tell('reader', 'release', { text: 'It is blue.' })
    expect(given(run)).toEqual(['Read it.', 'Draft it.', 'Write it.'])
  })

  test('and are for the same worker come one after the other', async () => {
    const twice = plan(['reader', 'Read it.', []], ['reader', 'Read that.', []])
    const run = await started([twice], undefined, {}, held)
    await run.tell('lead', 'goal', { text: 'Both.' })
    expect(given(run)).toEqual(['Read it.'])
    await run.tell('reader', 'release', { text: 'This.' })
    expect(given(run)).toEqual(['Read it.', 'Read that.'])
    await run.tell('reader', 'release', { text: 'That.' })
    expect(run.said).toEqual([{ to: 'customer', text: 'That.' }])
  })

  test('are judged one by one: what is denied begins nothing new, what is under way is waited for and known', async () => {
    const plans = [
      plan(['reader', 'Read it.', []], ['writer', 'Write a mail.', []]),
      plan(['writer', 'Write a letter.', []]),
    ]
    const run = await started(plans, undefined, {}, held)
    await run.tell('lead', 'goal', { text: 'Tell them.' })
    expect(given(run)).toEqual(['Read it.'])
    expect(run.asked).toHaveLength(1)
    await run.tell('reader', 'release', { text: 'It is blue.' })
    expect(run.asked[1]?.messages.at(-1)).toMatchObject({
      text: expect.stringMatching(/Write a letter\..*Found so far: It is blue\./s),
    })
    expect(run.asked[2]?.messages[0]).toMatchObject({
      text: '{"text":"Write a letter.","found":["It is blue."]}',
    })
    expect(run.said).toEqual([{ to: 'customer', text: 'writer is done' }])
  })
})

test('a report that comes after its goal was given up is not taken for one of the next goal', async () => {
  const plans = [plan(['reader', 'Read it.']), plan(['reader', 'Read that.'])]
  const run = await started(plans, undefined, {}, held)
  await run.tell('lead', 'goal', { text: 'First.' })
  await run.pass(STEP_TIMEOUT_MS)
  expect(run.said).toMatchObject([{ to: 'colleague', why: 'reader did not report in time' }])
  await run.tell('lead', 'goal', { text: 'Second.' })
  await run.tell('reader', 'release', { text: 'Of the first.' })
  expect(run.said).toHaveLength(1)
  await run.tell('reader', 'release', { text: 'Of the second.' })
  expect(run.said[1]).toEqual({ to: 'customer', text: 'Of the second.' })
})
