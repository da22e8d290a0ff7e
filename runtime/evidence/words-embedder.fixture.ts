/** An embedder whose vectors count words: near when words are shared. Real enough where meaning does not matter. */
import { type Embedder, embedWords } from './embedder.ts'

const DIMENSIONS = 64

export function vectorOfWords(text: string): number[] {
  const vector = new Array<number>(DIMENSIONS).fill(0)
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    let hash = 7
    for (const char of word) hash = (hash * 31 + char.codePointAt(0)!) % 65_521
    vector[hash % DIMENSIONS]! += 1
  }
  return vector
}

export function wordsEmbedder(): Embedder & { readonly batches: readonly (readonly string[])[] } {
  const batches: (readonly string[])[] = []
  return {
    model: 'words',
    dimensions: DIMENSIONS,
    batches,
    embed(texts) {
      batches.push(texts)
      return embedWords(texts, DIMENSIONS, async (worded) => worded.map(vectorOfWords))
    },
  }
}
