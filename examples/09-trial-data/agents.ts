/**
 * Intake hands a batch out, one conversation a record, so that a record that waits for a person holds up no other. The validator
 * tries to accept it; what the policy does not let pass is read by a coder, or goes back to its site with the reasons.
 */
import { assign, enqueueActions, setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { isObject } from '#dsl/judge/values.ts'

/** Characters of what a site is told. */
const WHY_MAX = 2_000

/** The policy's remedy where a record lacks nothing but somebody who has read it. */
const READ = 'Have a coder read it.'

type Event = { type: string; [field: string]: Json }

/** The conversation in which a record of a batch is looked at. */
export function conversationOf(batch: string, index: number): string {
  return `${batch}-${index + 1}`
}

export const intake = setup({
  types: {} as { input: string; context: { batch: string }; events: Event },
  actions: effects,
}).createMachine({
  id: 'intake',
  context: ({ input }) => ({ batch: input }),
  initial: 'open',
  states: {
    open: {
      on: {
        batch: {
          target: 'handed out',
          actions: enqueueActions(({ context, event, enqueue }) => {
            for (const [index, fields] of objectsIn(event['records']).entries()) {
              const to = `${conversationOf(context.batch, index)}/validator`
              enqueue({ type: 'send', params: { to, message: 'record', fields } })
            }
          }),
        },
      },
    },
    'handed out': { type: 'final' },
  },
})

interface Checking {
  record: JsonObject
  /** Look-ups that are still out. */
  out: number
}

const call = (tool: string) => ({
  type: 'call' as const,
  params: ({ context: { record } }: { context: Checking }) => ({ tool, args: record }),
})

const checker = setup({ types: {} as { context: Checking; events: Event }, actions: effects })

/** With the second answer, or the lack of one, the record is tried: what it lacks the policy knows. */
const found = [
  { guard: ({ context }: { context: Checking }) => context.out > 1, actions: checker.assign({ out: 1 }) },
  { target: 'settling', actions: call('accept') },
] as const

export const validator = checker.createMachine({
  id: 'validator',
  context: { record: {}, out: 0 },
  initial: 'waiting',
  states: {
    waiting: {
      on: {
        record: {
          target: 'looking up',
          actions: [
            assign({ record: ({ event: { type, from, ...record } }) => record, out: 2 }),
            {
              type: 'call',
              params: ({ event }) => ({
                tool: 'find_participant',
                args: { participant: event['participant'] ?? null },
              }),
            },
            {
              type: 'call',
              params: ({ event }) => ({ tool: 'find_term', args: { coded: event['coded'] ?? null } }),
            },
          ],
        },
      },
    },
    'looking up': {
      on: {
        'parapet.result': found,
        'parapet.failed': found,
        // A denied transition is dropped whole: the record is still here.
        'parapet.denied': [
          {
            guard: ({ event }) => mayBeRead(event['reasons']),
            target: 'settling',
            actions: call('accept_as_read'),
          },
          {
            target: 'settling',
            actions: {
              type: 'call',
              params: ({ context: { record }, event }) => ({
                tool: 'return_to_site',
                args: {
                  participant: record['participant'] ?? null,
                  number: record['number'] ?? null,
                  why: whyIn(event['reasons']),
                },
              }),
            },
          },
        ],
      },
    },
    settling: { on: { 'parapet.result': 'settled', 'parapet.failed': 'settled' } },
    settled: { type: 'final' },
  },
})

/** A coder: reads the two wordings side by side, then decides. Left out where people do it. */
export const reviewer = setup({
  types: {} as { context: { approval: string }; events: Event },
  actions: effects,
}).createMachine({
  id: 'reviewer',
  context: { approval: '' },
  initial: 'free',
  states: {
    free: {
      on: {
        'parapet.approval': {
          target: 'reading',
          actions: [
            assign({ approval: ({ event }) => String(event['approval']) }),
            { type: 'call', params: ({ event }) => ({ tool: 'compare', args: wordingIn(event['step']) }) },
          ],
        },
      },
    },
    reading: {
      on: {
        'parapet.result': {
          target: 'decided',
          actions: {
            type: 'decide',
            params: ({ context: { approval }, event: { value } }) =>
              isObject(value) && value['same'] === true
                ? { approval, grant: true }
                : { approval, grant: false, note: 'not the same event' },
          },
        },
      },
    },
    decided: { type: 'final' },
  },
})

function wordingIn(step: Json | undefined): JsonObject {
  const fields = isObject(step) ? step['fields'] : undefined
  if (!isObject(fields)) return {}
  return { reported: fields['reported'] ?? null, coded: fields['coded'] ?? null }
}

function objectsIn(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

/** Whether reading is all that it lacks. */
function mayBeRead(reasons: Json | undefined): boolean {
  const remedies = objectsIn(reasons).map(({ remedy }) => remedy)
  return remedies.length > 0 && remedies.every((remedy) => remedy === READ)
}

function whyIn(reasons: Json | undefined): string {
  const why = objectsIn(reasons).map(({ check, found }) => `${check}: ${found}`)
  return why.join('; ').slice(0, WHY_MAX)
}
