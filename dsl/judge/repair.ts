/** Rewrites of a step. Inputs are never changed; what a repair does not touch is shared. */
import { spans } from './detectors.ts'
import type { Json, JsonObject, Step } from './step.ts'
import { fold } from './text.ts'
import { isObject, own, walk } from './values.ts'
import type { Repair } from './verdict.ts'

export const REDACTED = '[redacted]'

/** The step with every repair made, in order. The caller has it judged again, once. */
export function repairStep(step: Step, repairs: readonly Repair[]): Step {
  let repaired: Step = { ...step, fields: applyRepairs(step.fields, repairs) }
  for (const repair of repairs) {
    if (repair.kind === 'peer') repaired = { ...repaired, peer: repair.to }
    else if (repair.kind === 'name') repaired = { ...repaired, name: repair.to }
  }
  return repaired
}

/** The fields alone: of a step that has happened, neither name nor peer can change any more. */
export function applyRepairs(fields: JsonObject, repairs: readonly Repair[]): JsonObject {
  let repaired = fields
  for (const repair of repairs)
    if (repair.kind === 'field') repaired = withValue(repaired, repair.path, repair.value)
  return repaired
}

function withValue(base: Json | undefined, path: readonly string[], value: Json): JsonObject {
  const object = isObject(base) ? base : {}
  const [name, ...rest] = path
  // A repair without a path replaces the whole.
  if (name === undefined) return isObject(value) ? value : object
  const inner = rest.length === 0 ? value : withValue(own(object, name), rest, value)
  return Object.fromEntries([...Object.entries(object).filter(([key]) => key !== name), [name, inner]])
}

/** What a `trim` leaves of the text or list at `path`; undefined when there is nothing to cut. */
export function trimmed(fields: JsonObject, path: readonly string[], most: number): Json | undefined {
  const before = walk(fields, path)
  if (Array.isArray(before)) return before.length <= most ? undefined : before.slice(0, most)
  if (typeof before !== 'string' || before.length <= most) return undefined
  const characters = Array.from(before)
  return characters.length <= most ? undefined : characters.slice(0, most).join('')
}

/**
 * What a `redact` makes of the value at `path`, with `by` in place of what goes; undefined when there is nothing to
 * change. An empty path means everywhere.
 */
export function redacted(
  fields: JsonObject,
  path: readonly string[],
  detector: string | undefined,
  by = REDACTED,
): Json | undefined {
  const before = walk(fields, path)
  if (before === undefined || before === null) return undefined
  if (detector === undefined) return before === by ? undefined : by
  const after = redactIn(before, detector, by)
  return after === before ? undefined : after
}

function redactIn(value: Json, detector: string, by: string): Json {
  if (typeof value === 'string') return redactText(value, detector, by)
  if (typeof value === 'number') return redactText(String(value), detector, by) === String(value) ? value : by
  if (Array.isArray(value)) {
    const items = value.map((item) => redactIn(item, detector, by))
    return items.some((item, i) => item !== value[i]) ? items : value
  }
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([name, item]) => [name, redactIn(item, detector, by)] as const)
  return entries.some(([name, item]) => item !== value[name]) ? Object.fromEntries(entries) : value
}

/**
 * Detectors see folded text. Where folding keeps every position the spans are cut out of the text itself; otherwise,
 * or when something is still found afterwards, the whole text goes.
 */
function redactText(text: string, detector: string, by: string): string {
  const folded = fold(text)
  const found = spans(detector, folded)
  if (found === undefined) return REDACTED
  if (found.length === 0) return text
  if (!keepsPositions(text, folded)) return REDACTED
  let result = ''
  let from = 0
  for (const { start, end } of found) {
    result += text.slice(from, start) + by
    from = end
  }
  result += text.slice(from)
  return spans(detector, fold(result))?.length === 0 ? result : REDACTED
}

/** One length is not enough: what a ligature gains, an invisible character takes away, and all between them is moved. */
function keepsPositions(text: string, folded: string): boolean {
  if (folded.length !== text.length) return false
  let at = 0
  for (const character of text) {
    const alone = fold(character)
    if (alone.length !== character.length || !folded.startsWith(alone, at)) return false
    at += alone.length
  }
  return true
}
