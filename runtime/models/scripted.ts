/** A model that says what it was told to, for tests, simulation and fleets without a provider. */
import {
  type Answered,
  failed,
  type Model,
  type ModelOutcome,
  type ModelRequest,
  type ToolCall,
} from './model.ts'
import { costAtMost, costOf, FREE, type Price } from './price.ts'

export type Said = string | { readonly text?: string; readonly calls: readonly ToolCall[] }

/** `say` is a function of the request alone, so that runs repeat; undefined: it has nothing to say. */
export function scripted(
  name: string,
  say: (request: ModelRequest) => Said | undefined,
  price: Price = FREE,
): Model {
  return {
    name,
    costAtMost: (request) => costAtMost(request, price),
    async generate(request, { signal, hear }): Promise<ModelOutcome> {
      if (signal.aborted) return failed('cancelled', 'cancelled before it was asked')
      const said = say(request)
      if (said === undefined) return failed('refused', 'the script has no answer to this')
      const { text = '', calls }: Exclude<Said, string> =
        typeof said === 'string' ? { text: said, calls: [] } : said
      if (text !== '') hear?.(text)
      return answer(name, request, text, calls, price)
    },
  }
}

/** Tokens are counted as words, for want of a tokenizer. */
function answer(
  model: string,
  request: ModelRequest,
  text: string,
  calls: readonly ToolCall[],
  price: Price,
): Answered {
  const cost = costOf(
    { inputTokens: wordsIn(JSON.stringify(request.messages)), outputTokens: wordsIn(text), cachedTokens: 0 },
    price,
  )
  const ended = calls.length > 0 ? 'to call' : 'whole'
  return { kind: 'answered', text, calls, ended, cost, latencyMs: 0, model }
}

function wordsIn(text: string): number {
  return text.split(/\s+/).filter((word) => word !== '').length
}
