/** A small desk for tests: a clerk who pays what it is told to, a boss who decides, and a till that remembers keys. */
import { assign, setup } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { Outcome } from './definition.ts'
import type { FleetUnderTest } from './fleet.fixture.ts'

interface Params {
  readonly [key: string]: unknown
}
export const actions = {
  call: (_: unknown, _p: Params) => {},
  send: (_: unknown, _p: Params) => {},
  answer: (_: unknown, _p: Params) => {},
  remember: (_: unknown, _p: Params) => {},
  decide: (_: unknown, _p: Params) => {},
}

export const VOCABULARY = `
tool pay(amount: money in USD) { external, idempotent }
tool look() { reads only }
message order { amount: money in USD }
message note { text: text }
agent clerk { may receive order from customer  may call pay, look  may answer customer  may send note to boss  may remember fact  may spawn model }
agent boss { may receive note from clerk  may answer customer }
`

/** Pays what it is told to; says what became of it. */
const clerk = setup({
  types: {} as { context: { paid: number; log: string[] }; events: { type: string; [key: string]: Json } },
  actions,
}).createMachine({
  id: 'clerk',
  context: { paid: 0, log: [] },
  initial: 'open',
  states: {
    open: {
      on: {
        order: {
          actions: [
            { type: 'call', params: ({ event }) => ({ tool: 'pay', args: { amount: event['amount'] } }) },
            assign({ log: ({ context }) => [...context.log, 'ordered'] }),
          ],
        },
        'parapet.result': { actions: assign({ paid: ({ context }) => context.paid + 1 }) },
        'parapet.failed': {
          actions: assign({ log: ({ context, event }) => [...context.log, String(event['error'])] }),
        },
        'parapet.denied': {
          actions: assign({
            log: ({ context, event }) => [...context.log, `denied ${String(event['what'])}`],
          }),
        },
        close: 'closed',
      },
    },
    closed: { type: 'final' },
  },
})

const boss = setup({
  types: {} as { context: { asked: JsonObject[] }; events: { type: string; [key: string]: Json } },
  actions,
}).createMachine({
  id: 'boss',
  context: { asked: [] },
  on: {
    'parapet.approval': [
      {
        guard: ({ event }) =>
          (event['step'] as JsonObject)['name'] === 'pay' &&
          Number(((event['step'] as JsonObject)['fields'] as JsonObject)['amount']) < 500,
        actions: {
          type: 'decide',
          params: ({ event }) => ({ approval: event['approval'], grant: true, note: 'fine' }),
        },
      },
      { actions: assign({ asked: ({ context, event }) => [...context.asked, event as JsonObject] }) },
    ],
    'parapet.escalated': {
      actions: assign({ asked: ({ context, event }) => [...context.asked, event as JsonObject] }),
    },
    'parapet.overdue': {
      actions: assign({ asked: ({ context, event }) => [...context.asked, event as JsonObject] }),
    },
  },
})

/** A tool that keeps what it did by key, as real ones do. */
export function till() {
  const done = new Map<string, JsonObject>()
  return {
    done,
    pay: (args: JsonObject, { key }: { key: string }): Outcome => {
      if (!done.has(key)) done.set(key, args)
      return { kind: 'ok', value: null }
    },
  }
}

export const agents = { clerk: { machine: clerk }, boss: { machine: boss } }

export function stateOf(under: FleetUnderTest, agent: string): JsonObject {
  const changes = under.turns(agent).flatMap((turn) => turn.changes)
  const last = changes.findLast((change) => change.kind === 'agent')
  return last?.kind === 'agent' ? (last.state['context'] as JsonObject) : {}
}
