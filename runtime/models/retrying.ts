/** Layers that ask again: the same model after a pause, or the next in a chain. Costs of all tries add up. */
import type { Clock } from '#runtime/fleet/clock.ts'
import {
  after,
  type Cost,
  type Failed,
  failed,
  type Model,
  type ModelContext,
  type ModelOutcome,
  NOTHING,
  plus,
} from './model.ts'
import { pause } from './pause.ts'

export interface Retries {
  /** Times it is asked, the first included. */
  readonly triesMax: number
  /** Before the second try; twice as long before each next, and of that a random part from the half up. */
  readonly pauseMs: number
  readonly pauseMaxMs: number
  readonly clock: Clock
  /** From 0 up to 1, from a seed where runs have to repeat. */
  readonly random: () => number
}

/** Asks again when it is busy, down, late or talks nonsense. What somebody has heard in part is not said twice. */
export function retrying(model: Model, { triesMax, pauseMs, pauseMaxMs, clock, random }: Retries): Model {
  return {
    name: model.name,
    costAtMost: (request) => times(model.costAtMost(request), triesMax),
    async generate(request, context) {
      let spent: Cost = NOTHING
      for (let tried = 1; ; tried++) {
        const { outcome, wasHeard } = await listened(model, request, context)
        if (outcome.kind === 'answered' || !isPassing(outcome) || wasHeard || tried >= triesMax)
          return after(spent, outcome)
        spent = plus(spent, outcome.cost)
        const full = Math.min(pauseMs * 2 ** (tried - 1), pauseMaxMs)
        // Fleets that were turned away together do not come back together.
        const ms = Math.max(full * (0.5 + random() / 2), outcome.retryAfterMs ?? 0)
        if (!(await pause(clock, ms, context.signal)))
          return failed('cancelled', 'cancelled between tries', spent)
      }
    },
  }
}

/** The first that answers; each next is asked when the one before could not. Only a cancelled call ends the chain early. */
export function firstOf(first: Model, ...others: readonly Model[]): Model {
  const models = [first, ...others]
  return {
    name: models.map(({ name }) => name).join(', else '),
    costAtMost: (request) => models.map((model) => model.costAtMost(request)).reduce(plus),
    async generate(request, context) {
      let spent: Cost = NOTHING
      const errors: string[] = []
      for (const model of models) {
        const { outcome, wasHeard } = await listened(model, request, context)
        if (outcome.kind === 'answered' || outcome.why === 'cancelled' || wasHeard)
          return after(spent, outcome)
        spent = plus(spent, outcome.cost)
        errors.push(models.length === 1 ? outcome.error : `${model.name}: ${outcome.error}`)
        if (model === models.at(-1)) return { ...outcome, error: errors.join('; '), cost: spent }
      }
      throw new Error('a chain has a last model')
    },
  }
}

function isPassing({ why }: Failed): boolean {
  return why === 'busy' || why === 'down' || why === 'late' || why === 'nonsense'
}

async function listened(
  model: Model,
  request: Parameters<Model['generate']>[0],
  context: ModelContext,
): Promise<{ outcome: ModelOutcome; wasHeard: boolean }> {
  let wasHeard = false
  const { hear } = context
  const listening: ModelContext = hear
    ? {
        ...context,
        hear(words) {
          wasHeard = true
          hear(words)
        },
      }
    : context
  return { outcome: await model.generate(request, listening), wasHeard }
}

function times(cost: Cost, by: number): Cost {
  return Array.from({ length: by }, () => cost).reduce(plus)
}
