/** Rewrites of a step's fields. Inputs are never changed; what a repair does not touch is shared. */
import { spans } from './detectors.ts'
import type { Json, JsonObject } from './step.ts'
import { fold } from './text.ts'
import { isObject, own, walk } from './values.ts'
import type { Repair } from './verdict.ts'

export const REDACTED = '[redacted]'

/** The fields with every repair made, in order. The caller has the repaired step judged again, once. */
export function applyRepairs(fields: JsonObject, repairs: readonly Repair[]): JsonObject {
  let repaired = fields
  for (const { path, value } of repairs) repaired = withValue(repaired, path, value)
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

/** What a `redact` makes of the value at `path`; undefined when there is nothing to change. An empty path means everywhere. */
export function redacted(
  fields: JsonObject,
  path: readonly string[],
  detector: string | undefined,
): Json | undefined {
  const before = walk(fields, path)
  if (before === undefined || before === null) return undefined
  if (detector === undefined) return before === REDACTED ? undefined : REDACTED
  const after = redactIn(before, detector)
  return after === before ? undefined : after
}

function redactIn(value: Json, detector: string): Json {
  if (typeof value === 'string') return redactText(value, detector)
  if (typeof value === 'number')
    return redactText(String(value), detector) === String(value) ? value : REDACTED
  if (Array.isArray(value)) {
    const items = value.map((item) => redactIn(item, detector))
    return items.some((item, i) => item !== value[i]) ? items : value
  }
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([name, item]) => [name, redactIn(item, detector)] as const)
  return entries.some(([name, item]) => item !== value[name]) ? Object.fromEntries(entries) : value
}

/**
 * Detectors see folded text. Where folding keeps every position the spans are cut out of the text itself; otherwise,
 * or when something is still found afterwards, the whole text goes.
 */
function redactText(text: string, detector: string): string {
  const folded = fold(text)
  const found = spans(detector, folded)
  if (found === undefined) return REDACTED
  if (found.length === 0) return text
  if (folded.length !== text.length) return REDACTED
  let result = ''
  let from = 0
  for (const { start, end } of found) {
    result += text.slice(from, start) + REDACTED
    from = end
  }
  result += text.slice(from)
  return spans(detector, fold(result))?.length === 0 ? result : REDACTED
}
