/** Embeddings of any OpenAI-compatible endpoint (`POST {base}/embeddings`). */
import { type Embedder, embedWords } from './embedder.ts'
import { postJson } from './post-json.ts'

export interface EndpointOptions {
  /** Such as `http://127.0.0.1:11434/v1`. */
  readonly baseUrl: string
  readonly model: string
  readonly dimensions: number
  readonly apiKey?: string
  readonly timeoutMs?: number
}

export function endpointEmbedder(options: EndpointOptions): Embedder {
  const { baseUrl, model, dimensions, apiKey, timeoutMs = 10_000 } = options
  return {
    model,
    dimensions,
    embed: (texts, signal) =>
      embedWords(texts, dimensions, async (input) => {
        const answer = await postJson(
          `${baseUrl.replace(/\/$/, '')}/embeddings`,
          { model, input: [...input] },
          {
            timeoutMs,
            ...(apiKey === undefined ? {} : { apiKey }),
            ...(signal === undefined ? {} : { signal }),
          },
        )
        return vectorsIn(answer)
      }),
  }
}

/** Endpoints may answer out of order: `index` says which text a vector is of. */
function vectorsIn(answer: unknown): number[][] {
  const data = typeof answer === 'object' && answer !== null && 'data' in answer ? answer.data : undefined
  if (!Array.isArray(data)) throw new Error('the endpoint gave no list `data`')
  const vectors: number[][] = []
  data.forEach((item: unknown, place) => {
    if (typeof item !== 'object' || item === null || !('embedding' in item)) return
    const { embedding } = item
    const index = 'index' in item && typeof item.index === 'number' ? item.index : place
    if (Array.isArray(embedding) && embedding.every((value) => typeof value === 'number'))
      vectors[index] = embedding
  })
  return vectors
}
