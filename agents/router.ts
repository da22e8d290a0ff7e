/**
 * A router: sends what comes in to the agent it is for. Code decides where it can, a model where it cannot, and one
 * route takes what nobody could place.
 *
 * A route that the policy denies is not insisted upon: the task takes the last resort instead, and when that is denied
 * too, it goes to a person.
 */
import { assign, setup } from 'xstate'
import type { JsonObject } from '#dsl/judge/step.ts'
import { isObject } from '#dsl/judge/values.ts'
import type { Machine } from '#runtime/kernel/kernel.ts'
import type { ModelRequest } from '#runtime/models/model.ts'
import type { ModelAnswer } from '#runtime/models/source.ts'
import { answerOf, jsonOf, MODEL, request, type Thinking } from './asking.ts'
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
  wordsOf,
} from './task.ts'

export interface Route {
  /** What belongs here, for the model. */
  readonly when: string
  readonly out: Out
}

export interface RouterOptions extends Ending {
  readonly id: string
  readonly hears: readonly string[]
  readonly routes: Readonly<Record<string, Route>>
  /** The route of what nobody could place. */
  readonly otherwise: string
  /** Decides without a model; undefined: it cannot tell. */
  readonly rules?: (task: Task) => string | undefined
  /** Asked where the rules cannot tell. */
  readonly thinking?: Thinking
  readonly prompt?: (task: Task) => string
  /** What the receiver gets; the task's own fields unless given. */
  readonly fields?: (task: Task, route: string) => JsonObject
  readonly handsOver: Out
}

interface RouterContext {
  waiting: Task[]
  task: Task
  route: string
  why: string
}

/** Throws when `otherwise` is no route. */
export function router(options: RouterOptions): Machine {
  const { id, hears, closes = [], routes, otherwise, rules = () => undefined, thinking, handsOver } = options
  const { prompt = wordsOf, fields = (task) => task.fields } = options
  const model = thinking?.model ?? MODEL
  if (!Object.hasOwn(routes, otherwise)) throw new TypeError(`\`${otherwise}\` is not among the routes`)
  const known = (route: string | undefined) => route !== undefined && Object.hasOwn(routes, route)
  const kind = setup({
    types: {} as { context: RouterContext; events: Heard },
    actions: effects,
    actors: { [model]: source<ModelAnswer, ModelRequest>() },
    guards: {
      isRuled: ({ context }) => known(rules(context.task)),
      isLastResort: ({ context }) => context.route === otherwise,
    },
  })
  const queued = kind.enqueueActions(({ context, event, enqueue }) => {
    const task = taskOf(event)
    if (context.waiting.length < WAITING_MAX) enqueue.assign({ waiting: [...context.waiting, task] })
    else enqueue(saying(handsOver, task, handedOver(task, 'too many tasks wait already')))
  })

  return kind.createMachine({
    id,
    context: { waiting: [], task: NO_TASK, route: otherwise, why: '' },
    initial: 'idle',
    on: { ...onEach(hears, { actions: queued }), ...onEach(closes, '.closed') },
    states: {
      idle: {
        always: {
          guard: ({ context }) => context.waiting.length > 0,
          target: 'choosing',
          actions: assign(({ context: { waiting } }) => ({
            waiting: waiting.slice(1),
            task: waiting[0] ?? NO_TASK,
            route: otherwise,
          })),
        },
      },
      choosing: {
        after: {
          0: [
            {
              guard: 'isRuled',
              target: 'routing',
              actions: assign({ route: ({ context }) => rules(context.task) ?? otherwise }),
            },
            { guard: () => thinking !== undefined, target: 'thinking' },
            { target: 'routing' },
          ],
        },
        // It may not even ask: what nobody could place has its route.
        on: { 'parapet.denied': 'routing' },
      },
      thinking: {
        invoke: {
          id: 'model',
          src: model,
          input: ({ context }) =>
            request(
              { ...thinking, system: `${thinking?.system ?? ''}\n\n${listed(routes)}` },
              [{ role: 'user', text: prompt(context.task) }],
              routeSchema(Object.keys(routes)),
            ),
          onDone: {
            target: 'routing',
            actions: assign({
              route: ({ event }) => {
                const route = routeIn(answerOf(event.output))
                return known(route) ? route : otherwise
              },
            }),
          },
          onError: 'routing',
        },
        on: { 'parapet.denied': 'routing' },
      },
      routing: {
        after: {
          0: {
            target: 'idle',
            actions: kind.enqueueActions(({ context: { task, route }, enqueue }) =>
              enqueue(saying(routes[route]!.out, task, fields(task, route))),
            ),
          },
        },
        on: {
          'parapet.denied': [
            {
              guard: 'isLastResort',
              target: 'stuck',
              actions: kind.assign(({ event }) => (isDenied(event) ? { why: whyDenied(event) } : {})),
            },
            { target: 'routing', reenter: true, actions: assign({ route: otherwise }) },
          ],
        },
      },
      stuck: {
        after: {
          0: {
            target: 'idle',
            actions: kind.enqueueActions(({ context: { task, why }, enqueue }) =>
              enqueue(saying(handsOver, task, handedOver(task, why))),
            ),
          },
        },
      },
      closed: { type: 'final' },
    },
  })
}

function listed(routes: RouterOptions['routes']): string {
  const lines = Object.entries(routes).map(([name, { when }]) => `- ${name}: ${when}`)
  return ['Choose the one route that fits best.', ...lines].join('\n')
}

function routeSchema(names: readonly string[]): JsonObject {
  return {
    type: 'object',
    properties: { route: { type: 'string', enum: [...names] } },
    required: ['route'],
    additionalProperties: false,
  }
}

/** As JSON, or as the bare word. */
function routeIn(answer: ModelAnswer): string {
  const value = jsonOf(answer)
  const route = isObject(value) ? value['route'] : answer.text.trim()
  return typeof route === 'string' ? route : ''
}
