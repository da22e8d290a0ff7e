/**
 * What texts mean, by embeddings: resemblance, topic, grounding. Cosines from 0 to 1; how high a cosine is high depends on the
 * model, so thresholds are calibrated (`parapet calibrate`). An embedding hardly sees a negation or a changed number: numbers
 * are therefore compared themselves, and what a claim denies is left to a model that reads (`model-judge.ts`).
 */
import type { Evidence } from '#dsl/judge/grounds.ts'
import type { Json } from '#dsl/judge/step.ts'
import type { Detector } from '#runtime/fleet/definition.ts'
import { type Embedder, hasWords, similarity } from './embedder.ts'
import { textIn, textsIn } from './input.ts'
import { claimsOf, figuresOf, sentencesOf, statementsOf } from './sentences.ts'

/** Pieces of passages a claim is compared with; more are refused rather than left out. */
export const PASSAGES_MAX = 1_000
/** Characters of the texts told with a score. */
const TOLD_CHARS = 200

export function meaningDetectors(embedder: Embedder): Readonly<Record<string, Detector>> {
  const compare = async (
    texts: readonly string[],
    others: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly Best[] | string> => {
    const embedded = await embedder.embed([...texts, ...others], signal)
    if (embedded.kind === 'failed') return embedded.why
    const mine = embedded.vectors.slice(0, texts.length)
    const theirs = embedded.vectors.slice(texts.length)
    return texts.map((text, at) => best(text, mine[at]!, others, theirs))
  }
  const found = (score: number, more: Record<string, Json> = {}): Evidence => ({
    kind: 'found',
    value: { score: rounded(score), model: embedder.model, ...more },
  })

  return {
    async resemblance(input, { signal }) {
      const compared = await compare([textIn(input)], textsIn(input), signal)
      if (typeof compared === 'string') return { kind: 'failed', why: compared }
      return found(compared[0]!.score, { nearest: told(compared[0]!.nearest) })
    },
    async topic(input, { signal }) {
      const text = textIn(input)
      const compared = await compare([text, ...statementsOf(text)], textsIn(input), signal)
      if (typeof compared === 'string') return { kind: 'failed', why: compared }
      const most = compared.reduce((a, b) => (b.score > a.score ? b : a))
      return found(most.score, { sentence: told(most.text) })
    },
    async grounding(input, { signal }) {
      const claims = claimsOf(textIn(input))
      const said = numbersIn(textsIn(input).join('\n'))
      const strange = figuresOf(textIn(input)).find((figure) => !numbersIn(figure).isSubsetOf(said))
      if (strange !== undefined) return found(0, { claim: told(strange) })
      if (claims.length === 0) return found(1)
      const passages = Array.from(new Set(textsIn(input).flatMap(piecesOf)))
      if (passages.length > PASSAGES_MAX)
        return { kind: 'failed', why: `over ${PASSAGES_MAX} pieces of passages to compare with` }
      const compared = await compare(claims, passages, signal)
      if (typeof compared === 'string') return { kind: 'failed', why: compared }
      const supported = compared.map((claim) =>
        numbersIn(claim.text).isSubsetOf(said) ? claim : { ...claim, score: 0 },
      )
      const least = supported.reduce((a, b) => (b.score < a.score ? b : a))
      return found(least.score, { claim: told(least.text), nearest: told(least.nearest) })
    },
  }
}

interface Best {
  readonly text: string
  readonly score: number
  readonly nearest: string
}

function best(
  text: string,
  vector: Float32Array,
  others: readonly string[],
  vectors: readonly Float32Array[],
): Best {
  let [score, nearest] = [0, '']
  vectors.forEach((other, at) => {
    const near = others[at] === text && hasWords(text) ? 1 : similarity(vector, other)
    if (near > score) [score, nearest] = [near, others[at]!]
  })
  return { text, score, nearest }
}

/** A passage, its sentences, and neighbours together: a claim may join two of them. */
function piecesOf(passage: string): string[] {
  const sentences = sentencesOf(passage)
  const pairs = sentences.slice(1).map((sentence, at) => `${sentences[at]} ${sentence}`)
  return [passage, ...sentences, ...pairs]
}

/** Numbers without their separators, so that 1,250.00 and 1250 are one. */
function numbersIn(text: string): Set<string> {
  return new Set(Array.from(text.matchAll(/\d[\d,.']*/g), ([number]) => plainNumber(number)))
}

function plainNumber(written: string): string {
  const trimmed = written.replace(/[,.']+$/, '').replace(/[,'](?=\d{3})/g, '')
  return Number.isNaN(Number(trimmed)) ? trimmed : String(Number(trimmed))
}

const told = (text: string): string => text.slice(0, TOLD_CHARS)
/** Few enough digits that a score reads well, enough that thresholds never notice. */
const rounded = (score: number): number => Math.round(Math.min(1, Math.max(0, score)) * 10_000) / 10_000
