/**
 * A planner with workers: a model breaks a goal into steps, each for one worker and with the steps it needs. Steps that do
 * not need each other are done at once, each worker is told what was found by those its step needs, and what the last step
 * finds is the answer.
 *
 * - A plan names workers and steps that exist, no more steps than are allowed, and none that wait for one another; a
 *   model that fails or plans anything else is done without, where a fixed plan is given.
 * - Each assignment is a transition of its own, so that a denial concerns one step. A step that the policy denies, or that
 *   its worker gives up, lets nothing new begin; when what is under way is done, the rest is planned anew, with the reason.
 * - Too many new plans, or a worker that does not report in time: the goal goes to a person. What workers still report of it is
 *   not taken for a report of the next goal.
 * - A worker has one step at a time: it would queue more, and a report does not say which step it is of.
 */
import { assign, setup } from 'xstate'
import type { Machine } from '#runtime/kernel/kernel.ts'
import type { ModelMessage, ModelRequest } from '#runtime/models/model.ts'
import type { ModelAnswer } from '#runtime/models/source.ts'
import { answerOf, errorOf, jsonOf, MODEL, request, type Thinking } from './asking.ts'
import { feedbackOf, isDenied, whyDenied } from './denial.ts'
import { effects, source } from './effects.ts'
import { type PlanStep, planIn, planningRules, planSchema, type Workers } from './plan.ts'
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

export interface PlannerOptions extends Thinking, Ending {
  readonly id: string
  /** Messages that bring a goal. */
  readonly hears: readonly string[]
  /** By role: what each worker can do, for the model. */
  readonly workers: Workers
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
  /** Steps under way at once. */
  readonly parallelMax?: number
  /** New plans for one goal. */
  readonly replansMax?: number
  /** A worker has so long for a step. */
  readonly stepTimeoutMs?: number
}

export const STEPS_MAX = 6
export const PARALLEL_MAX = 4
export const REPLANS_MAX = 2
export const STEP_TIMEOUT_MS = 300_000
/** What is passed on of one finding. */
export const FOUND_CHARS_MAX = 4_000

type Step = Required<PlanStep> & { state: 'open' | 'taken' | 'done'; found: string }

interface PlannerContext {
  waiting: Task[]
  goal: Task
  messages: ModelMessage[]
  steps: Step[]
  /** By plans before this one. */
  found: string[]
  /** The number of the step that is about to be given to its worker; 0 for none. */
  next: number
  replans: number
  /** Why nothing new begins, for the model. */
  wrong: string
  /** The same for a person. */
  why: string
  /** Workers of goals that were given up, one entry for each report that still may come. */
  owing: string[]
}

const AT_REST = { goal: NO_TASK, messages: [], steps: [], found: [], next: 0, replans: 0, wrong: '', why: '' }

/** A worker's time for its step is over. Only a timer of the planner itself says it. */
const LATE = 'planner.late'

