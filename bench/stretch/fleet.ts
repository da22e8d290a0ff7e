/**
 * What the stretch test stretches. A conversation's clerk applies every order once and tells a keeper in another
 * conversation, mostly another partition; every order is noted to a boss, who thanks in even conversations only, so that
 * in the others what is owed must be found broken.
 */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import type { Json } from '#dsl/judge/step.ts'
import { defineFleet } from '#runtime/fleet/definition.ts'
import { hallOf, isEven } from './orders.ts'

interface Event {
  readonly type: string
  readonly [field: string]: Json
}
const types = {} as { context: { conversation: string }; events: Event; input: Json }
const fields = ({ event }: { event: Event }) => ({ amount: Number(event['amount']) })

const clerk = setup({ types, actions: effects }).createMachine({
  id: 'clerk',
  context: ({ input }) => ({ conversation: String(input) }),
  on: {
    order: {
      actions: [
        { type: 'call', params: ({ event }) => ({ tool: 'apply', args: fields({ event }) }) },
        {
          type: 'send',
          params: ({ event, context }) => ({
            to: `${hallOf(context.conversation)}/keeper`,
            message: 'entry',
            fields: fields({ event }),
          }),
        },
        {
          type: 'send',
          params: ({ event }) => ({ to: 'boss', message: 'note', fields: fields({ event }) }),
        },
      ],
    },
    thanks: {},
    'parapet.*': {},
  },
})

const boss = setup({ types, actions: effects }).createMachine({
  id: 'boss',
  context: ({ input }) => ({ conversation: String(input) }),
  on: {
    note: {
      guard: ({ context }) => isEven(context.conversation),
      actions: {
        type: 'send',
        params: ({ event }) => ({ to: 'clerk', message: 'thanks', fields: fields({ event }) }),
      },
    },
    'parapet.*': {},
  },
})

const keeper = setup({ types, actions: effects }).createMachine({
  id: 'keeper',
  context: ({ input }) => ({ conversation: String(input) }),
  on: { entry: {}, 'parapet.*': {} },
})

const input = (conversation: string): Json => conversation

export default defineFleet({
  name: 'stretch',
  policy: 'stretch.parapet',
  agents: {
    clerk: { machine: clerk, input },
    boss: { machine: boss, input },
    keeper: { machine: keeper, input },
  },
  partitions: 6,
  world: () => ({
    tools: {
      // One line a call; what the outside makes of the key is for the checker to say.
      apply(args, { key, conversation }) {
        const line = { key, conversation, amount: Number(args['amount']) }
        const file = join(process.env['STRETCH_DIR'] ?? '.', `effects-${process.pid}.jsonl`)
        appendFileSync(file, `${JSON.stringify(line)}\n`)
        return { kind: 'ok', value: null }
      },
    },
  }),
})
