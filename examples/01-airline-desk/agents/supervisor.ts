/**
 * The supervisor decides what clerks may not decide alone, by the desk's fixed rules and after a moment's thought:
 * a durable timer, so that a decision survives a restart. Requests are taken in order.
 */
import { assign, setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import type { JsonObject } from '#dsl/judge/step.ts'

interface Request {
  readonly approval: string
  readonly tool: string
  /** US dollars; 0 where the call has no amount. */
  readonly amountUsd: number
}

type SupervisorEvent =
  | { type: 'parapet.approval'; approval: string; step: { name: string; fields: JsonObject } }
  | { type: 'parapet.escalated'; agent: string; why: string }
  | { type: 'case_closed'; from: string }

/** A certificate above this goes to a person of the airline, not to this desk. */
const CERTIFICATE_USD_MAX = 300
const THINKING_MS = 2_000

export const supervisor = setup({
  types: {
    /** Bounded: a clerk waits for each decision, so one conversation never has many open. */
    context: {} as { requests: Request[] },
    events: {} as SupervisorEvent,
  },
  actions: effects,
  delays: { thought: THINKING_MS },
}).createMachine({
  id: 'supervisor',
  context: { requests: [] },
  initial: 'free',
  on: {
    'parapet.approval': {
      actions: assign({
        requests: ({ context, event }) => [...context.requests, requestOf(event.approval, event.step)],
      }),
    },
    // A clerk that was stopped leaves its customer waiting: the gateway takes leave in its place.
    'parapet.escalated': [
      { guard: ({ event }) => event.agent.endsWith('/gateway'), target: '.closed' },
      {
        actions: {
          type: 'send',
          params: ({ event }) => ({ to: 'gateway', message: 'handed_over', fields: { summary: event.why } }),
        },
      },
    ],
    case_closed: '.closed',
  },
  states: {
    free: {
      always: { guard: ({ context }) => context.requests.length > 0, target: 'weighing' },
    },
    weighing: {
      after: {
        thought: {
          target: 'free',
          actions: [
            {
              type: 'decide',
              params: ({ context }) => decisionOn(context.requests[0]),
            },
            assign({ requests: ({ context }) => context.requests.slice(1) }),
          ],
        },
      },
    },
    closed: { type: 'final' },
  },
})

function requestOf(approval: string, step: { name: string; fields: JsonObject }): Request {
  const { amount } = step.fields
  return { approval, tool: step.name, amountUsd: typeof amount === 'number' ? amount : 0 }
}

function decisionOn(request: Request | undefined): { approval: string; grant: boolean; note: string } {
  if (request === undefined) return { approval: '', grant: false, note: '' }
  const { approval, tool, amountUsd } = request
  if (tool !== 'send_certificate')
    return { approval, grant: false, note: 'our records show no cancellation by the airline' }
  return amountUsd <= CERTIFICATE_USD_MAX
    ? { approval, grant: true, note: 'a fair gesture' }
    : {
        approval,
        grant: false,
        note: `certificates above ${CERTIFICATE_USD_MAX} dollars are not given at this desk`,
      }
}