export function planner(options: PlannerOptions): Machine {
  const { id, hears, closes = [], workers, assigns, reports, givesUp, says, handsOver } = options
  const { model = MODEL, prompt = wordsOf, otherwise = () => [] } = options
  const { stepsMax = STEPS_MAX, parallelMax = PARALLEL_MAX, replansMax = REPLANS_MAX } = options
  const { stepTimeoutMs = STEP_TIMEOUT_MS } = options
  const thinking = { ...options, system: `${options.system}\n\n${planningRules(workers, stepsMax)}` }
  const read = (answer: ModelAnswer) => planIn(jsonOf(answer), workers, stepsMax)
  const readFixed = ({ goal }: PlannerContext) => planIn([...otherwise(goal)], workers, stepsMax)
  const noPlan = (context: PlannerContext) => {
    const fixed = readFixed(context)
    const faults = options.otherwise && fixed.kind === 'unfit' ? [`of the fixed one, ${fixed.fault}`] : []
    return `there is no plan that can be followed: ${[context.why, ...faults].join('; ')}`
  }
  const kind = setup({
    types: {} as { context: PlannerContext; events: Heard },
    actions: effects,
    actors: { [model]: source<ModelAnswer, ModelRequest>() },
    guards: {
      isOwed: ({ context, event }) => context.owing.includes(String(event['from'])),
      isTaken: ({ context, event }) =>
        !context.owing.includes(String(event['from'])) && takenBy(context, event['from']) !== undefined,
      isRefused: ({ context, event }) =>
        event['message'] === assigns && takenBy(context, event['to']) !== undefined,
      isLate: ({ context, event }) => takenBy(context, event['worker']) !== undefined,
    },
  })
  const queued = kind.enqueueActions(({ context, event, enqueue }) => {
    const goal = taskOf(event)
    if (context.waiting.length < WAITING_MAX) enqueue.assign({ waiting: [...context.waiting, goal] })
    else enqueue(saying(handsOver, goal, handedOver(goal, 'too many goals wait already')))
  })
  const sayWhy = kind.assign(({ event }) => (isDenied(event) ? { why: whyDenied(event) } : {}))
  const reported = kind.enqueueActions(({ context, event, enqueue }) => {
    enqueue.cancel(timerOf(String(event['from'])))
    const found = wordsOf(taskOf(event)).slice(0, FOUND_CHARS_MAX)
    enqueue.assign({ steps: withStep(context, event['from'], { state: 'done', found }) })
  })
  const gaveUp = kind.enqueueActions(({ context, event, enqueue }) => {
    enqueue.cancel(timerOf(String(event['from'])))
    const why = String(event['why'] ?? 'a worker gave up')
    enqueue.assign({
      steps: withStep(context, event['from'], { state: 'open' }),
      wrong: `${String(event['from'])} gave up: ${why}`,
      why,
    })
  })
  /** Nobody waits any more for what is under way: `worker` is the one that ended it, and may `report` all the same. */
  const abandoned = (worker: (event: Heard) => string, report: boolean, words: string) =>
    kind.enqueueActions(({ context, event, enqueue }) => {
      const one = worker(event)
      const taken = context.steps.filter(({ state }) => state === 'taken').map((step) => step.worker)
      for (const each of taken) enqueue.cancel(timerOf(each))
      const owing = taken.filter((each) => report || each !== one)
      enqueue.assign({ owing: [...context.owing, ...owing], why: `${one} ${words}` })
    })
  const forgiven = kind.assign({
    owing: ({ context, event }) => context.owing.toSpliced(context.owing.indexOf(String(event['from'])), 1),
  })
  const onOwed = { guard: 'isOwed', actions: forgiven } as const

  return kind.createMachine({
    id,
    context: { waiting: [], owing: [], ...AT_REST },
    initial: 'idle',
    on: {
      ...onEach(hears, { actions: queued }),
      ...onEach(closes, '.closed'),
      ...onEach([reports, givesUp], onOwed),
    },
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
              guard: ({ event }) => read(answerOf(event.output)).kind === 'plan',
              target: 'going',
              actions: assign(({ context, event }) => ({
                ...begun(read(answerOf(event.output))),
                messages: [...context.messages, { role: 'model', text: answerOf(event.output).text }],
              })),
            },
            {
              target: 'byHand',
              actions: assign(({ event }) => begun(read(answerOf(event.output)))),
            },
          ],
          onError: { target: 'byHand', actions: assign({ why: ({ event }) => errorOf(event.error) }) },
        },
        on: { 'parapet.denied': { target: 'stuck', actions: sayWhy } },
      },
      // The model has no plan that can be followed.
      byHand: {
        always: [
          {
            guard: ({ context }) => context.replans === 0 && readFixed(context).kind === 'plan',
            target: 'going',
            actions: assign(({ context }) => begun(readFixed(context))),
          },
          {
            target: 'stuck',
            actions: assign({ why: ({ context }) => noPlan(context) }),
          },
        ],
      },
      going: {
        id: 'going',
        initial: 'choosing',
        states: {
          choosing: {
            always: [
              {
                guard: ({ context }) => context.steps.every(({ state }) => state === 'done'),
                target: '#done',
              },
              {
                guard: ({ context }) => isStopped(context) && context.replans >= replansMax,
                target: '#stuck',
              },
              { guard: ({ context }) => isStopped(context), target: '#ready', actions: assign(replanned) },
              {
                guard: ({ context }) => startable(context, parallelMax) > 0,
                target: 'assigning',
                actions: assign({ next: ({ context }) => startable(context, parallelMax) }),
              },
              { target: 'waiting' },
            ],
          },
          assigning: {
            after: {
              0: {
                target: 'choosing',
                actions: kind.enqueueActions(({ context, enqueue }) => {
                  const step = context.steps[context.next - 1]
                  if (!step) return
                  const { worker, task } = step
                  const fields = { text: task, found: knownTo(step, context) }
                  enqueue({ type: 'send', params: { to: worker, message: assigns, fields } })
                  enqueue.raise({ type: LATE, worker }, { id: timerOf(worker), delay: stepTimeoutMs })
                  const steps = context.steps.map((each) =>
                    each === step ? { ...each, state: 'taken' as const } : each,
                  )
                  enqueue.assign({ steps, next: 0 })
                }),
              },
            },
            on: {
              'parapet.denied': {
                target: 'choosing',
                actions: kind.assign(({ event }) =>
                  isDenied(event) ? { next: 0, wrong: feedbackOf(event), why: whyDenied(event) } : {},
                ),
              },
            },
          },
          waiting: {},
        },
        on: {
          [reports]: [{ guard: 'isTaken', target: '.choosing', actions: reported }, onOwed],
          [givesUp]: [{ guard: 'isTaken', target: '.choosing', actions: gaveUp }, onOwed],
          'parapet.refused': {
            guard: 'isRefused',
            target: '#stuck',
            actions: abandoned(({ to }) => String(to), false, 'was not allowed to take the step'),
          },
          [LATE]: {
            guard: 'isLate',
            target: '#stuck',
            actions: abandoned(({ worker }) => String(worker), true, 'did not report in time'),
          },
        },
      },
      done: {
        id: 'done',
        after: {
          0: {
            target: 'idle',
            actions: kind.enqueueActions(({ context: { goal, steps }, enqueue }) =>
              enqueue(saying(says, goal, { text: steps.at(-1)?.found ?? '' })),
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

function begun(plan: ReturnType<typeof planIn>): Partial<PlannerContext> {
  if (plan.kind === 'unfit') return { why: plan.fault }
  return {
    steps: plan.steps.map((step) => ({ ...step, state: 'open', found: '' })),
    next: 0,
    wrong: '',
    why: '',
  }
}

/** Something went wrong, and nothing is under way any more. */
function isStopped({ wrong, steps }: PlannerContext): boolean {
  return wrong !== '' && steps.every(({ state }) => state !== 'taken')
}

/** The first step whose needs are met and whose worker is free; 0: none, or enough are under way. */
function startable({ steps, wrong }: PlannerContext, parallelMax: number): number {
  const taken = steps.filter(({ state }) => state === 'taken')
  if (wrong !== '' || taken.length >= parallelMax) return 0
  const at = steps.findIndex(
    ({ state, worker, needs }) =>
      state === 'open' &&
      taken.every((other) => other.worker !== worker) &&
      needs.every((need) => steps[need - 1]?.state === 'done'),
  )
  return at + 1
}

function knownTo({ needs }: Step, { steps, found }: PlannerContext): string[] {
  const needed = steps.filter((_, at) => needs.includes(at + 1))
  return [...found, ...needed.map((step) => step.found)]
}

function takenBy({ steps }: PlannerContext, worker: unknown): Step | undefined {
  return steps.find((step) => step.state === 'taken' && step.worker === worker)
}

function withStep(context: PlannerContext, worker: unknown, change: Partial<Step>): Step[] {
  const taken = takenBy(context, worker)
  return context.steps.map((step) => (step === taken ? { ...step, ...change } : step))
}

/** The model plans the rest anew, knowing what was found and what went wrong. */
function replanned({ context }: { context: PlannerContext }): Partial<PlannerContext> {
  const { messages, replans, steps, wrong } = context
  const found = [...context.found, ...steps.flatMap((step) => (step.state === 'done' ? [step.found] : []))]
  const known = found.length > 0 ? ` Found so far: ${found.join(' / ')}` : ''
  return {
    replans: replans + 1,
    found,
    messages: [...messages, { role: 'user', text: `${wrong} Plan the remaining steps anew.${known}` }],
  }
}

function timerOf(worker: string): string {
  return `late ${worker}`
}
