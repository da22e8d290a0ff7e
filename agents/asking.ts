/** What the kinds that think have in common: how they ask a model, and how they read what it says. */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { ModelMessage, ModelRequest } from '#runtime/models/model.ts'
import type { ModelAnswer } from '#runtime/models/source.ts'

/** The name of a model among the sources of the fleet's world, and what it is told it is. */
export interface Thinking {
  /** `model` unless said; the policy says `may spawn` it. */
  readonly model?: string
  readonly system: string
  /** Of one answer. */
  readonly tokensMax?: number
}

export const MODEL = 'model'
export const TOKENS_MAX = 1_000

/** A scratchpad of more characters is no longer sent to a model: it would not fit into a record. */
export const SCRATCHPAD_CHARS_MAX = 30_000

export function request(
  { system, tokensMax = TOKENS_MAX }: Thinking,
  messages: ModelMessage[],
  output?: JsonObject,
): ModelRequest {
  return { system, messages, ...(output && { output }), tokensMax }
}

const SILENCE: ModelAnswer = { text: '', calls: [], ended: 'whole', model: '', latencyMs: 0 }

/** What a source gave; anything but an answer counts as silence. */
export function answerOf(output: unknown): ModelAnswer {
  return isAnswer(output) ? output : SILENCE
}

function isAnswer(output: unknown): output is ModelAnswer {
  if (typeof output !== 'object' || output === null) return false
  return (
    'text' in output && typeof output.text === 'string' && 'calls' in output && Array.isArray(output.calls)
  )
}

/** JSON of the answer, whether or not a layer has read it already; undefined: it is none. */
export function jsonOf({ value, text }: ModelAnswer): Json | undefined {
  if (value !== undefined) return value
  try {
    return JSON.parse(text)
  } catch {
    // A model's words are no JSON: whoever asked falls back.
    return undefined
  }
}

/** What was wrong with a source, of the event that says so. */
export function errorOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : 'it did not answer'
}
