/**
 * A planner with workers: a model breaks a goal into steps, each for one worker, and the planner has them done one after
 * the other; each worker is told what was found before it, and the last finding is the answer.
 *
 * - A plan names workers that exist, and no more steps than are allowed; a model that fails or plans anything else is
 *   done without, where a fixed plan is given.
 * - A step that the policy denies, or that its worker gives up, is planned anew from there on, with the reason.
 * - Too many new plans, or a worker that does not report in time: the goal goes to a person.
 */
import { assign, setup } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { isObject } from '#dsl/judge/values.ts'
import type { Machine } from '#runtime/kernel/kernel.ts'
import type { ModelMessage, ModelRequest } from '#runtime/models/model.ts'
import type { ModelAnswer } from '#runtime/models/source.ts'
import { answerOf, jsonOf, MODEL, request, type Thinking } from './asking.ts'
import { feedbackOf, isDenied, whyDenied } from './denial.ts'
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
  wordsOf,
} from './task.ts'

/** One step: a worker's role, and what it is to do. */
export type PlanStep = { worker: string; task: string }

export interface PlannerOptions extends Thinking, Ending {
  readonly id: string
  /** Messages that bring a goal. */
  readonly hears: readonly string[]
  /** By role: what each worker can do, for the model. */
  readonly workers: Readonly<Record<string, string>>
  /** The message that gives a worker its `text` and what was `found` before (list of text). */
  readonly assigns: string
  /** The message by which a worker reports its `text`. */
  readonly reports: string
  /** The message by which a worker gives up, saying `why`. */
  readonly givesUp: string
  /** A plan without the model, from its goal alone. */
  readonly otherwise?: (goal: Task) => readonly PlanStep[]
  readonly prompt?: (goal: Task) => string
  /** Where the last finding goes, as `text`. */
  readonly says: Out
  readonly handsOver: Out
  readonly stepsMax?: number
  /** New plans for one goal. */
  readonly replansMax?: number
  /** A worker has so long for a step. */
  readonly stepTimeoutMs?: number
}

export const STEPS_MAX = 6
export const REPLANS_MAX = 2
export const STEP_TIMEOUT_MS = 300_000
/** What is passed on of one finding. */
export const FOUND_CHARS_MAX = 4_000

interface PlannerContext {
  waiting: Task[]
  goal: Task
  messages: ModelMessage[]
  /** Still to be done, the first one now. */
  steps: PlanStep[]
  found: string[]
  replans: number
  why: string
}

const AT_REST = { goal: NO_TASK, messages: [], steps: [], found: [], replans: 0 }

