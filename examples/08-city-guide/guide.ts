/**
 * The guide answers visitors from the guidebook: it recalls what is near the question and quotes it, marks and all; with a
 * model, it has the model put it into words.
 *
 * What the model says may be denied, or the model may fail: then the guide quotes. When even that is denied, or nothing was
 * recalled, it says that the guidebook says nothing.
 */
import { assign, setup } from 'xstate'
import { answerOf, request } from '#agents/asking.ts'
import { effects, source } from '#agents/effects.ts'
import type { Json } from '#dsl/judge/step.ts'
import type { Machine } from '#runtime/kernel/kernel.ts'
import type { ModelRequest } from '#runtime/models/model.ts'
import type { ModelAnswer } from '#runtime/models/source.ts'
import { KIND } from './curator.ts'
import { passagesIn } from './places.ts'

/** Passages that are quoted, and that a model is shown. */
const QUOTED = 2
const SHOWN = 4
/** Questions that wait while one is answered; what comes beyond is not heard. */
const WAITING_MAX = 4

const NOTHING = 'The guidebook says nothing of that.'
const THINKING = {
  system: `You answer visitors of a city in one or two sentences, from the passages given and from nothing else. Cite each place you speak of by its mark, as [P-101].
Say prices, times and distances as the passages have them. If they do not answer the question, say: ${NOTHING}`,
  tokensMax: 200,
}

interface GuideContext {
  /** The first one is being answered. */
  questions: string[]
  passages: string[]
}

export function guide({ thinks }: { readonly thinks: boolean }): Machine {
  const kind = setup({
    types: {} as { context: GuideContext; events: { type: string; [field: string]: Json } },
    actions: effects,
    actors: { model: source<ModelAnswer, ModelRequest>() },
    guards: {
      isAsked: ({ context }) => context.questions.length > 0,
      isFirstDenial: ({ event }) => event['attempts'] === 1,
    },
  })
  const say = (text: string) => ({ to: 'visitor', fields: { text } })
  const next = kind.assign(({ context }) => ({ questions: context.questions.slice(1) }))

  return kind.createMachine({
    id: 'guide',
    context: { questions: [], passages: [] },
    initial: 'free',
    on: {
      question: {
        guard: ({ context }) => context.questions.length < WAITING_MAX,
        actions: assign({ questions: ({ context, event }) => [...context.questions, String(event['text'])] }),
      },
      goodbye: '.gone',
    },
    states: {
      free: {
        always: {
          guard: 'isAsked',
          target: 'recalling',
          actions: {
            type: 'recall',
            params: ({ context }) => ({
              what: KIND,
              fields: { text: context.questions[0] ?? '', limit: thinks ? SHOWN : QUOTED },
            }),
          },
        },
        on: { 'parapet.denied': { actions: [{ type: 'answer', params: say(NOTHING) }] } },
      },
      recalling: {
        on: {
          'parapet.recalled': [
            {
              guard: () => thinks,
              target: 'thinking',
              actions: assign({ passages: ({ event }) => passagesIn(event['rows']) }),
            },
            {
              target: 'free',
              actions: [
                {
                  type: 'answer',
                  params: ({ event }) => say(quoting(passagesIn(event['rows']))),
                },
                next,
              ],
            },
          ],
          'parapet.failed': { target: 'free', actions: [{ type: 'answer', params: say(NOTHING) }, next] },
          'parapet.denied': { target: 'free', actions: [{ type: 'answer', params: say(NOTHING) }, next] },
        },
      },
      thinking: {
        invoke: {
          id: 'model',
          src: 'model',
          input: ({ context: { questions, passages } }) =>
            request(THINKING, [{ role: 'user', text: asked(questions[0] ?? '', passages) }]),
          onDone: {
            target: 'free',
            actions: [
              { type: 'answer', params: ({ event }) => say(answerOf(event.output).text) },
              assign({ questions: ({ context }) => context.questions.slice(1) }),
            ],
          },
          onError: 'quoting',
        },
        on: {
          'parapet.denied': [
            { guard: 'isFirstDenial', target: 'quoting' },
            { target: 'free', actions: [{ type: 'answer', params: say(NOTHING) }, next] },
          ],
        },
      },
      quoting: {
        always: {
          target: 'free',
          actions: [
            { type: 'answer', params: ({ context }) => say(quoting(context.passages.slice(0, QUOTED))) },
            next,
          ],
        },
      },
      gone: { type: 'final' },
    },
  })
}

function quoting(passages: readonly string[]): string {
  return passages.length === 0 ? NOTHING : passages.join('\n')
}

function asked(question: string, passages: readonly string[]): string {
  return ['Passages:', ...passages, '', `Question: ${question}`].join('\n')
}
