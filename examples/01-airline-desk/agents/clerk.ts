/**
 * The clerk serves one customer with a model and the airline's tools.
 *
 * It asks the model, does what the model says in one go, and so lets the policy see the whole turn. When the turn is
 * refused it falls back without a model: a turn that did too much at once is done again call by call; otherwise the
 * customer hears the remedy; a clerk refused three times in a row hands over to a person.
 */
import { assign, enqueueActions, setup } from 'xstate'
import { effects, source } from '#agents/effects.ts'
import type { Json } from '#dsl/judge/step.ts'
import { list, object, optional, type ReadBy, record, text, wholeNumber } from '../airline/shape.ts'

interface ClerkContext {
  /** Messages of the customer taken up so far, and those that came while the clerk was busy. */
  heard: number
  unheard: number
  /** The model's turn since the message, from 0. */
  turn: number
  /** Which call of the turn alone, when the turn is done again call by call. */
  part: number | null
  /** Calls in the turn. */
  parts: number
  /** Calls whose result is awaited. */
  open: number
  /** Refused turns since the model last replied or changed something. */
  denials: number
}

type Denied = {
  type: 'parapet.denied'
  what: string
  reasons: { check: string; found: string; remedy?: string }[]
  next: Json
  attempts: number
}
type ToolDone = { type: 'parapet.result'; id: string; tool: string; value: Json }
type ToolFailed = { type: 'parapet.failed'; id: string; tool: string; error: string }
type ClerkEvent =
  | { type: 'customer_message'; from: string; text: string }
  | { type: 'customer_left'; from: string }
  | ToolDone
  | ToolFailed
  | Denied

/** Checks of the policy that a turn breaks by doing too much, and that doing less therefore keeps. */
export const TURN_CHECKS: readonly string[] = [
  'One tool call at a time',
  'No call beside a reply',
  'No reply beside a call',
]
const DENIALS_MAX = 3

const modelAnswer = record({
  text: optional(text),
  calls: list(record({ tool: text, args: object })),
  parts: wholeNumber,
})
const reservation = record({
  reservation_id: text,
  cabin: text,
  origin: text,
  destination: text,
  created_at: text,
  insurance: text,
})
type ModelAnswer = ReadBy<typeof modelAnswer>
const SILENCE: ModelAnswer = { text: undefined, calls: [], parts: 0 }

/** What a model's source gave; anything but an answer counts as silence. */
function answerOf(output: Json): ModelAnswer {
  const read = modelAnswer(output, '')
  return read.kind === 'ok' ? read.value : SILENCE
}

const desk = setup({
  types: { context: {} as ClerkContext, events: {} as ClerkEvent },
  actions: effects,
  actors: { model: source<Json, Pick<ClerkContext, 'heard' | 'turn' | 'part'>>() },
  guards: {
    didTooMuch: ({ context, event }) =>
      context.part === null &&
      event.type === 'parapet.denied' &&
      event.reasons.every(({ check }) => TURN_CHECKS.includes(check)),
    isRefusedTooOften: ({ context }) => context.denials + 1 >= DENIALS_MAX,
    isLastResult: ({ context }) => context.open <= 1,
  },
})

/** What a tool said of a reservation is worth sharing: observed, and with the call it came from. */
const noteReservation = desk.enqueueActions(({ event, enqueue }) => {
  if (event.type !== 'parapet.result' || event.tool !== 'get_reservation_details') return
  const read = reservation(event.value, '')
  if (read.kind === 'bad') return
  const { reservation_id, cabin, origin, destination, created_at, insurance } = read.value
  enqueue({
    type: 'remember',
    params: {
      what: 'reservation',
      fields: {
        text: `Reservation ${reservation_id}: ${cabin} from ${origin} to ${destination}, booked ${created_at}, insurance ${insurance}.`,
        sources: [event.id],
        standing: 'observed',
        reservation_id,
      },
    },
  })
})

