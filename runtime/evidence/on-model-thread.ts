/** What runs on a model's thread (`model-thread.ts`): answers questions one after the other, failures in words. */
import { parentPort } from 'node:worker_threads'
import type { Answer, Question } from './model-thread.ts'

type Embed = (texts: string[]) => Promise<number[][]>

/** A model that could not be loaded is loaded anew when it is asked again: what was missing may have come. */
export function answerWith(load: () => Promise<Embed>): void {
  const port = parentPort
  if (port === null) throw new Error('this runs on a thread of its own')
  let loading: Promise<Embed> | undefined
  let last = Promise.resolve()
  const answer = async ({ id, texts }: Question): Promise<Answer> => {
    let embed: Embed
    loading ??= load()
    try {
      embed = await loading
    } catch (cause) {
      loading = undefined
      return { id, why: wordsOf(cause), lasting: true }
    }
    try {
      return { id, vectors: await embed(texts) }
    } catch (cause) {
      return { id, why: wordsOf(cause), lasting: false }
    }
  }
  port.on('message', (question: Question) => {
    last = last.then(async () => port.postMessage(await answer(question)))
  })
}

function wordsOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
