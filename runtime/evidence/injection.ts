/**
 * Does a text try to give orders to the agent that reads it? Signs (`injection-rules.ts`) and what the text means, weighed by a small
 * logistic model over each window of the text; the highest counts. Trained by `bench/efficacy/train-injection.ts`.
 */
import type { Detector } from '#runtime/fleet/definition.ts'
import type { Embedder } from './embedder.ts'
import { signsIn } from './injection-rules.ts'
import { textIn } from './input.ts'
import { probability } from './logistic.ts'
import { windowsOf } from './sentences.ts'

export interface InjectionModel {
  /** Whose vectors it weighs. */
  readonly embedder: string
  /** Of the signs in their order, then of the vector. */
  readonly weights: readonly number[]
  readonly bias: number
}

const TOLD_CHARS = 200

export function injectionFeatures(text: string, vector: ArrayLike<number>): Float64Array {
  return Float64Array.from([...signsIn(text), ...Array.from(vector)])
}

/** Fails where the embedder is not the one it was trained with: its vectors would mean nothing. */
export function injectionDetector(embedder: Embedder, model: InjectionModel): Detector {
  return async (input, { signal }) => {
    if (embedder.model !== model.embedder)
      return {
        kind: 'failed',
        why: `its weights are for ${model.embedder}, the fleet embeds with ${embedder.model}`,
      }
    const windows = windowsOf(textIn(input))
    const embedded = await embedder.embed(windows, signal)
    if (embedded.kind === 'failed') return embedded
    const scores = windows.map((window, at) =>
      probability(model, injectionFeatures(window, embedded.vectors[at]!)),
    )
    const score = Math.max(...scores)
    // The first window is the whole text; its worst part says more.
    const parts = scores.length > 1 ? scores.slice(1) : scores
    const where = windows[scores.indexOf(Math.max(...parts))] ?? ''
    return {
      kind: 'found',
      value: {
        score: Math.round(score * 10_000) / 10_000,
        model: embedder.model,
        where: where.slice(0, TOLD_CHARS),
      },
    }
  }
}
