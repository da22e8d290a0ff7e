/** What runs on a model's thread, and breaks where a text tells it to. Says `[its thread, length]` of every other text. */
import { threadId } from 'node:worker_threads'
import { answerWith } from './on-model-thread.ts'

answerWith(async () => async (texts) => {
  if (texts.includes('exit')) process.exit(3)
  if (texts.includes('throw'))
    setImmediate(() => {
      throw new Error('out of memory')
    })
  if (texts.includes('throw') || texts.includes('hang')) return new Promise(() => {})
  return texts.map((text) => [threadId, text.length])
})
