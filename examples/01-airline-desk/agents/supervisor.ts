/**
 * The supervisor decides what clerks may not decide alone, by the desk's fixed rules and after a moment's thought:
 * a durable timer, so that a decision survives a restart. Requests are taken in order.
 */
import { assign, setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import type { JsonObject } from '#dsl/judge/step.ts'

type Decision = { approval: string; grant: boolean; note: string }

type Asked = {
  type: 'parapet.approval'
  approval: string
  step: { name: string; fields: JsonObject }
  reasons: { remedy?: string }[]
}
type SupervisorEvent =
  | Asked
  | { type: 'parapet.escalated'; agent: string; why: string }
  | { type: 'case_closed'; from: string }

/** A certificate above this goes to a person of the airline, not to this desk. */
const CERTIFICATE_USD_MAX = 300
const THINKING_MS = 2_000
/** The runtime knows no such approval and does nothing. */
const NOTHING: Decision = { approval: '', grant: false, note: '' }

export const supervisor = setup({
  types: {
    /** Not yet told. Bounded: a clerk waits for each, so one conversation never has many. */
    context: {} as { decisions: Decision[] },
    events: {} as SupervisorEvent,
  },
  actions: effects,
  delays: { thought: THINKING_MS },
}).createMachine({
  id: 'supervisor',
  context: { decisions: [] },
  initial: 'free',
  on: {
    'parapet.approval': {
      actions: assign({ decisions: ({ context, event }) => [...context.decisions, decisionOn(event)] }),
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
      always: { guard: ({ context }) => context.decisions.length > 0, target: 'weighing' },
    },
    weighing: {
      after: {
        thought: {
          target: 'free',
          actions: [
            {
              type: 'decide',
              params: ({ context }) => context.decisions[0] ?? NOTHING,
            },
            assign({ decisions: ({ context }) => context.decisions.slice(1) }),
          ],
        },
      },
    },
    closed: { type: 'final' },
  },
})

function decisionOn({ approval, step, reasons }: Asked): Decision {
  const { amount } = step.fields
  if (step.name === 'send_certificate' && typeof amount === 'number')
    return amount <= CERTIFICATE_USD_MAX
      ? { approval, grant: true, note: 'a fair gesture' }
      : { approval, grant: false, note: `no certificate above ${CERTIFICATE_USD_MAX} dollars at this desk` }
  const remedies = reasons.flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy]))
  return { approval, grant: false, note: remedies.join(' ') }
}
