/** A library with the shape of Transformers.js' feature extraction, over vectors of words: what its adapter is held to. */
import { vectorOfWords } from './words-embedder.fixture.ts'

export async function pipeline(task: string, model: string) {
  if (task !== 'feature-extraction' || model !== 'words') throw new Error(`no ${task} with ${model}`)
  return async (
    texts: readonly string[],
    options: { readonly pooling: string; readonly normalize: boolean },
  ) => {
    if (options.pooling !== 'mean' || !options.normalize) throw new Error('one vector of length 1 for a text')
    return { tolist: () => texts.map((text) => Array.from(vectorOfWords(text))) }
  }
}
