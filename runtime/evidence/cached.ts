/**
 * An embedder asked from many sides at once: each text is embedded once, what arrives while a batch is out goes into the next
 * one, and the vectors of the texts last used are kept.
 *
 * Invariants:
 * 1. At most one batch of at most `batchMax` texts is out at a time; at most `queueMax` texts wait, more are refused.
 * 2. A text that waits already is not asked for again.
 * 3. A batch's failure is told to everyone who waits for it and is not kept.
 */
import type { Embedded, Embedder } from './embedder.ts'

export interface CacheLimits {
  readonly batchMax?: number
  readonly queueMax?: number
  /** Vectors kept. */
  readonly entriesMax?: number
}

type Found =
  | { readonly kind: 'vector'; readonly vector: Float32Array }
  | Extract<Embedded, { kind: 'failed' }>

export function cached(embedder: Embedder, limits: CacheLimits = {}): Embedder {
  const { batchMax = 32, queueMax = 4_096, entriesMax = 10_000 } = limits
  /** In order of last use. */
  const kept = new Map<string, Float32Array>()
  const waiting = new Map<string, Promise<Found>>()
  const queue: { readonly text: string; readonly tell: (found: Found) => void }[] = []
  let running = false

  const keep = (text: string, vector: Float32Array): void => {
    kept.delete(text)
    kept.set(text, vector)
    const [oldest] = kept.keys()
    if (kept.size > entriesMax && oldest !== undefined) kept.delete(oldest)
  }
  const run = async (): Promise<void> => {
    if (running) return
    running = true
    // What is asked for in one go goes out together.
    await Promise.resolve()
    while (queue.length > 0) {
      const batch = queue.splice(0, batchMax)
      const embedded = await embedder.embed(batch.map(({ text }) => text))
      batch.forEach(({ text, tell }, place) => {
        waiting.delete(text)
        if (embedded.kind === 'failed') tell(embedded)
        else {
          const vector = embedded.vectors[place]!
          keep(text, vector)
          tell({ kind: 'vector', vector })
        }
      })
    }
    running = false
  }
  const one = (text: string): Promise<Found> => {
    const known = kept.get(text)
    if (known !== undefined) {
      keep(text, known)
      return Promise.resolve({ kind: 'vector', vector: known })
    }
    const already = waiting.get(text)
    if (already !== undefined) return already
    if (queue.length >= queueMax)
      return Promise.resolve({ kind: 'failed', why: `more than ${queueMax} texts wait to be embedded` })
    const promise = new Promise<Found>((tell) => queue.push({ text, tell }))
    waiting.set(text, promise)
    void run()
    return promise
  }

  return {
    model: embedder.model,
    dimensions: embedder.dimensions,
    async embed(texts): Promise<Embedded> {
      const found = await Promise.all(texts.map(one))
      const vectors: Float32Array[] = []
      for (const each of found) {
        if (each.kind === 'failed') return each
        vectors.push(each.vector)
      }
      return { kind: 'vectors', vectors }
    },
    ...(embedder.close && { close: () => embedder.close!() }),
  }
}
