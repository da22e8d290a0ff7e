/**
 * A worker with tools: it thinks with a model (plan), makes the calls the model wants one at a time (act), and shows it
 * what came of them (observe), until the model has an answer.
 *
 * What is about to be done is kept before it is done, so that a denial is of something known:
 * - a call that is denied is shown to the model as refused, with the reasons; what the policy names as allowed next and
 *   the worker can do, it does at once, without the model;
 * - an answer that is denied is asked for again, with the reasons;
 * - where it may use shared memory, what is near the task is recalled before the model is asked, and what is to be kept of an
 *   answer is remembered after it went out; a recall or a memory that is denied is done without;
 * - too many refusals or rounds, or a model that fails: the task goes to a person;
 * - a handing-over that is denied has no answer here: the runtime stops the agent and tells its supervisor.
 */
import { assign, setup } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { isObject } from '#dsl/judge/values.ts'
import type { Machine } from '#runtime/kernel/kernel.ts'
import type { ModelMessage, ModelRequest, OfferedTool, ToolCall, ToolResult } from '#runtime/models/model.ts'
import type { ModelAnswer } from '#runtime/models/source.ts'
import { answerOf, errorOf, jsonOf, MODEL, request, SCRATCHPAD_CHARS_MAX, type Thinking } from './asking.ts'
import { feedbackOf, isDenied, possibleCall, refusalOf, whyDenied } from './denial.ts'
import { effects, source } from './effects.ts'
import { type Recollection, recalledIn, recallFor } from './recollection.ts'
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

export interface WorkerOptions extends Thinking, Ending {
  readonly id: string
  /** Messages that bring it a task. */
  readonly hears: readonly string[]
  /** What the model is offered; the policy has the last word on each call. */
  readonly tools?: readonly OfferedTool[]
  /** JSON Schema of its answer; plain words unless given. */
  readonly output?: JsonObject
  /** What the model is asked; the task's `text`, or its fields as JSON, unless given. */
  readonly prompt?: (task: Task) => string
  /** Where the answer goes. Its fields: `text`, or the members of an answer that is a JSON record. */
  readonly says: Out
  /** The answer's fields; undefined: this is no answer, and the task goes to a person. */
  readonly result?: (answer: ModelAnswer, task: Task) => JsonObject | undefined
  /** Where a task goes that it cannot do, as `text` and `why`. */
  readonly handsOver: Out
  readonly memory?: Recollection
  /** Times the model is asked for one task. */
  readonly roundsMax?: number
  /** Refused calls and answers of one task. */
  readonly refusalsMax?: number
}

export const ROUNDS_MAX = 8
export const REFUSALS_MAX = 3
/** Calls of one answer; the model is told of the rest that they were not made. */
export const CALLS_MAX = 8
/** What a model is shown of one result. */
export const RESULT_CHARS_MAX = 3_000

interface WorkerContext {
  waiting: Task[]
  task: Task
  /** The scratchpad of this task. */
  messages: ModelMessage[]
  rounds: number
  refusals: number
  /** Still to be made, the first one now. */
  calls: ToolCall[]
  results: ToolResult[]
  /** The answer that is about to be given. */
  answer: JsonObject
  /** Calls ever made: their ids never repeat. */
  serial: number
  why: string
}

const AT_REST = { task: NO_TASK, messages: [], rounds: 0, refusals: 0, calls: [], results: [], answer: {} }

