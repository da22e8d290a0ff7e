/** Whether a value's JSON takes more than `max` characters, without making the text: a walk that stops at the bound. */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { NotJson, toJson } from '#runtime/kernel/json.ts'

export function exceeds(value: Json | object | undefined, max: number): boolean {
  return rest(value, max) < 0
}

/** What is left of `room`; negative once it is used up. Escapes are not counted, so texts may come out somewhat longer. */
function rest(value: unknown, room: number): number {
  if (room < 0) return room
  if (typeof value === 'string') return room - value.length - 2
  if (value === null || typeof value !== 'object') return room - 5
  let left = room - 2
  if (Array.isArray(value)) {
    for (const item of value) {
      left = rest(item, left) - 1
      if (left < 0) return left
    }
    return left
  }
  for (const key in value) {
    left = rest((value as Record<string, unknown>)[key], left - key.length - 4)
    if (left < 0) return left
  }
  return left
}

/** Fields of one message, written as JSON again. */
export const FIELDS_CHARS_MAX = 256_000

/** JSON written again may be this many times as long: `1e20` becomes 21 digits. */
const REWRITTEN_MAX = 6

/**
 * Whether a value parsed from so many bytes can be kept as it is: no deeper than a walk may go, no number too large for JSON,
 * and not too long when written again.
 */
export function isPlain(value: JsonObject, bytes: number): boolean {
  if (toJson(value) instanceof NotJson) return false
  return bytes * REWRITTEN_MAX <= FIELDS_CHARS_MAX || JSON.stringify(value).length <= FIELDS_CHARS_MAX
}
