/**
 * Answers that are JSON of a schema: what can be mended is mended, what cannot is asked for again with what was wrong with it,
 * and after the last try a plain function of the request answers, or nobody does. Nothing is believed unchecked.
 */
import type { Json } from '#dsl/judge/step.ts'
import type { Schema } from '#runtime/tools/schema.ts'
import {
  type Answered,
  after,
  type Cost,
  failed,
  type Model,
  type ModelRequest,
  NOTHING,
  plus,
} from './model.ts'

export interface StructuredOptions {
  readonly schema: Schema<Json>
  /** Times the model is asked, the first included. */
  readonly triesMax?: number
  /** The answer when the model has none that fits. Deterministic: the same request, the same answer. */
  readonly otherwise?: (request: ModelRequest, faults: readonly string[]) => Json
}

export const STRUCTURED_TRIES_MAX = 3
/** What is shown again of an answer that did not fit. */
const SHOWN_CHARS_MAX = 4_000

export function structured(model: Model, options: StructuredOptions): Model {
  const { schema, triesMax = STRUCTURED_TRIES_MAX, otherwise } = options
  const asking = (request: ModelRequest): ModelRequest => ({ ...request, output: schema.json })
  return {
    name: model.name,
    costAtMost(request) {
      let [cost, last]: [Cost, ModelRequest] = [NOTHING, asking(request)]
      for (let tried = 1; tried <= triesMax; tried++) {
        cost = plus(cost, model.costAtMost(last))
        last = askedAgain(last, 'x'.repeat(SHOWN_CHARS_MAX), ['x'.repeat(SHOWN_CHARS_MAX)])
      }
      return { ...cost, known: false }
    },
    async generate(request, { signal }) {
      let spent: Cost = NOTHING
      let asked = asking(request)
      for (let tried = 1; ; tried++) {
        const outcome = await model.generate(asked, { signal })
        if (outcome.kind === 'failed') {
          if (outcome.why === 'cancelled' || !otherwise) return after(spent, outcome)
          return without(plus(spent, outcome.cost), [outcome.error])
        }
        // It wants to act first: the answer comes later.
        if (outcome.calls.length > 0) return after(spent, outcome)
        const read = readAnswer(schema, outcome.text)
        if (read.kind === 'fits') return after(spent, { ...outcome, value: read.value })
        spent = plus(spent, outcome.cost)
        if (tried >= triesMax)
          return otherwise
            ? without(spent, read.faults)
            : failed('unfit', `the answer does not fit: ${read.faults.join('; ')}`, spent)
        asked = askedAgain(asked, outcome.text, read.faults)
      }

      function without(cost: Cost, faults: readonly string[]): Answered {
        const value = otherwise!(request, faults)
        const text = JSON.stringify(value)
        return {
          kind: 'answered',
          text,
          value,
          calls: [],
          ended: 'whole',
          cost,
          latencyMs: 0,
          model: 'otherwise',
        }
      }
    },
  }
}

function askedAgain(request: ModelRequest, text: string, faults: readonly string[]): ModelRequest {
  const feedback = `This is not what was asked for: ${faults.join('; ')}\nAnswer again, with JSON of the schema only.`
  return {
    ...request,
    messages: [
      ...request.messages,
      { role: 'model', text: text.slice(0, SHOWN_CHARS_MAX) },
      { role: 'user', text: feedback.slice(0, SHOWN_CHARS_MAX) },
    ],
  }
}

type ReadAnswer =
  | { readonly kind: 'fits'; readonly value: Json }
  | { readonly kind: 'unfit'; readonly faults: readonly string[] }

function readAnswer(schema: Schema<Json>, text: string): ReadAnswer {
  let faults: readonly string[] = ['it is no JSON']
  for (const written of spellings(text)) {
    const value = parsed(written)
    if (value === undefined) continue
    const read = schema.read(value)
    if (read.kind === 'fits') return { kind: 'fits', value: read.value }
    faults = read.faults
  }
  return { kind: 'unfit', faults }
}

/** As written; then without words or a code fence around it; then without commas before a closing bracket. */
function* spellings(text: string): Iterable<string> {
  yield text
  const from = text.search(/[[{]/)
  const to = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'))
  if (from === -1 || to < from) return
  const inner = text.slice(from, to + 1)
  yield inner
  yield withoutLooseCommas(inner)
}

function withoutLooseCommas(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|,(?=\s*[\]}])/gs, (found) => (found === ',' ? '' : found))
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    // What a model wrote is no JSON; the next spelling may be.
    return undefined
  }
}
