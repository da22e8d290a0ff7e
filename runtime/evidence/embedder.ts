/**
 * Texts as vectors whose angle tells how near their meanings are. The model's name and its dimensions travel with it: vectors
 * of two models cannot be compared.
 */
export interface Embedder {
  /** Names model and version, e.g. `use-lite-en@0.2`; recorded wherever vectors or scores are. */
  readonly model: string
  readonly dimensions: number
  /** One vector of length 1 for each text, in order; a text without a word in it gives the zero vector. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<Embedded>
  close?(): Promise<void>
}

export type Embedded =
  | { readonly kind: 'vectors'; readonly vectors: readonly Float32Array[] }
  /** `lasting`: asking again would not help; something has to be mended. */
  | { readonly kind: 'failed'; readonly why: string; readonly lasting?: true }

/** Characters of a text that models read; the rest is cut, since they read no further either. */
export const EMBED_CHARS_MAX = 2_000

/** The cosine of two vectors of length 1, −1 to 1. */
export function similarity(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

export function normalised(vector: ArrayLike<number>): Float32Array {
  const length = Math.hypot(...Array.from(vector))
  return Float32Array.from(vector, (value) => (length === 0 ? 0 : value / length))
}

export const hasWords = (text: string): boolean => /[\p{L}\p{N}]/u.test(text)

/** Thrown by what makes vectors, where asking again would not help. */
export class Unusable extends Error {
  override readonly name = 'Unusable'
}

/** Puts the vectors of what has words among zero vectors for what has none. */
export async function embedWords(
  texts: readonly string[],
  dimensions: number,
  embed: (texts: readonly string[]) => Promise<readonly ArrayLike<number>[]>,
): Promise<Embedded> {
  const worded = texts.filter(hasWords).map((text) => text.slice(0, EMBED_CHARS_MAX))
  try {
    const found = worded.length === 0 ? [] : await embed(worded)
    const wrong = found.find((vector) => vector.length !== dimensions)
    if (wrong !== undefined)
      throw new Unusable(
        `the model gives vectors of ${wrong.length} dimensions; the embedder says \`dimensions: ${dimensions}\``,
      )
    if (found.length !== worded.length)
      return { kind: 'failed', why: `the model gave ${found.length} vectors for ${worded.length} texts` }
    let next = 0
    const vectors = texts.map((text) =>
      hasWords(text) ? normalised(found[next++]!) : new Float32Array(dimensions),
    )
    return { kind: 'vectors', vectors }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    return { kind: 'failed', why, ...(cause instanceof Unusable && { lasting: true }) }
  }
}
