/**
 * A reviewer: lets a draft through or gives it back with what is wrong. Code looks first, then a model, if there is one;
 * a draft passes when neither finds a fault.
 *
 * It never waves anything through for want of a verdict: a model that fails, or says what is none, leaves the draft to a
 * person. What the policy denies of an approved draft is a fault like any other and goes back to the author, with the
 * reasons; a draft given back too often goes to a person.
 */
import { assign, setup } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { isObject } from '#dsl/judge/values.ts'
import type { Machine } from '#runtime/kernel/kernel.ts'
import type { ModelRequest } from '#runtime/models/model.ts'
import type { ModelAnswer } from '#runtime/models/source.ts'
import { answerOf, errorOf, jsonOf, MODEL, request, type Thinking } from './asking.ts'
import { isDenied, whyDenied } from './denial.ts'
import { effects, source } from './effects.ts'
import {
  type Ending,
  type Heard,
  handedOver,
  NO_TASK,
  type Out,
  onEach,
  saying,
  type Task,
  taskOf,
  WAITING_MAX,
} from './task.ts'

export interface ReviewerOptions extends Ending {
  readonly id: string
  /** Messages that bring a draft. */
  readonly hears: readonly string[]
  /** What code finds wrong with a draft, in words. */
  readonly faults?: (draft: Task) => readonly string[]
  readonly thinking?: Thinking
  /** What the model is shown; the draft's fields as JSON unless given. */
  readonly prompt?: (draft: Task) => string
  /** Where a draft goes that is good; its fields are the draft's unless `approved` makes others. */
  readonly approves: Out
  readonly approved?: (draft: Task) => JsonObject
  /** Where a draft goes that is not, with `faults` (list of text) beside its own fields. */
  readonly returns: Out
  /** Drafts given back one after the other, before one goes to a person. */
  readonly returnsMax?: number
  /** Where a draft goes that nobody could judge, as `text` and `why`. */
  readonly handsOver: Out
}

export const RETURNS_MAX = 2
/** Faults told of one draft. */
export const FAULTS_MAX = 10

interface ReviewerContext {
  waiting: Task[]
  draft: Task
  faults: string[]
  /** Since a draft was last approved. */
  returned: number
  why: string
}

const VERDICT: JsonObject = {
  type: 'object',
  properties: {
    good: { type: 'boolean' },
    faults: { type: 'array', items: { type: 'string' }, maxItems: FAULTS_MAX },
  },
  required: ['good', 'faults'],
  additionalProperties: false,
}

export function reviewer(options: ReviewerOptions): Machine {
  const { id, hears, closes = [], faults = () => [], thinking, approves, returns, handsOver } = options
  const { prompt = (draft) => JSON.stringify(draft.fields), approved = (draft) => draft.fields } = options
  const { returnsMax = RETURNS_MAX } = options
  const model = thinking?.model ?? MODEL
  const kind = setup({
    types: {} as { context: ReviewerContext; events: Heard },
    actions: effects,
    actors: { [model]: source<ModelAnswer, ModelRequest>() },
    guards: {
      isReturnedTooOften: ({ context }) => context.returned >= returnsMax,
      hasFaults: ({ context }) => context.faults.length > 0,
    },
  })
  const queued = kind.enqueueActions(({ context, event, enqueue }) => {
    const draft = taskOf(event)
    if (context.waiting.length < WAITING_MAX) enqueue.assign({ waiting: [...context.waiting, draft] })
    else enqueue(saying(handsOver, draft, handedOver(draft, 'too many drafts wait already')))
  })
  const sayWhy = kind.assign(({ event }) => (isDenied(event) ? { why: whyDenied(event) } : {}))

  return kind.createMachine({
    id,
    context: { waiting: [], draft: NO_TASK, faults: [], returned: 0, why: '' },
    initial: 'idle',
    on: { ...onEach(hears, { actions: queued }), ...onEach(closes, '.closed') },
    states: {
      idle: {
        always: {
          guard: ({ context }) => context.waiting.length > 0,
          target: 'looking',
          actions: assign(({ context: { waiting } }) => {
            const draft = waiting[0] ?? NO_TASK
            return { waiting: waiting.slice(1), draft, faults: faults(draft).slice(0, FAULTS_MAX) }
          }),
        },
      },
      looking: {
        always: { guard: 'hasFaults', target: 'returning' },
        after: {
          0: [{ guard: () => thinking !== undefined, target: 'thinking' }, { target: 'approving' }],
        },
        on: { 'parapet.denied': { target: 'stuck', actions: sayWhy } },
      },
      thinking: {
        invoke: {
          id: 'model',
          src: model,
          input: ({ context }) =>
            request({ system: '', ...thinking }, [{ role: 'user', text: prompt(context.draft) }], VERDICT),
          onDone: [
            {
              guard: ({ event }) => verdictIn(answerOf(event.output)).kind === 'good',
              target: 'approving',
            },
            {
              guard: ({ event }) => verdictIn(answerOf(event.output)).kind === 'faulty',
              target: 'returning',
              actions: assign({ faults: ({ event }) => verdictIn(answerOf(event.output)).faults }),
            },
            { target: 'stuck', actions: assign({ why: 'its model gave no verdict' }) },
          ],
          onError: {
            target: 'stuck',
            actions: assign({ why: ({ event }) => `its model failed: ${errorOf(event.error)}` }),
          },
        },
        on: { 'parapet.denied': { target: 'stuck', actions: sayWhy } },
      },
      approving: {
        after: {
          0: {
            target: 'idle',
            actions: kind.enqueueActions(({ context: { draft }, enqueue }) => {
              enqueue(saying(approves, draft, approved(draft)))
              enqueue.assign({ returned: 0 })
            }),
          },
        },
        on: {
          'parapet.denied': {
            target: 'returning',
            actions: kind.assign(({ event }) => (isDenied(event) ? { faults: [whyDenied(event)] } : {})),
          },
        },
      },
      returning: {
        always: {
          guard: 'isReturnedTooOften',
          target: 'stuck',
          actions: assign({ why: ({ context }) => context.faults.join('; ') }),
        },
        after: {
          0: {
            target: 'idle',
            actions: kind.enqueueActions(({ context: { draft, faults, returned }, enqueue }) => {
              enqueue(saying(returns, draft, { ...draft.fields, faults }))
              enqueue.assign({ returned: returned + 1 })
            }),
          },
        },
        on: { 'parapet.denied': { target: 'stuck', actions: sayWhy } },
      },
      stuck: {
        after: {
          0: {
            target: 'idle',
            actions: kind.enqueueActions(({ context: { draft, why }, enqueue }) => {
              enqueue(saying(handsOver, draft, handedOver(draft, why)))
              enqueue.assign({ returned: 0 })
            }),
          },
        },
      },
      closed: { type: 'final' },
    },
  })
}

interface Verdict {
  readonly kind: 'good' | 'faulty' | 'none'
  readonly faults: string[]
}

/** `good` with faults is no verdict, nor is one that names none. */
function verdictIn(answer: ModelAnswer): Verdict {
  const value = jsonOf(answer)
  const faults = isObject(value) ? textsIn(value['faults']).slice(0, FAULTS_MAX) : []
  const good = isObject(value) ? value['good'] : undefined
  if (good === true && faults.length === 0) return { kind: 'good', faults }
  if (good === false && faults.length > 0) return { kind: 'faulty', faults }
  return { kind: 'none', faults }
}

function textsIn(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
}
