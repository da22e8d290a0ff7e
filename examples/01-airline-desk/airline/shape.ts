/**
 * Readers of unknown JSON: each says what a value must look like and gives it back typed, or says what is wrong.
 * A record's reader keeps the named fields only.
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'

export type Read<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'bad'; readonly problem: string }
/** `at` is the path shown in a problem; '' for the whole value. */
export type Reader<T> = (value: Json | undefined, at: string) => Read<T>
export type ReadBy<R> = R extends Reader<infer T> ? T : never

const found = (value: Json | undefined): string =>
  value === undefined
    ? 'it is missing'
    : value === null
      ? 'it is null'
      : `it is ${Array.isArray(value) ? 'a list' : `a ${typeof value}`}`
const bad = (at: string, wanted: string, value: Json | undefined): Read<never> => ({
  kind: 'bad',
  problem: `${at === '' ? 'the value' : `\`${at}\``} must be ${wanted}, but ${found(value)}`,
})

export const text: Reader<string> = (value, at) =>
  typeof value === 'string' ? { kind: 'ok', value } : bad(at, 'a text', value)

export const number: Reader<number> = (value, at) =>
  typeof value === 'number' && Number.isFinite(value) ? { kind: 'ok', value } : bad(at, 'a number', value)

export const wholeNumber: Reader<number> = (value, at) =>
  Number.isSafeInteger(value) ? { kind: 'ok', value: value as number } : bad(at, 'a whole number', value)

export const flag: Reader<boolean> = (value, at) =>
  typeof value === 'boolean' ? { kind: 'ok', value } : bad(at, 'true or false', value)

export const object: Reader<JsonObject> = (value, at) =>
  isObject(value) ? { kind: 'ok', value } : bad(at, 'an object', value)

export function choice<const O extends string>(...options: readonly O[]): Reader<O> {
  return (value, at) => {
    const option = options.find((o) => o === value)
    return option === undefined
      ? bad(at, `one of ${options.join(', ')}`, value)
      : { kind: 'ok', value: option }
  }
}

/** Absent and null read as undefined. */
export function optional<T>(of: Reader<T>): Reader<T | undefined> {
  return (value, at) =>
    value === undefined || value === null ? { kind: 'ok', value: undefined } : of(value, at)
}

export function list<T>(of: Reader<T>): Reader<T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) return bad(at, 'a list', value)
    const items: T[] = []
    for (const [i, item] of value.entries()) {
      const read = of(item, `${at}[${i}]`)
      if (read.kind === 'bad') return read
      items.push(read.value)
    }
    return { kind: 'ok', value: items }
  }
}

export function record<F extends Readonly<Record<string, Reader<unknown>>>>(
  fields: F,
): Reader<{ [K in keyof F]: ReadBy<F[K]> }> {
  return (value, at) => {
    if (!isObject(value)) return bad(at, 'an object', value)
    const entries: [string, unknown][] = []
    for (const [name, read] of Object.entries(fields)) {
      const field = read(value[name], at === '' ? name : `${at}.${name}`)
      if (field.kind === 'bad') return field
      if (field.value !== undefined) entries.push([name, field.value])
    }
    return { kind: 'ok', value: Object.fromEntries(entries) as { [K in keyof F]: ReadBy<F[K]> } }
  }
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
