/**
 * A model as the fleet sees it: messages in, words or calls of tools out, with what it cost. One port; adapters speak to
 * providers (`ai-sdk.ts`), to recordings (`recorded.ts`) and to nobody (`scripted.ts`), and each layer (`retrying.ts`,
 * `structured.ts` …) is a model around a model.
 *
 * Invariants every model keeps:
 * 1. `generate` never throws: whatever a provider does is an outcome.
 * 2. Every outcome says its cost. What is not known counts as the most the call could cost (`price.ts`).
 * 3. Once the signal aborts, the outcome comes without waiting for the provider.
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'

export interface Model {
  /** Of the provider's; recorded with each answer. */
  readonly name: string
  generate(request: ModelRequest, context: ModelContext): Promise<ModelOutcome>
  /** The most that `generate` may cost, all its tries together: what a budget reserves. */
  costAtMost(request: ModelRequest): Cost
}

export interface ModelContext {
  readonly signal: AbortSignal
  /** Words as they come, for whoever may hear them before the answer is whole. */
  readonly hear?: (words: string) => void
}

/** JSON, as it stands in a commit record. */
export type ModelRequest = {
  system?: string
  messages: ModelMessage[]
  tools?: OfferedTool[]
  /** JSON Schema: the answer must be JSON of it. */
  output?: JsonObject
  /** Tokens of the answer at most. */
  tokensMax: number
  /** Its words come in sentences as well, before the answer is whole, where the policy lets the agent answer so. */
  bySentence?: boolean
  temperature?: number
}

export type ModelMessage =
  | { role: 'user'; text: string }
  | { role: 'model'; text: string; calls?: ToolCall[] }
  | { role: 'tool'; results: ToolResult[] }

/** What `listed` of a tool (`runtime/tools/tool.ts`) says. */
export type OfferedTool = { name: string; description?: string; inputSchema: JsonObject }

export type ToolCall = { id: string; tool: string; args: JsonObject }

export type ToolResult = { id: string; tool: string; value: Json; failed?: boolean }

export interface Cost {
  /** Money, in the unit of the fleet's prices. */
  readonly amount: number
  readonly tokens: number
  /** False: some of it is the most it could have been. */
  readonly known: boolean
}

export type ModelOutcome = Answered | Failed

export interface Answered {
  readonly kind: 'answered'
  readonly text: string
  /** JSON of the schema that was asked for. */
  readonly value?: Json
  readonly calls: readonly ToolCall[]
  readonly ended: 'whole' | 'at the limit' | 'to call' | 'filtered' | 'otherwise'
  readonly cost: Cost
  readonly latencyMs: number
  readonly model: string
}

export interface Failed {
  readonly kind: 'failed'
  readonly why: FailedBy
  readonly error: string
  readonly cost: Cost
  /** The provider asks to be left alone for so long. */
  readonly retryAfterMs?: number
  /** What of our own settings is wrong, where the provider makes that known. */
  readonly wrong?: WrongSetting
  /** Nobody was there to be asked. */
  readonly unreached?: boolean
}

export type WrongSetting = 'key' | 'address' | 'name'

export type FailedBy =
  /** It has too much to do, or we asked too often. */
  | 'busy'
  /** Not reached, broken, or cut off. */
  | 'down'
  | 'late'
  /** It answered what no model answers. */
  | 'nonsense'
  /** It will not take this request, however often. */
  | 'refused'
  /** The answer is not of the schema. */
  | 'unfit'
  | 'cancelled'

/** Characters of an answer, its calls included; the rest is not waited for. */
export const ANSWER_CHARS_MAX = 100_000

export const NOTHING: Cost = { amount: 0, tokens: 0, known: true }

export function failed(why: FailedBy, error: string, cost: Cost = NOTHING): Failed {
  return { kind: 'failed', why, error, cost }
}

/** Sums stay whole millionths: what a sum of fractions leaves behind is no money. */
export function plus(a: Cost, b: Cost): Cost {
  const amount = Math.round((a.amount + b.amount) * 1_000_000) / 1_000_000
  return { amount, tokens: a.tokens + b.tokens, known: a.known && b.known }
}

/** The same outcome, with what was spent before it. */
export function after(spent: Cost, outcome: ModelOutcome): ModelOutcome {
  return spent === NOTHING ? outcome : { ...outcome, cost: plus(spent, outcome.cost) }
}
