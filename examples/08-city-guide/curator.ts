/**
 * The curator fills the guidebook: what the office tells it of a place is remembered as observed, with the mark it
 * is cited by. Told that this was all, it recalls,
 * which waits for its own writes, and says that the guidebook is open.
 */
import { setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import type { Json } from '#dsl/judge/step.ts'

export const KIND = 'place'
const SOURCE = 'guidebook-2026'

export const curator = setup({
  types: {} as { events: { type: string; [field: string]: Json } },
  actions: effects,
}).createMachine({
  id: 'curator',
  initial: 'filling',
  states: {
    filling: {
      on: {
        place: {
          actions: {
            type: 'remember',
            params: ({ event: { place = '', text = '' } }) => ({
              what: KIND,
              fields: { text: `${text} [${place}]`, standing: 'observed', sources: [SOURCE] },
            }),
          },
        },
        opened: {
          target: 'looking',
          actions: { type: 'recall', params: { what: KIND, fields: { text: '', limit: 1 } } },
        },
        // A place that may not be remembered is left out of the guidebook.
        'parapet.denied': {},
      },
    },
    looking: {
      on: {
        'parapet.recalled': 'open',
        'parapet.failed': 'open',
      },
    },
    open: {
      entry: { type: 'answer', params: { to: 'office', fields: { text: 'The guidebook is open.' } } },
      type: 'final',
    },
  },
})
