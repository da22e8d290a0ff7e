/** What may leave the kernel is JSON. Values are passed on as they are; only what JSON would drop is left out. */
import type { Json } from '#dsl/judge/step.ts'

/** Nesting allowed in contexts and effects; a circle runs into it too. */
export const JSON_DEPTH_MAX = 64

/** Why a value is not JSON, and where in it. */
export class NotJson {
  readonly path: string
  readonly found: string

  constructor(path: string, found: string) {
    this.path = path
    this.found = found
  }

  within(key: string | number): NotJson {
    const head = typeof key === 'number' ? `[${key}]` : key
    const joint = this.path === '' || this.path[0] === '[' ? '' : '.'
    return new NotJson(`${head}${joint}${this.path}`, this.found)
  }
}

/**
 * The value itself when it is JSON, or a copy without the properties that are `undefined`.
 * `undefined` in a list, NaN, dates, class instances and functions are not JSON.
 */
export function toJson(value: unknown, depth = 0): Json | NotJson {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : new NotJson('', `the number ${value}`)
    case 'object':
      if (value === null) return null
      if (depth >= JSON_DEPTH_MAX)
        return new NotJson('', `nested over ${JSON_DEPTH_MAX} deep, or in a circle`)
      return Array.isArray(value) ? listToJson(value, depth + 1) : recordToJson(value, depth + 1)
    default:
      return new NotJson('', value === undefined ? 'undefined' : `a ${typeof value}`)
  }
}

function listToJson(list: readonly unknown[], depth: number): Json | NotJson {
  let copy: Json[] | undefined
  for (let i = 0; i < list.length; i++) {
    const item = toJson(list[i], depth)
    if (item instanceof NotJson) return item.within(i)
    if (item !== list[i]) copy ??= list.slice() as Json[]
    if (copy) copy[i] = item
  }
  return copy ?? (list as Json[])
}

function recordToJson(record: object, depth: number): Json | NotJson {
  const prototype = Object.getPrototypeOf(record)
  if (prototype !== Object.prototype && prototype !== null)
    return new NotJson('', `an instance of ${prototype.constructor?.name ?? 'a class'}`)
  const fields = record as Readonly<Record<string, unknown>>
  const keys = Object.keys(fields)
  let changed = false
  for (const key of keys) {
    const before = fields[key]
    if (before === undefined) {
      changed = true
      continue
    }
    const after = toJson(before, depth)
    if (after instanceof NotJson) return after.within(key)
    if (after !== before) changed = true
  }
  return changed ? copyRecord(fields, keys, depth) : (fields as { [key: string]: Json })
}

/** `fromEntries` keeps a field called `__proto__` a field. */
function copyRecord(
  fields: Readonly<Record<string, unknown>>,
  keys: readonly string[],
  depth: number,
): Json | NotJson {
  const entries: [string, Json][] = []
  for (const key of keys) {
    if (fields[key] === undefined) continue
    const value = toJson(fields[key], depth)
    if (value instanceof NotJson) return value.within(key)
    entries.push([key, value])
  }
  return Object.fromEntries(entries)
}
