/** Runs a model of Transformers.js. */
import { workerData } from 'node:worker_threads'
import { answerWith } from './on-model-thread.ts'
import type { TransformersSettings } from './transformers.ts'

interface Library {
  readonly pipeline: (
    task: 'feature-extraction',
    model: string,
    options: TransformersSettings['options'],
  ) => Promise<Extract>
  readonly env?: { logLevel?: number }
}

type Extract = (
  texts: string[],
  options: { pooling: TransformersSettings['pooling']; normalize: boolean },
) => Promise<{ tolist(): number[][] }>

/** What it warns of (a type that was not named, say) is not for the fleet's terminal. */
const ERRORS_ONLY = 40

const { library, model, pooling, options }: TransformersSettings = workerData

answerWith(async () => {
  const loaded: unknown = await import(library).catch((cause: unknown) => {
    throw new Error(
      `\`${library}\` cannot be loaded (${firstLine(cause)}): run \`npm install ${library}\`, or say where it is: \`library: import.meta.resolve('${library}')\``,
    )
  })
  if (!isLibrary(loaded)) throw new Error(`\`${library}\` has no \`pipeline\``)
  if (loaded.env) loaded.env.logLevel = ERRORS_ONLY
  const extract = await loaded.pipeline('feature-extraction', model, options).catch((cause: unknown) => {
    const otherwise = options.local_files_only ? '' : '; without a network, give the folder its files are in'
    throw new Error(`the model ${model} cannot be loaded: ${firstLine(cause)}${otherwise}`)
  })
  return async (texts) => (await extract(texts, { pooling, normalize: true })).tolist()
})

function isLibrary(loaded: unknown): loaded is Library {
  return (
    typeof loaded === 'object' &&
    loaded !== null &&
    'pipeline' in loaded &&
    typeof loaded.pipeline === 'function'
  )
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n', 1)[0]!
}
