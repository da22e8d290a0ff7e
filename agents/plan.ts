/** A plan: steps for workers, and which of them need which. Read from what a model says, refused with what is wrong with it. */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { isObject } from '#dsl/judge/values.ts'

/** One step: a worker's role, and what it is to do. */
export type PlanStep = {
  worker: string
  task: string
  /** Numbers of the steps, from 1 as they stand in the plan, whose findings it needs; all before it unless given. */
  needs?: number[]
}

/** What each worker can do, by its role. */
export type Workers = Readonly<Record<string, string>>

export type ReadPlan =
  | { readonly kind: 'plan'; readonly steps: readonly Required<PlanStep>[] }
  | { readonly kind: 'unfit'; readonly fault: string }

export function planIn(value: Json | undefined, workers: Workers, stepsMax: number): ReadPlan {
  if (value === undefined) return unfit('what was said is no JSON')
  const given = isObject(value) ? value['steps'] : value
  if (!Array.isArray(given) || given.length === 0) return unfit('it has no steps')
  if (given.length > stepsMax) return unfit(`it has ${given.length} steps, ${stepsMax} are allowed`)
  const steps: Required<PlanStep>[] = []
  for (const [at, step] of given.entries()) {
    const read = stepIn(step, at, given.length, workers)
    if (typeof read === 'string') return unfit(`step ${at + 1} ${read}`)
    steps.push(read)
  }
  const circle = circleIn(steps)
  return circle === undefined
    ? { kind: 'plan', steps }
    : unfit(
        circle.length === 1
          ? `step ${circle[0]} waits for itself`
          : `steps ${circle.join(' and ')} wait for one another`,
      )
}

function unfit(fault: string): ReadPlan {
  return { kind: 'unfit', fault }
}

/** A text: what is wrong with it. */
function stepIn(step: Json, at: number, count: number, workers: Workers): Required<PlanStep> | string {
  if (!isObject(step)) return 'is no step'
  const { worker, task, needs = Array.from({ length: at }, (_, before) => before + 1) } = step
  if (typeof worker !== 'string' || typeof task !== 'string') return 'lacks a worker or a task'
  if (!Object.hasOwn(workers, worker)) return `is for \`${worker}\`, who is no worker`
  if (!Array.isArray(needs)) return 'has needs that are no list'
  const numbers: number[] = []
  for (const need of needs) {
    if (typeof need !== 'number' || !Number.isInteger(need) || need < 1 || need > count)
      return `needs step ${JSON.stringify(need)}, of which there is none`
    numbers.push(need)
  }
  return { worker, task, needs: numbers }
}

/** What is left when all that can be done is done; undefined: nothing. */
function circleIn(steps: readonly Required<PlanStep>[]): readonly number[] | undefined {
  const left = new Map(steps.map(({ needs }, at) => [at + 1, needs]))
  for (let before = -1; before !== left.size; ) {
    before = left.size
    for (const [number, needs] of left) if (!needs.some((need) => left.has(need))) left.delete(number)
  }
  return left.size === 0 ? undefined : Array.from(left.keys())
}

/** For a model's prompt. */
export function planningRules(workers: Workers, stepsMax: number): string {
  const lines = Object.entries(workers).map(([role, does]) => `- ${role}: ${does}`)
  return [
    `Plan at most ${stepsMax} steps, each for one of these workers.`,
    ...lines,
    'Steps count from 1. "needs" lists the steps whose findings a step needs, [] for none: steps that do not need each other are done at once. Without "needs" a step waits for all before it. What the last step finds is the answer.',
  ].join('\n')
}

export function planSchema(workers: Workers, stepsMax: number): JsonObject {
  const step = {
    type: 'object',
    properties: {
      worker: { type: 'string', enum: Object.keys(workers) },
      task: { type: 'string' },
      needs: { type: 'array', items: { type: 'integer', minimum: 1, maximum: stepsMax } },
    },
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
