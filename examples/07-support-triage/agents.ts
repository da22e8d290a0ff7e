/** The agents of the desk: all of them common kinds, with the desk's own words. */

import { jsonOf } from '#agents/asking.ts'
import { human } from '#agents/human.ts'
import { reviewer } from '#agents/reviewer.ts'
import { router } from '#agents/router.ts'
import type { Out, Task } from '#agents/task.ts'
import { worker } from '#agents/worker.ts'
import type { JsonObject } from '#dsl/judge/step.ts'
import { isObject } from '#dsl/judge/values.ts'
import type { OfferedTool } from '#runtime/models/model.ts'
import type { ModelAnswer } from '#runtime/models/source.ts'
import { QUERY } from './query.ts'

/** The beginnings of what each model is told; the offline script knows them by these. */
export const FRONT = 'You sort the mail of an insurer against late flights.'
export const EDITOR = 'You are the editor of an insurer against late flights.'
export const RETURNED = 'The editor gave your draft back.'

const WORKER = `You serve customers of an insurer against late flights. Find out what the record says with query_flights before you say anything of a flight.
Then answer with JSON: "summary" says in one or two sentences what the ticket says, and nothing else; "answer" is what the customer reads.
Use figures and dates as the ticket or the record has them. Promise nothing.`
const PAYING = `The cover pays 50 USD from 120 minutes, 100 USD from 180 and 200 USD from 300 minutes of delay by the record, with issue_refund, once a ticket. A person decides on every refund.`

const HANDED_OVER: Out = { kind: 'send', to: 'desk', message: 'handed_over' }
const CLOSES = ['closed']

const DRAFT: JsonObject = {
  type: 'object',
  properties: { summary: { type: 'string' }, answer: { type: 'string' } },
  required: ['summary', 'answer'],
  additionalProperties: false,
}

const query: OfferedTool = {
  name: 'query_flights',
  description:
    'Looks into the record of flights of January to March 2001. Airports by IATA code, days as 2001-02-05, delays in minutes.',
  inputSchema: QUERY,
}

const refund: OfferedTool = {
  name: 'issue_refund',
  description: 'Pays a claim. A person decides first.',
  inputSchema: {
    type: 'object',
    properties: {
      day: { type: 'string' },
      origin: { type: 'string' },
      destination: { type: 'string' },
      minutes: { type: 'integer' },
      amount: { type: 'number' },
    },
    required: ['day', 'origin', 'destination', 'minutes', 'amount'],
    additionalProperties: false,
  },
}

export const front = router({
  id: 'front',
  hears: ['ticket'],
  closes: CLOSES,
  routes: {
    claims: {
      when: 'somebody was late and wants money',
      out: { kind: 'send', to: 'claims', message: 'ticket' },
    },
    facts: { when: 'questions about flights', out: { kind: 'send', to: 'facts', message: 'ticket' } },
    person: { when: 'anything else', out: HANDED_OVER },
  },
  otherwise: 'person',
  thinking: { system: FRONT, tokensMax: 50 },
  prompt: ticketOf,
  fields: (task, route) =>
    route === 'person' ? { text: ticketOf(task), why: 'it is nothing for an agent' } : task.fields,
  handsOver: HANDED_OVER,
})

const clerk = (id: string, system: string, tools: readonly OfferedTool[]) =>
  worker({
    id,
    hears: ['ticket', 'returned'],
    closes: CLOSES,
    system,
    tools,
    output: DRAFT,
    prompt: ticketOf,
    result: draftOf,
    says: { kind: 'send', to: 'editor', message: 'draft' },
    handsOver: HANDED_OVER,
  })

export const claims = clerk('claims', `${WORKER}\n${PAYING}`, [query, refund])
export const facts = clerk('facts', WORKER, [query])

export const editor = reviewer({
  id: 'editor',
  hears: ['draft'],
  closes: CLOSES,
  thinking: {
    system: `${EDITOR} A draft is good when its summary says what the ticket says and its answer answers it, politely and in plain words. The figures were checked.`,
    tokensMax: 300,
  },
  approves: { kind: 'answer', to: 'customer' },
  approved: ({ fields: { number = '', summary = '', answer = '' } }) => ({ number, summary, text: answer }),
  returns: { kind: 'send', message: 'returned' },
  handsOver: HANDED_OVER,
})

export const desk = human({
  id: 'desk',
  person: 'supervisor',
  hears: ['handed_over'],
  closes: CLOSES,
  decides: 'decided',
  settles: { kind: 'answer', to: 'customer' },
  settled: ({ text = '' }) => ({ text }),
  unanswered: { text: 'We are still looking into this and will write to you.' },
})

/** What a worker is asked: the ticket, or its draft with what was wrong with it. */
function ticketOf({ message, fields }: Task): string {
  const { number = '', text = '', ticket = '', summary = '', answer = '', faults = [] } = fields
  return message === 'returned'
    ? `${RETURNED} ${number}\n${JSON.stringify({ ticket, summary, answer, faults })}`
    : `Ticket ${number}: ${text}`
}

function draftOf(answer: ModelAnswer, { fields }: Task): JsonObject | undefined {
  const draft = readDraft(answer)
  const { number = '', text = fields['ticket'] ?? '' } = fields
  return draft && { ticket: text, number, ...draft }
}

function readDraft(given: ModelAnswer): { summary: string; answer: string } | undefined {
  const read = jsonOf(given)
  if (!isObject(read)) return undefined
  const { summary, answer } = read
  return typeof summary === 'string' && typeof answer === 'string' ? { summary, answer } : undefined
}
