/** Texts of rows and queries as vectors, in portions and with a deadline. What fails leaves the words to search by. */
import { type Embedder, hasWords } from '#runtime/evidence/embedder.ts'

/** Texts given to the embedder at once. */
export const EMBED_TEXTS_MAX = 256
/** For one portion. */
export const EMBED_TIMEOUT_MS = 20_000

export type Vectors =
  | { readonly kind: 'vectors'; readonly vectors: readonly (Float32Array | undefined)[] }
  /** `vectors` of the texts before the one that failed. */
  | {
      readonly kind: 'failed'
      readonly why: string
      readonly vectors: readonly (Float32Array | undefined)[]
    }

/** One for each text; undefined where it has no word in it. */
export async function embedAll(embedder: Embedder, texts: readonly string[]): Promise<Vectors> {
  const vectors: (Float32Array | undefined)[] = []
  for (let at = 0; at < texts.length; at += EMBED_TEXTS_MAX) {
    const some = texts.slice(at, at + EMBED_TEXTS_MAX)
    const found = await inTime(embedder, some)
    if (found.kind === 'failed') return { ...found, vectors }
    vectors.push(...found.vectors.map((vector, index) => (hasWords(some[index]!) ? vector : undefined)))
  }
  return { kind: 'vectors', vectors }
}

async function inTime(embedder: Embedder, texts: readonly string[]) {
  const signal = AbortSignal.timeout(EMBED_TIMEOUT_MS)
  const late = Promise.withResolvers<{ kind: 'failed'; why: string }>()
  const onLate = () => late.resolve({ kind: 'failed', why: `no vectors within ${EMBED_TIMEOUT_MS} ms` })
  signal.addEventListener('abort', onLate, { once: true })
  try {
    return await Promise.race([embedder.embed(texts, signal), late.promise])
  } catch (cause) {
    return { kind: 'failed', why: cause instanceof Error ? cause.message : String(cause) } as const
  } finally {
    signal.removeEventListener('abort', onLate)
  }
}
