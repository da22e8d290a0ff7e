/** Sentence models through Transformers.js, for whoever has installed `@huggingface/transformers`: local files or downloaded. */
import { type Embedder, embedWords } from './embedder.ts'

export interface TransformersOptions {
  /** A name on the hub, or a folder: `Xenova/all-MiniLM-L6-v2`, `./models/minilm`. */
  readonly model: string
  readonly dimensions: number
  /** What is imported; another build of the library, say. */
  readonly library?: string
}

type Extract = (
  texts: string[],
  options: { pooling: 'mean'; normalize: boolean },
) => Promise<{ tolist(): number[][] }>

export function transformersEmbedder(options: TransformersOptions): Embedder {
  const { model, dimensions, library = '@huggingface/transformers' } = options
  let loading: Promise<Extract> | undefined
  return {
    model,
    dimensions,
    embed: (texts) =>
      embedWords(texts, dimensions, async (worded) => {
        loading ??= load(library, model)
        const extract = await loading
        return (await extract([...worded], { pooling: 'mean', normalize: true })).tolist()
      }),
  }
}

async function load(library: string, model: string): Promise<Extract> {
  const loaded: unknown = await import(library).catch((cause: unknown) => {
    throw new Error(`\`${library}\` cannot be loaded: run \`npm install ${library}\``, { cause })
  })
  if (typeof loaded !== 'object' || loaded === null || !('pipeline' in loaded))
    throw new Error(`\`${library}\` has no \`pipeline\``)
  const { pipeline } = loaded
  if (typeof pipeline !== 'function') throw new Error(`\`${library}\` has no \`pipeline\``)
  return pipeline('feature-extraction', model)
}
