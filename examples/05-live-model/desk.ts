/**
 * Answers questions with a model, sentence by sentence where the policy lets it, and in its own words when the model fails or
 * the policy does not let its words out.
 */
import { assign, setup } from 'xstate'
import { effects, source } from '#agents/effects.ts'
import type { Json } from '#dsl/judge/step.ts'
import type { ModelRequest } from '#runtime/models/model.ts'
import type { ModelAnswer } from '#runtime/models/source.ts'

/** Tokens of one answer at most. */
const TOKENS_MAX = 300
const SYSTEM = 'You answer customers of a parcel service in one or two sentences. Promise nothing.'

const say = (text: string) => ({ to: 'customer', fields: { text } })
const BY_HAND = 'A colleague will answer you today.'

export const desk = setup({
  types: {} as {
    context: { question: string; hasSpoken: boolean }
    events: { type: string; [field: string]: Json }
  },
  actions: effects,
  actors: { model: source<ModelAnswer, ModelRequest>() },
}).createMachine({
  id: 'desk',
  context: { question: '', hasSpoken: false },
  initial: 'idle',
  states: {
    idle: {
      on: {
        question: {
          target: 'thinking',
          actions: assign({ question: ({ event }) => String(event['text']), hasSpoken: false }),
        },
      },
    },
    thinking: {
      invoke: {
        src: 'model',
        input: ({ context }) => ({
          system: SYSTEM,
          messages: [{ role: 'user', text: context.question }],
          tokensMax: TOKENS_MAX,
          bySentence: true,
        }),
        onDone: [
          // Every sentence of it has been answered.
          { guard: ({ context }) => context.hasSpoken, target: 'idle' },
          { target: 'idle', actions: { type: 'answer', params: ({ event }) => say(event.output.text) } },
        ],
        onError: { target: 'idle', actions: { type: 'answer', params: say(BY_HAND) } },
      },
      on: {
        'parapet.part': {
          actions: [
            assign({ hasSpoken: true }),
            { type: 'answer', params: ({ event }) => say(String(event['value'])) },
          ],
        },
        'parapet.denied': { target: 'idle', actions: { type: 'answer', params: say(BY_HAND) } },
      },
    },
  },
})