export function planner(options: PlannerOptions): Machine {
  const {
    id,
    hears,
    closes = [],
    workers,
    assigns,
    reports,
    givesUp,
    says,
    handsOver,
    model = MODEL,
  } = options
  const { prompt = wordsOf, otherwise = () => [] } = options
  const { stepsMax = STEPS_MAX, replansMax = REPLANS_MAX, stepTimeoutMs = STEP_TIMEOUT_MS } = options
  const thinking = { ...options, system: `${options.system}\n\n${listed(workers, stepsMax)}` }
  const planIn = (answer: ModelAnswer): PlanStep[] => stepsIn(jsonOf(answer), workers, stepsMax)
  const kind = setup({
    types: {} as { context: PlannerContext; events: Heard },
    actions: effects,
    actors: { [model]: source<ModelAnswer, ModelRequest>() },
    delays: { late: stepTimeoutMs },
    guards: {
      isReplannedTooOften: ({ context }) => context.replans >= replansMax,
      isFromWorker: ({ context, event }) => event['from'] === context.steps[0]?.worker,
      mayReplan: ({ context, event }) =>
        event['from'] === context.steps[0]?.worker && context.replans < replansMax,
    },
  })
  const queued = kind.enqueueActions(({ context, event, enqueue }) => {
    const goal = taskOf(event)
    if (context.waiting.length < WAITING_MAX) enqueue.assign({ waiting: [...context.waiting, goal] })
    else enqueue(saying(handsOver, goal, handedOver(goal, 'too many goals wait already')))
  })
  const sayWhy = kind.assign(({ event }) => (isDenied(event) ? { why: whyDenied(event) } : {}))

  return kind.createMachine({
    id,
    context: { waiting: [], ...AT_REST, why: '' },
    initial: 'idle',
    on: { ...onEach(hears, { actions: queued }), ...onEach(closes, '.closed') },
    states: {
      idle: {
        always: {
          guard: ({ context }) => context.waiting.length > 0,
          target: 'ready',
          actions: assign(({ context: { waiting } }) => {
            const [goal = NO_TASK, ...rest] = waiting
            const messages: ModelMessage[] = [{ role: 'user', text: prompt(goal) }]
            return { ...AT_REST, waiting: rest, goal, messages }
          }),
        },
      },
      ready: {
        id: 'ready',
        after: { 0: 'planning' },
        on: { 'parapet.denied': { target: 'stuck', actions: sayWhy } },
      },
      planning: {
        invoke: {
          id: 'model',
          src: model,
          input: ({ context }) => request(thinking, context.messages, planSchema(workers, stepsMax)),
          onDone: [
            {
              guard: ({ event }) => planIn(answerOf(event.output)).length > 0,
              target: 'going',
              actions: assign(({ context, event }) => ({
                steps: planIn(answerOf(event.output)),
                messages: [...context.messages, { role: 'model', text: answerOf(event.output).text }],
              })),
            },
            { target: 'byHand' },
          ],
          onError: 'byHand',
        },
        on: { 'parapet.denied': { target: 'stuck', actions: sayWhy } },
      },
      // The model has no plan that can be followed.
      byHand: {
        always: [
          {
            guard: ({ context }) =>
              context.replans === 0 && stepsIn([...otherwise(context.goal)], workers, stepsMax).length > 0,
            target: 'going',
            actions: assign({ steps: ({ context }) => [...otherwise(context.goal)] }),
          },
          { target: 'stuck', actions: assign({ why: 'there is no plan that can be followed' }) },
        ],
      },
      going: {
        initial: 'assigning',
        states: {
          assigning: {
            always: { guard: ({ context }) => context.steps.length === 0, target: '#done' },
            after: {
              0: {
                target: 'waiting',
                actions: {
                  type: 'send',
                  params: ({ context: { steps, found } }) => ({
                    to: steps[0]?.worker ?? '',
                    message: assigns,
                    fields: { text: steps[0]?.task ?? '', found },
                  }),
                },
              },
            },
            on: {
              'parapet.denied': [
                { guard: 'isReplannedTooOften', target: '#stuck', actions: sayWhy },
                {
                  target: '#ready',
                  actions: kind.assign(({ context, event }) =>
                    isDenied(event) ? planned(context, feedbackOf(event)) : {},
                  ),
                },
              ],
            },
          },
          waiting: {
            on: {
              [reports]: {
                guard: 'isFromWorker',
                target: 'assigning',
                actions: kind.assign(({ context: { steps, found }, event }) => ({
                  steps: steps.slice(1),
                  found: [...found, wordsOf(taskOf(event)).slice(0, FOUND_CHARS_MAX)],
                })),
              },
              [givesUp]: [
                {
                  guard: 'mayReplan',
                  target: '#ready',
                  actions: kind.assign(({ context, event }) =>
                    planned(context, `${context.steps[0]?.worker} gave up: ${String(event['why'] ?? '')}`),
                  ),
                },
                {
                  guard: 'isFromWorker',
                  target: '#stuck',
                  actions: kind.assign(({ event }) => ({ why: String(event['why'] ?? 'a worker gave up') })),
                },
              ],
              'parapet.refused': {
                target: '#stuck',
                actions: kind.assign(({ context }) => ({
                  why: `${context.steps[0]?.worker} was not allowed to take the step`,
                })),
              },
            },
            after: {
              late: {
                target: '#stuck',
                actions: assign({
                  why: ({ context }) => `${context.steps[0]?.worker} did not report in time`,
                }),
              },
            },
          },
        },
      },
      done: {
        id: 'done',
        after: {
          0: {
            target: 'idle',
            actions: kind.enqueueActions(({ context: { goal, found }, enqueue }) =>
              enqueue(saying(says, goal, { text: found.at(-1) ?? '' })),
            ),
          },
        },
        on: { 'parapet.denied': { target: 'stuck', actions: sayWhy } },
      },
      stuck: {
        id: 'stuck',
        after: {
          0: {
            target: 'idle',
            actions: kind.enqueueActions(({ context: { goal, why }, enqueue }) =>
              enqueue(saying(handsOver, goal, handedOver(goal, why))),
            ),
          },
        },
      },
      closed: { type: 'final' },
    },
  })
}

/** The model plans the rest anew, knowing what was found and what went wrong. */
function planned({ messages, replans, found }: PlannerContext, wrong: string): Partial<PlannerContext> {
  const known = found.length > 0 ? ` Found so far: ${found.join(' / ')}` : ''
  return {
    replans: replans + 1,
    messages: [...messages, { role: 'user', text: `${wrong} Plan the remaining steps anew.${known}` }],
  }
}

function listed(workers: PlannerOptions['workers'], stepsMax: number): string {
  const lines = Object.entries(workers).map(([role, does]) => `- ${role}: ${does}`)
  return [`Plan at most ${stepsMax} steps, each for one of these workers.`, ...lines].join('\n')
}

function planSchema(workers: PlannerOptions['workers'], stepsMax: number): JsonObject {
  const step = {
    type: 'object',
    properties: { worker: { type: 'string', enum: Object.keys(workers) }, task: { type: 'string' } },
    required: ['worker', 'task'],
    additionalProperties: false,
  }
  return {
    type: 'object',
    properties: { steps: { type: 'array', items: step, minItems: 1, maxItems: stepsMax } },
    required: ['steps'],
    additionalProperties: false,
  }
}

/** Empty: it is no plan. */
function stepsIn(value: Json | undefined, workers: PlannerOptions['workers'], stepsMax: number): PlanStep[] {
  const given = isObject(value) ? value['steps'] : value
  if (!Array.isArray(given) || given.length > stepsMax) return []
  const steps = given.flatMap((step): PlanStep[] => {
    if (!isObject(step)) return []
    const { worker, task } = step
    return typeof worker === 'string' && typeof task === 'string' && Object.hasOwn(workers, worker)
      ? [{ worker, task }]
      : []
  })
  return steps.length === given.length ? steps : []
}
