/** How the injection detector's weights are made from labelled texts. */
import type { Embedder } from './embedder.ts'
import { type InjectionModel, injectionFeatures } from './injection.ts'
import { type Example, train } from './logistic.ts'
import { windowsOf } from './sentences.ts'

export interface InjectionText {
  readonly text: string
  readonly label: 0 | 1
}

const INJECTION_TRAINING = { rounds: 400, rate: 1, ridge: 0.002 }

/** Every part of a harmless text is harmless; of a harmful one only the whole is known to be harmful. */
export async function trainInjection(
  embedder: Embedder,
  texts: readonly InjectionText[],
): Promise<InjectionModel> {
  const parts = texts.flatMap(({ text, label }) =>
    (label === 1 ? [text] : windowsOf(text)).map((part) => ({ part, label })),
  )
  const embedded = await embedder.embed(parts.map(({ part }) => part))
  if (embedded.kind === 'failed') throw new Error(embedded.why)
  const examples = parts.map(
    ({ part, label }, at): Example => ({ features: injectionFeatures(part, embedded.vectors[at]!), label }),
  )
  const { weights, bias } = train(examples, INJECTION_TRAINING)
  const short = (value: number) => Math.round(value * 10_000) / 10_000
  return { embedder: embedder.model, weights: weights.map(short), bias: short(bias) }
}
