/** What models cost, by model: calls, money, tokens and how long answers took, counted from committed turns. */
import type { Json } from '#dsl/judge/step.ts'
import { isObject } from '#dsl/judge/values.ts'
import type { Spent } from '#runtime/fleet/definition.ts'
import type { TurnRecord } from '#runtime/fleet/record.ts'
import { Histogram } from './histogram.ts'

export interface Spender {
  /** Answers, or gatherings of detectors. */
  calls: number
  /** In the unit of the fleet's prices. */
  amount: number
  tokens: number
  /** Milliseconds, of those who say it. */
  readonly latency: Histogram
}

/** Failures that cost something say no model. */
export const NO_ANSWER = 'no answer'
/** Looks of detectors that name no model. */
export const DETECTORS = 'detectors'

const MICRO = 1_000_000

export class Spending {
  readonly by = new Map<string, Spender>()

  add({ input, outcome }: TurnRecord): void {
    // What is put aside comes again; what is ignored came for nobody.
    if (outcome === 'deferred' || outcome === 'ignored') return
    if (input.kind === 'result' && input.spent) {
      const { model, latencyMs } = answerIn(input.value)
      this.#count(model ?? NO_ANSWER, input.spent, latencyMs)
    } else if (input.kind === 'failure' && input.spent && input.spent.tokens > 0)
      this.#count(NO_ANSWER, input.spent)
    else if (input.kind === 'found' && input.spent) {
      const models = Object.values(input.evidence).map((found) =>
        found.kind === 'found' ? answerIn(found.value).model : undefined,
      )
      this.#count(models.find((model) => model !== undefined) ?? DETECTORS, input.spent)
    }
  }

  #count(name: string, { amount, tokens }: Spent, latencyMs?: number): void {
    let spender = this.by.get(name)
    if (!spender) {
      spender = { calls: 0, amount: 0, tokens: 0, latency: new Histogram() }
      this.by.set(name, spender)
    }
    spender.calls++
    spender.amount = Math.round((spender.amount + amount) * MICRO) / MICRO
    spender.tokens += tokens
    if (latencyMs !== undefined) spender.latency.add(latencyMs)
  }
}

function answerIn(value: Json): { readonly model?: string; readonly latencyMs?: number } {
  if (!isObject(value)) return {}
  const { model, latencyMs } = value
  return {
    ...(typeof model === 'string' && { model }),
    ...(typeof latencyMs === 'number' && { latencyMs }),
  }
}
