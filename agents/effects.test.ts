import { expect, test } from 'vitest'
import { assign, enqueueActions, setup } from 'xstate'
import { createKernel } from '#runtime/kernel/kernel.ts'
import { effects, type ParapetEvent, source } from './effects.ts'

/** Written as a user would: this file also tests that the types let it be written so. */
const machine = setup({
  types: {
    context: {} as { tries: number },
    events: {} as ParapetEvent | { type: 'ask'; from: string; order: string },
  },
  actions: effects,
  actors: { model: source<{ text: string }, { tries: number }>() },
}).createMachine({
  id: 'clerk',
  context: { tries: 0 },
  initial: 'open',
  states: {
    open: {
      on: {
        ask: {
          actions: {
            type: 'call',
            params: ({ event }) => ({ tool: 'lookup', args: { order: event.order } }),
          },
        },
        'parapet.result': 'thinking',
        'parapet.denied': {
          actions: enqueueActions(({ event, enqueue }) => {
            enqueue.assign({ tries: event.attempts })
            for (const { say } of event.next)
              enqueue({ type: 'answer', params: { to: 'customer', fields: { say } } })
            // @ts-expect-error `text` is no part of a call
            enqueue({ type: 'call', params: { tool: 'lookup', text: 'x' } })
          }),
        },
        'parapet.approval': {
          actions: {
            type: 'decide',
            params: ({ event }) => ({ approval: event.approval, grant: event.who === 'supervisor' }),
          },
        },
      },
    },
    thinking: {
      invoke: {
        id: 'model',
        src: 'model',
        input: ({ context }) => ({ tries: context.tries }),
        onDone: {
          target: 'open',
          actions: [
            assign({ tries: 0 }),
            {
              type: 'send',
              params: ({ event }) => ({ to: 'gateway', message: 'reply', fields: event.output }),
            },
          ],
        },
      },
    },
  },
})

const AGENT = { id: 'c1/clerk' }
const kernel = createKernel(machine)

function effectsOf(...events: Parameters<typeof kernel.step>[2][]) {
  let step = kernel.start(AGENT, null)
  for (const event of events)
    if (step.kind === 'stepped') step = kernel.step(AGENT, step.snapshot, event, 'runtime')
  if (step.kind === 'refused') throw new Error(step.message)
  return step.effects
}

const RESULT = { type: 'parapet.result', id: 'c0', tool: 'lookup', value: { status: 'open' } }

test('params see the event and become the effect', () => {
  expect(effectsOf({ type: 'ask', from: 'gateway', order: 'A1' })).toEqual([
    { kind: 'call', id: 'c0', tool: 'lookup', args: { order: 'A1' } },
  ])
})

test('a source is invoked with its input and its answer comes back typed', () => {
  expect(effectsOf(RESULT)).toEqual([{ kind: 'invoke', id: 'model', src: 'model', input: { tries: 0 } }])
  const answered = { type: 'xstate.done.actor.model', actorId: 'model', output: { text: 'done' } }
  expect(effectsOf(RESULT, answered)).toEqual([
    { kind: 'send', to: 'gateway', message: 'reply', fields: { text: 'done' } },
  ])
})

test('a denial tells what is allowed next, and a machine can say it', () => {
  const next = [{ kind: 'calls', name: 'lookup', with: {}, say: 'look first' }]
  const [answer] = effectsOf({ type: 'parapet.denied', what: 'Look first', reasons: [], next, attempts: 2 })
  expect(answer).toEqual({ kind: 'answer', to: 'customer', fields: { say: 'look first' } })
})

test('an approver decides on what it was asked', () => {
  const asked = { approval: 'p1', who: 'supervisor', agent: 'c1/clerk', step: {}, reasons: [], dueAt: 0 }
  expect(effectsOf({ type: 'parapet.approval', ...asked })).toEqual([
    { kind: 'decide', approval: 'p1', grant: true, note: '' },
  ])
})
