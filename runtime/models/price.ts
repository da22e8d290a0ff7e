/** What a call costs, by a table the fleet gives. Amounts are rounded up to a millionth, so that no sum comes out short. */
import type { Cost, ModelRequest } from './model.ts'

/** Money per million tokens, in the unit of the fleet's budgets. */
export interface Price {
  readonly inputPerMillion: number
  readonly outputPerMillion: number
  /** Read from the provider's cache; as other input when left out. */
  readonly cachedPerMillion?: number
}

/** A model that costs no money, such as one on this machine: its tokens count all the same. */
export const FREE: Price = { inputPerMillion: 0, outputPerMillion: 0 }

export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedTokens: number
}

/** A message, tool or schema costs some tokens beside its words. */
const FRAME_TOKENS = 16

export function costOf({ inputTokens, outputTokens, cachedTokens }: Usage, price: Price): Cost {
  const cached = Math.min(cachedTokens, inputTokens)
  const millionths =
    (inputTokens - cached) * price.inputPerMillion +
    cached * (price.cachedPerMillion ?? price.inputPerMillion) +
    outputTokens * price.outputPerMillion
  return { amount: Math.ceil(millionths) / 1_000_000, tokens: inputTokens + outputTokens, known: true }
}

/** No tokenizer makes more tokens than bytes, so the bytes of a request bound what it counts for. */
export function costAtMost(request: ModelRequest, price: Price): Cost {
  const { system = '', messages, tools = [], output, tokensMax } = request
  const parts = [system, ...messages, ...tools, ...(output === undefined ? [] : [output])]
  const inputTokens = parts.reduce((sum: number, part) => sum + bytesOf(part) + FRAME_TOKENS, 0)
  const dearest = Math.max(price.inputPerMillion, price.cachedPerMillion ?? 0)
  const cost = costOf(
    { inputTokens, outputTokens: tokensMax, cachedTokens: 0 },
    { ...price, inputPerMillion: dearest },
  )
  return { ...cost, known: false }
}

function bytesOf(part: string | object): number {
  return Buffer.byteLength(typeof part === 'string' ? part : JSON.stringify(part))
}
