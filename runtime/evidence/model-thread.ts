/**
 * A sentence model on a thread of its own: it computes for milliseconds a sentence, which the fleet's loop must not pay. The thread
 * starts with the first text and keeps the process alive only while somebody waits. The other side is `on-model-thread.ts`.
 */
import { Worker } from 'node:worker_threads'
import { Unusable } from './embedder.ts'

export interface Question {
  readonly id: number
  readonly texts: string[]
}

export type Answer = { readonly id: number } & (
  | { readonly vectors: number[][] }
  /** `lasting`: it could not be loaded. */
  | { readonly why: string; readonly lasting: boolean }
)

export interface ModelThread {
  /** Rejects with the model's own words; `Unusable` where it could not be loaded. */
  ask(texts: readonly string[]): Promise<number[][]>
  close(): Promise<void>
}

interface Waiting {
  readonly resolve: (vectors: number[][]) => void
  readonly reject: (why: Error) => void
}

/** `file` runs on the thread, and reads `data` there. */
export function modelThread(file: URL, data?: unknown): ModelThread {
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
    const made = new Worker(file, { workerData: data })
    made.unref()
    made.on('message', (answer: Answer) => {
      const waits = waiting.get(answer.id)
      waiting.delete(answer.id)
      if (waiting.size === 0) made.unref()
      if ('vectors' in answer) waits?.resolve(answer.vectors)
      else waits?.reject(answer.lasting ? new Unusable(answer.why) : new Error(answer.why))
    })
    made.on('error', (cause) => {
      if (worker === made) lost(`the model's thread failed: ${String(cause)}`)
    })
    made.on('exit', () => {
      if (worker === made) lost("the model's thread ended")
    })
    worker = made
    return made
  }

  return {
    ask: (texts) =>
      new Promise((resolve, reject) => {
        const id = next++
        waiting.set(id, { resolve, reject })
        const thread = started()
        thread.ref()
        const question: Question = { id, texts: [...texts] }
        thread.postMessage(question)
      }),
    async close() {
      const ending = worker
      // First: who asks while it ends has a new one.
      lost('the model was closed')
      await ending?.terminate()
    },
  }
}
