/** The trial fleet's roles, which between them use whatever a fleet can do, and now and then fail. */
import { setup } from 'xstate'
import { source } from '#agents/effects.ts'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { AgentDefinition } from '#runtime/fleet/definition.ts'
import { actions } from '#runtime/fleet/desk.fixture.ts'

/** What is whispered has this form, whoever lies about its digits. */
const SECRET = /S-\d{4}-\d{4}/

/** The first one anywhere in a value. */
export function secretIn(value: Json): string | undefined {
  return SECRET.exec(JSON.stringify(value))?.[0]
}

const amountOf = ({ event }: { event: Event }) => Number(event['amount'])
interface Event {
  readonly type: string
  readonly [key: string]: Json
}
interface Known {
  readonly [what: string]: number | string
}

const role = setup({
  types: {} as { context: Known; events: Event },
  actions: { ...actions, recall: (_: unknown, _p: { readonly what: string }) => {} },
})
const count = (what: string) => role.assign(({ context }) => ({ [what]: Number(context[what]) + 1 }))
/** The last that was whispered, or heard of. */
const keep = role.assign(({ event }) => ({ secret: secretIn(event['value'] ?? null) ?? '' }))

const clerk = role.createMachine({
  id: 'clerk',
  context: { orders: 0, results: 0, failures: 0, denials: 0, thanks: 0, rang: 0, secret: '' },
  initial: 'open',
  states: {
    open: {
      after: { 30000: { target: 'open', reenter: true, actions: count('rang') } },
      on: {
        order: {
          actions: [
            { type: 'call', params: (at) => ({ tool: 'look', args: { amount: amountOf(at) } }) },
            { type: 'call', params: (at) => ({ tool: 'pay', args: { amount: amountOf(at) } }) },
            {
              type: 'send',
              params: (at) => ({ to: 'boss', message: 'note', fields: { amount: amountOf(at) } }),
            },
            {
              type: 'remember',
              params: (at) => ({
                what: 'fact',
                fields: { text: `ordered ${amountOf(at)} ${String(at.context['secret'])}` },
              }),
            },
            { type: 'answer', params: (at) => ({ to: 'customer', fields: { amount: amountOf(at) } }) },
            count('orders'),
          ],
        },
        peek: { actions: { type: 'call', params: { tool: 'whisper', args: {} } } },
        gossip: { actions: { type: 'recall', params: { what: 'fact' } } },
        leak: {
          actions: {
            type: 'call',
            params: ({ context }) => ({
              tool: 'post',
              args: { text: `I know ${String(context['secret'])}` },
            }),
          },
        },
        'parapet.result': [
          {
            guard: ({ event }) => secretIn(event['value'] ?? null) !== undefined,
            actions: [keep, count('results')],
          },
          { actions: count('results') },
        ],
        'parapet.failed': { actions: count('failures') },
        'parapet.denied': { actions: count('denials') },
        thanks: [
          { guard: ({ context }) => Number(context['thanks']) >= 12, target: 'closed' },
          { actions: count('thanks') },
        ],
      },
    },
    closed: { type: 'final' },
  },
})

/** Now and then a machine throws; when it has taken other notes meanwhile, it does not. */
const breaks = role.assign(() => {
  throw new Error('seventeens are too much for me')
})

/** Over more the boss leaves it to others. */
export const DECIDES_MAX = 80

const boss = role.createMachine({
  id: 'boss',
  context: { notes: 0, told: 0 },
  on: {
    note: [
      {
        guard: ({ context, event }) => amountOf({ event }) % 17 === 0 && Number(context['notes']) % 2 === 0,
        actions: breaks,
      },
      {
        guard: (at) => amountOf(at) % 3 !== 0,
        actions: [
          {
            type: 'send',
            params: (at) => ({ to: 'clerk', message: 'thanks', fields: { amount: amountOf(at) } }),
          },
          count('notes'),
        ],
      },
      { actions: count('notes') },
    ],
    'parapet.approval': {
      guard: ({ event }) => askedOf(event) <= DECIDES_MAX,
      actions: {
        type: 'decide',
        params: ({ event }) => ({ approval: event['approval'], grant: askedOf(event) <= 70, note: '' }),
      },
    },
    'parapet.*': { actions: count('told') },
  },
})

const helper = setup({
  types: {} as { context: { question: string }; events: Event },
  actions,
  actors: { model: source<{ readonly text: string }>() },
})

/** Asks a model what to say, and lifts what is heavy once two people agree. */
const adviser = helper.createMachine({
  id: 'adviser',
  context: { question: '' },
  initial: 'idle',
  states: {
    idle: {
      on: {
        question: {
          target: 'thinking',
          actions: helper.assign({ question: ({ event }) => String(event['text']) }),
        },
        heavy: { actions: { type: 'call', params: { tool: 'lift', args: {} } } },
      },
    },
    thinking: {
      invoke: {
        src: 'model',
        input: ({ context }) => ({ text: context.question }),
        onDone: {
          target: 'idle',
          actions: {
            type: 'answer',
            params: ({ event }) => ({ to: 'customer', fields: { text: event.output.text } }),
          },
        },
        onError: 'idle',
      },
      on: { 'parapet.denied': 'idle' },
    },
  },
})

/** What an approval is asked for. */
export function askedOf(approval: JsonObject): number {
  return Number(((approval['step'] as JsonObject)['fields'] as JsonObject)['amount'])
}

export const AGENTS: Readonly<Record<string, AgentDefinition>> = {
  clerk: { machine: clerk },
  adviser: { machine: adviser },
  boss: {
    machine: boss,
    supervision: { onFailure: 'retry', triesMax: 2, backoffMs: 500, failuresMax: 1_000 },
  },
}
