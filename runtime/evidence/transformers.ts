/** Sentence models through Transformers.js, for whoever has installed it: from a folder, or downloaded from the hub. */
import { existsSync } from 'node:fs'
import { basename, extname, isAbsolute, join } from 'node:path'
import { type Embedder, embedWords, Unusable } from './embedder.ts'
import { modelThread } from './model-thread.ts'

export interface TransformersOptions {
  /** A folder, absolute or beginning with `.`, or a name on the hub: `Xenova/all-MiniLM-L6-v2`. */
  readonly model: string
  readonly dimensions: number
  /** How a sentence's vector is made of its words'; `mean` unless the model's card says otherwise. */
  readonly pooling?: 'mean' | 'cls'
  /** Which of the model's files: `fp32` (`onnx/model.onnx`) unless given; `q8` is a quarter of it (`onnx/model_quantized.onnx`). */
  readonly dtype?: 'fp32' | 'fp16' | 'q8' | 'int8' | 'uint8' | 'q4'
  /** Processor cores it computes on; 1 unless given, the others are the fleet's. */
  readonly coresMax?: number
  /** Where it keeps what it downloads; beside the library unless given. */
  readonly cacheDir?: string
  /** What is imported, as Parapet sees it; `import.meta.resolve('@huggingface/transformers')` names it as the fleet file does. */
  readonly library?: string
}

/** As the thread is told. */
export interface TransformersSettings {
  readonly library: string
  readonly model: string
  readonly pooling: 'mean' | 'cls'
  readonly options: {
    readonly dtype: string
    readonly local_files_only: boolean
    readonly cache_dir?: string
    readonly session_options: { readonly intraOpNumThreads: number }
  }
}

/**
 * Nothing is loaded before the first text; then on a thread of its own, where the library's computing holds up nobody. Memory records
 * the model by its name or folder, with what makes its vectors others: pooling and type.
 */
export function transformersEmbedder(options: TransformersOptions): Embedder {
  const { model, dimensions, pooling = 'mean', dtype = 'fp32', coresMax = 1, cacheDir } = options
  const { library = '@huggingface/transformers' } = options
  const isFolder = isAbsolute(model) || model.startsWith('.')
  const settings: TransformersSettings = {
    library,
    model,
    pooling,
    options: {
      dtype,
      local_files_only: isFolder,
      ...(cacheDir !== undefined && { cache_dir: cacheDir }),
      session_options: { intraOpNumThreads: coresMax },
    },
  }
  const thread = modelThread(
    new URL(`./transformers-worker${extname(import.meta.url)}`, import.meta.url),
    settings,
  )
  return {
    model: `${isFolder ? basename(model) : model} (${pooling}, ${dtype})`,
    dimensions,
    embed: (texts) =>
      embedWords(texts, dimensions, async (worded) => {
        if (isFolder && !existsSync(join(model, 'config.json')))
          throw new Unusable(
            `there is no model in ${model}: it takes config.json, tokenizer.json, tokenizer_config.json and onnx/model.onnx`,
          )
        return thread.ask(worded)
      }),
    close: thread.close,
  }
}
