/** The gateway stands between the customer and the desk: it carries words in and out and says goodbye. */
import { assign, setup } from 'xstate'
import { effects } from '#agents/effects.ts'

type GatewayEvent =
  | { type: 'customer_message'; from: string; text: string }
  | { type: 'customer_left'; from: string }
  | { type: 'reply'; from: string; text: string }
  | { type: 'handed_over'; from: string; summary: string }
  | { type: 'parapet.denied'; what: string; attempts: number }

const FAREWELL =
  'Thank you for contacting us. A colleague takes over from here where anything is left to do. Goodbye!'
const SORRY = 'I am sorry, I cannot show you that answer. Is there anything else I can do?'

export const gateway = setup({
  types: {
    /** Messages of the customer that have had their answer; an answer carries it as its number, from 0. */
    context: {} as { answered: number },
    events: {} as GatewayEvent,
  },
  actions: effects,
}).createMachine({
  id: 'gateway',
  context: { answered: 0 },
  initial: 'open',
  states: {
    open: {
      on: {
        customer_message: {
          actions: {
            type: 'send',
            params: ({ event }) => ({
              to: 'clerk',
              message: 'customer_message',
              fields: { text: event.text },
            }),
          },
        },
        reply: {
          actions: [
            {
              type: 'answer',
              params: ({ context, event }) => ({
                to: 'customer',
                fields: { text: event.text, number: context.answered, final: false },
              }),
            },
            assign({ answered: ({ context }) => context.answered + 1 }),
          ],
        },
        handed_over: {
          target: 'closed',
          actions: [
            {
              type: 'answer',
              params: ({ context }) => ({
                to: 'customer',
                fields: { text: FAREWELL, number: context.answered, final: true },
              }),
            },
            { type: 'send', params: { to: 'supervisor', message: 'case_closed', fields: {} } },
          ],
        },
        customer_left: {
          target: 'closed',
          actions: [
            { type: 'send', params: { to: 'clerk', message: 'customer_left', fields: {} } },
            { type: 'send', params: { to: 'supervisor', message: 'case_closed', fields: {} } },
          ],
        },
        // Something could not go out as it was: the customer still gets an answer.
        'parapet.denied': {
          actions: [
            {
              type: 'answer',
              params: ({ context }) => ({
                to: 'customer',
                fields: { text: SORRY, number: context.answered, final: false },
              }),
            },
            assign({ answered: ({ context }) => context.answered + 1 }),
          ],
        },
      },
    },
    closed: { type: 'final' },
  },
})
