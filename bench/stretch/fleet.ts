/**
 * What the stretch test stretches. A conversation's clerk applies every order once and tells a keeper in another
 * conversation, mostly another partition; every order is noted to a boss, who thanks in even conversations only, so that
 * in the others what is owed must be found broken. Buyers buy until their own purse, or the one all of them share, is empty.
 */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import type { Json } from '#dsl/judge/step.ts'
import { defineFleet, type ToolExecutor } from '#runtime/fleet/definition.ts'
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

const buyer = setup({ types, actions: effects }).createMachine({
  id: 'buyer',
  context: ({ input }) => ({ conversation: String(input) }),
  on: {
    purchase: {
      actions: {
        type: 'call',
        params: ({ event }) => ({ tool: 'buy', args: { lot: String(event['lot']), ...fields({ event }) } }),
      },
    },
    'parapet.*': {},
  },
})

// One line a call; what the outside makes of the key is for the checker to say.
function noted(file: string): ToolExecutor {
  return (args, { key, conversation }) => {
    const path = join(process.env['STRETCH_DIR'] ?? '.', `${file}-${process.pid}.jsonl`)
    appendFileSync(
      path,
      `${JSON.stringify({ ...args, key, conversation, amount: Number(args['amount']) })}\n`,
    )
    return { kind: 'ok', value: null }
  }
}

const input = (conversation: string): Json => conversation

export default defineFleet({
  name: 'stretch',
  policy: 'stretch.parapet',
  agents: {
    clerk: { machine: clerk, input },
    boss: { machine: boss, input },
    keeper: { machine: keeper, input },
    buyer: { machine: buyer, input },
  },
  partitions: 6,
  world: () => ({
    tools: { apply: noted('effects'), buy: noted('purchases') },
  }),
})
