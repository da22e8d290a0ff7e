/** A desk with three mistakes that only show together: its machine and its policy are each well. */
import { setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import { defineFleet } from '#runtime/fleet/definition.ts'

export const clerk = setup({
  types: {} as { events: { type: string; rush?: boolean } },
  actions: effects,
}).createMachine({
  id: 'clerk',
  initial: 'open',
  states: {
    open: {
      on: {
        order: {
          target: 'paying',
          actions: {
            type: 'call',
            params: ({ event }) => ({ tool: 'pay', args: { rush: event.rush === true } }),
          },
        },
      },
    },
    paying: { on: { 'parapet.result': 'closed', 'parapet.failed': 'open' } },
    closed: { type: 'final' },
  },
})

export default defineFleet({
  name: 'desk',
  policy: 'desk.fixture.parapet',
  agents: { clerk: { machine: clerk } },
  world: () => ({
    tools: { look_up: () => ({ kind: 'ok', value: {} }), pay: () => ({ kind: 'ok', value: {} }) },
  }),
})
