/** A refund desk to try the operator's commands on: it waits to be told, and asks a person for what is large. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import type { Json } from '#dsl/judge/step.ts'
import { defineFleet } from '#runtime/fleet/definition.ts'

/** What a clerk cannot read makes its turn fail: the input is tried again, then put among the dead letters. */
function orderOf(given: Json | undefined): string {
  if (typeof given === 'string' && /^[A-Z]/.test(given)) return given
  throw new RangeError(`no order is called ${JSON.stringify(given)}`)
}

const clerk = setup({
  types: {} as { events: { type: string; [field: string]: Json } },
  actions: effects,
}).createMachine({
  id: 'clerk',
  initial: 'open',
  states: {
    open: {
      on: {
        refund: {
          actions: {
            type: 'call',
            params: ({ event }) => ({
              tool: 'issue_refund',
              args: { order: orderOf(event['order']), amount: event['amount'] ?? 0 },
            }),
          },
        },
        'parapet.result': {
          actions: { type: 'answer', params: { to: 'customer', fields: { text: 'refunded' } } },
        },
        'parapet.failed': {
          actions: { type: 'answer', params: { to: 'customer', fields: { text: 'failed' } } },
        },
        'parapet.denied': {
          actions: { type: 'answer', params: { to: 'customer', fields: { text: 'declined' } } },
        },
      },
    },
  },
})

export default defineFleet({
  name: 'refunds',
  policy: 'refunds.parapet',
  agents: {
    clerk: {
      machine: clerk,
      supervision: { onFailure: 'retry', triesMax: 2, backoffMs: 50, failuresMax: 5, withinMs: 60_000 },
    },
  },
  partitions: 2,
  people: {
    ada: {
      roles: ['supervisor'],
      // The token is `ada-shows-this`; a real fleet takes the hash from its environment.
      tokenSha256: '8291fbd26ad5ce73d119f5570fc8aee9663adb6100f282916ee313d80c354f3d',
    },
    bo: { roles: ['auditor'] },
  },
  world: ({ dataDir }) => {
    // One line a refund; its key tells whether it was paid before a crash.
    const book = join(dataDir, 'refunds.jsonl')
    const paid = () => (existsSync(book) ? readFileSync(book, 'utf8') : '')
    const append = (line: Json) => appendFileSync(book, `${JSON.stringify(line)}\n`)
    return {
      tools: {
        issue_refund(args, { key }) {
          if (!paid().includes(`"key":"${key}"`)) append({ key, ...args })
          return { kind: 'ok', value: { order: args['order'] ?? '' } }
        },
      },
      outside: { customer: () => {} },
    }
  },
})