export function worker(options: WorkerOptions): Machine {
  const {
    id,
    hears,
    closes = [],
    model = MODEL,
    tools = [],
    output,
    prompt = wordsOf,
    memory,
    says,
    handsOver,
  } = options
  const { result = fieldsOf, roundsMax = ROUNDS_MAX, refusalsMax = REFUSALS_MAX } = options
  const kind = setup({
    types: {} as { context: WorkerContext; events: Heard },
    actions: effects,
    actors: { [model]: source<ModelAnswer, ModelRequest>() },
    guards: {
      isTiredOut: ({ context }) =>
        context.rounds >= roundsMax || JSON.stringify(context.messages).length > SCRATCHPAD_CHARS_MAX,
      isRefusedTooOften: ({ context }) => context.refusals >= refusalsMax,
    },
  })
  const sayWhy = kind.assign(({ event }) => (isDenied(event) ? { why: whyDenied(event) } : {}))
  const queued = kind.enqueueActions(({ context, event, enqueue }) => {
    const task = taskOf(event)
    if (context.waiting.length < WAITING_MAX) enqueue.assign({ waiting: [...context.waiting, task] })
    else enqueue(saying(handsOver, task, handedOver(task, 'too many tasks wait already')))
  })

  const say = kind.enqueueActions(({ context, enqueue }) =>
    enqueue(saying(says, context.task, context.answer)),
  )
  const kept = ({ context }: { readonly context: WorkerContext }) =>
    memory?.keeps?.(context.answer, context.task)
  const recallingIn = (given: Recollection) =>
    kind.createStateConfig({
      after: {
        0: {
          target: 'looking',
          actions: { type: 'recall', params: ({ context }) => recallFor(given, context.task) },
        },
      },
      on: { 'parapet.denied': 'ready' },
    })
  const looking = kind.createStateConfig({
    on: {
      'parapet.recalled': {
        target: 'ready',
        actions: assign(({ context: { messages }, event }) => ({
          messages: reminded(messages, recalledIn(event['rows'])),
        })),
      },
      'parapet.failed': 'ready',
    },
  })
  const keepingIn = ({ what }: Recollection) =>
    kind.createStateConfig({
      after: {
        0: {
          target: 'idle',
          actions: { type: 'remember', params: ({ context }) => ({ what, fields: kept({ context }) ?? {} }) },
        },
      },
      // What may not be remembered is not; the answer is out.
      on: { 'parapet.denied': 'idle' },
    })

  return kind.createMachine({
    id,
    context: { waiting: [], ...AT_REST, serial: 0, why: '' },
    initial: 'idle',
    on: { ...onEach(hears, { actions: queued }), ...onEach(closes, '.closed') },
    states: {
      idle: {
        always: {
          guard: ({ context }) => context.waiting.length > 0,
          target: memory ? 'recalling' : 'ready',
          actions: assign(({ context: { waiting } }) => ({ ...AT_REST, ...taken(waiting, prompt) })),
        },
      },
      ...(memory && { recalling: recallingIn(memory), looking }),
      ready: {
        id: 'ready',
        after: {
          0: [
            { guard: 'isTiredOut', target: 'stuck', actions: assign({ why: 'it came to no end' }) },
            { target: 'thinking', actions: assign({ rounds: ({ context }) => context.rounds + 1 }) },
          ],
        },
        on: { 'parapet.denied': { target: 'stuck', actions: sayWhy } },
      },
      thinking: {
        invoke: {
          id: 'model',
          src: model,
          input: ({ context }) => ({
            ...request(options, context.messages, output),
            ...(tools.length > 0 && { tools: [...tools] }),
          }),
          onDone: [
            {
              guard: ({ event }) => answerOf(event.output).calls.length > 0,
              target: 'acting',
              actions: assign(({ context, event }) => planned(context, answerOf(event.output))),
            },
            {
              guard: ({ context, event }) => result(answerOf(event.output), context.task) !== undefined,
              target: 'answering',
              actions: assign(({ context, event }) => ({
                answer: result(answerOf(event.output), context.task) ?? {},
                messages: [...context.messages, { role: 'model', text: answerOf(event.output).text }],
              })),
            },
            { target: 'stuck', actions: assign({ why: 'its model gave no answer that can be used' }) },
          ],
          onError: {
            target: 'stuck',
            actions: assign({ why: ({ event }) => `its model failed: ${errorOf(event.error)}` }),
          },
        },
        on: { 'parapet.denied': { target: 'stuck', actions: sayWhy } },
      },
      acting: {
        initial: 'calling',
        states: {
          calling: {
            after: {
              0: {
                target: 'waiting',
                actions: {
                  type: 'call',
                  params: ({ context }) => context.calls[0] ?? { tool: '', args: {} },
                },
              },
            },
            on: {
              'parapet.denied': [
                { guard: 'isRefusedTooOften', target: '#stuck', actions: sayWhy },
                {
                  target: 'observing',
                  actions: assign(({ context, event }) => refused(context, event, tools)),
                },
              ],
            },
          },
          waiting: {
            on: {
              'parapet.result': {
                target: 'observing',
                actions: assign(({ context, event }) => observed(context, event['value'] ?? null)),
              },
              'parapet.failed': {
                target: 'observing',
                actions: assign(({ context, event }) => observed(context, event['error'] ?? '', true)),
              },
            },
          },
          observing: {
            always: [
              { guard: ({ context }) => context.calls.length > 0, target: 'calling' },
              {
                target: '#ready',
                actions: assign(({ context: { messages, results } }) => ({
                  messages: [...messages, { role: 'tool', results }],
                  results: [],
                })),
              },
            ],
          },
        },
      },
      answering: {
        after: {
          0: [
            ...(memory?.keeps
              ? [
                  {
                    guard: (on: { context: WorkerContext }) => kept(on) !== undefined,
                    target: 'keeping',
                    actions: say,
                  } as const,
                ]
              : []),
            { target: 'idle', actions: say } as const,
          ],
        },
        on: {
          'parapet.denied': [
            { guard: 'isRefusedTooOften', target: 'stuck', actions: sayWhy },
            {
              target: 'ready',
              actions: assign(({ context: { messages, refusals }, event }) => ({
                refusals: refusals + 1,
                messages: isDenied(event)
                  ? [...messages, { role: 'user', text: feedbackOf(event) }]
                  : messages,
              })),
            },
          ],
        },
      },
      ...(memory?.keeps && { keeping: keepingIn(memory) }),
      stuck: {
        id: 'stuck',
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

function taken(waiting: readonly Task[], prompt: (task: Task) => string): Partial<WorkerContext> {
  const [task = NO_TASK, ...rest] = waiting
  return { waiting: rest, task, messages: [{ role: 'user', text: prompt(task) }] }
}

/** The first message is the task. */
function reminded([first, ...rest]: readonly ModelMessage[], recalled: string): ModelMessage[] {
  if (first?.role !== 'user' || recalled === '') return first ? [first, ...rest] : []
  return [{ role: 'user', text: `${recalled}\n\n${first.text}` }, ...rest]
}

/** An answer's own members, or its words; one of neither is no answer. */
function fieldsOf(answer: ModelAnswer): JsonObject | undefined {
  const value = jsonOf(answer)
  if (isObject(value)) return value
  return answer.text === '' ? undefined : { text: answer.text }
}

/** The model's calls, under ids that never repeat. */
function planned({ messages, serial }: WorkerContext, { text, calls }: ModelAnswer): Partial<WorkerContext> {
  const own = calls.map((call, at) => ({ ...call, id: `call-${serial + at}` }))
  const left = own.slice(CALLS_MAX).map(({ id, tool }) => ({
    id,
    tool,
    value: `not made: at most ${CALLS_MAX} at a time`,
    failed: true,
  }))
  return {
    messages: [...messages, { role: 'model', text, calls: own }],
    calls: own.slice(0, CALLS_MAX),
    results: left,
    serial: serial + own.length,
  }
}

function observed({ calls, results }: WorkerContext, value: Json, failed = false): Partial<WorkerContext> {
  const [call, ...rest] = calls
  if (!call) return {}
  const { id, tool } = call
  return {
    calls: rest,
    results: [...results, { id, tool, value: clipped(value), ...(failed && { failed }) }],
  }
}

/** What was refused counts as seen; what is allowed in its place comes next, as if the model had asked for both. */
function refused(
  context: WorkerContext,
  event: Heard,
  tools: readonly OfferedTool[],
): Partial<WorkerContext> {
  if (!isDenied(event)) return {}
  const seen = observed(context, refusalOf(event), true)
  const refusals = context.refusals + 1
  const instead = possibleCall(event.next, tools)
  if (!instead) return { ...seen, refusals }
  const call: ToolCall = { ...instead, id: `call-${context.serial}` }
  return {
    ...seen,
    refusals,
    serial: context.serial + 1,
    calls: [call, ...(seen.calls ?? [])],
    messages: context.messages.map((message, at) =>
      at === context.messages.length - 1 && message.role === 'model'
        ? { ...message, calls: [...(message.calls ?? []), call] }
        : message,
    ),
  }
}

function clipped(value: Json): Json {
  const text = JSON.stringify(value)
  return text.length <= RESULT_CHARS_MAX ? value : `${text.slice(0, RESULT_CHARS_MAX)} … (cut off)`
}