export const clerk = desk.createMachine({
  id: 'clerk',
  context: { heard: 0, unheard: 0, turn: 0, part: null, parts: 0, open: 0, denials: 0 },
  initial: 'listening',
  on: {
    customer_message: { actions: assign({ unheard: ({ context }) => context.unheard + 1 }) },
    customer_left: '.closed',
  },
  states: {
    listening: {
      always: {
        guard: ({ context }) => context.unheard > 0,
        target: 'thinking',
        actions: assign(({ context }) => ({
          heard: context.heard + 1,
          unheard: context.unheard - 1,
          turn: 0,
          part: null,
        })),
      },
    },
    thinking: {
      invoke: {
        id: 'model',
        src: 'model',
        input: ({ context: { heard, turn, part } }) => ({ heard, turn, part }),
        onDone: [
          {
            guard: ({ event }) => answerOf(event.output).calls.length > 0,
            target: 'acting',
            actions: enqueueActions(({ event, enqueue }) => {
              const answer = answerOf(event.output)
              enqueue.assign({ parts: answer.parts, open: answer.calls.length })
              for (const { tool, args } of answer.calls) enqueue({ type: 'call', params: { tool, args } })
              if (answer.text !== undefined) enqueue({ type: 'send', params: replying(answer.text) })
            }),
          },
          {
            guard: ({ event }) => answerOf(event.output).text !== undefined,
            target: 'listening',
            actions: [
              assign({ denials: 0 }),
              { type: 'send', params: ({ event }) => replying(answerOf(event.output).text ?? '') },
            ],
          },
          { target: 'closed', actions: { type: 'send', params: handingOver('nothing is left to do here') } },
        ],
        onError: {
          target: 'closed',
          actions: { type: 'send', params: handingOver('the clerk’s model does not answer') },
        },
      },
      on: {
        'parapet.denied': [
          { guard: 'didTooMuch', target: 'thinking', reenter: true, actions: assign({ part: 0 }) },
          {
            guard: 'isRefusedTooOften',
            target: 'transferring',
            actions: {
              type: 'call',
              params: ({ event }) => ({
                tool: 'transfer_to_human_agents',
                args: { summary: `The desk's rules stand against what was asked: ${event.what}` },
              }),
            },
          },
          {
            target: 'listening',
            actions: [
              assign({ denials: ({ context }) => context.denials + 1 }),
              { type: 'send', params: ({ event }) => replying(remedyOf(event)) },
            ],
          },
        ],
      },
    },
    acting: {
      on: {
        'parapet.result': [
          {
            guard: 'isLastResult',
            target: 'thinking',
            actions: [assign(({ context }) => nextTurn(context)), noteReservation],
          },
          { actions: [assign({ open: ({ context }) => context.open - 1 }), noteReservation] },
        ],
        'parapet.failed': [
          { guard: 'isLastResult', target: 'thinking', actions: assign(({ context }) => nextTurn(context)) },
          { actions: assign({ open: ({ context }) => context.open - 1 }) },
        ],
        // What the clerk wanted to remember was refused: go on without.
        'parapet.denied': { target: 'thinking', actions: assign(({ context }) => nextTurn(context)) },
      },
    },
    transferring: {
      on: {
        'parapet.result': 'transferred',
        'parapet.failed': 'transferred',
        'parapet.denied': 'transferred',
      },
    },
    transferred: {
      always: {
        target: 'closed',
        actions: { type: 'send', params: handingOver('a human agent takes over') },
      },
    },
    closed: { type: 'final' },
  },
})

function nextTurn({ part, parts, turn }: ClerkContext): Pick<ClerkContext, 'turn' | 'part' | 'open'> {
  return part !== null && part + 1 < parts
    ? { turn, part: part + 1, open: 0 }
    : { turn: turn + 1, part: null, open: 0 }
}

function replying(words: string) {
  return { to: 'gateway', message: 'reply', fields: { text: words } }
}

function handingOver(summary: string) {
  return { to: 'gateway', message: 'handed_over', fields: { summary } }
}

/** What the customer is told instead, without any model. */
function remedyOf({ reasons }: Denied): string {
  const remedies = new Set(reasons.flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy])))
  return `I cannot do that as asked. ${[...remedies].join(' ')}`.trim()
}
