/**
 * What each operator means over judge values, unknown included. Interpreter and generated code share these, so that
 * they can differ only in the order of evaluation, which is unobservable.
 */
import { type Arith, type Compare, type Type, WEEKDAYS } from '../plan/plan.ts'
import { hasDetector, spans } from './detectors.ts'
import { PATTERN_SUBJECT_MAX, type Pattern } from './patterns.ts'
import type { Json } from './step.ts'
import { characters, fold, type TextTest, testText } from './text.ts'
import { DAY_MS, isObject, own, read, type Truth, type Value } from './values.ts'
import { dayIn, instantOf, offsetAt } from './zone.ts'

/** Nesting that `same` follows; deeper values are unknown. */
const DEPTH_MAX = 64

/** `folded`: both sides are text to be compared as people read it. */
export function compare(cmp: Compare, left: Value, right: Value, folded: boolean): Truth {
  if (left === undefined || right === undefined || left === null || right === null) return undefined
  if (typeof left === 'string' && typeof right === 'string') {
    return folded ? order(cmp, fold(left), fold(right)) : order(cmp, left, right)
  }
  if (typeof left === 'number' && typeof right === 'number') return order(cmp, left, right)
  if (typeof left === 'boolean' && typeof right === 'boolean') return order(cmp, left, right)
  return undefined
}

function order<T extends string | number | boolean>(cmp: Compare, left: T, right: T): boolean {
  switch (cmp) {
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
  }
}

/** Text against text is compared folded; choices and identifiers of other types as they stand. */
export function comparesFolded(left: Type, right: Type): boolean {
  return left.kind === 'text' || right.kind === 'text'
}

/** Deep equality by type, so that 12.5 and "12.50" USD agree. */
export function same(left: Json | undefined, right: Json | undefined, type: Type, depth = 0): Truth {
  if (left === undefined || right === undefined || left === null || right === null || depth > DEPTH_MAX)
    return undefined
  if (type.kind === 'list') {
    if (!Array.isArray(left) || !Array.isArray(right)) return undefined
    if (left.length !== right.length) return false
    return every(left.length, (i) => same(left[i], right[i], type.of, depth + 1))
  }
  if (type.kind === 'record' || type.kind === 'map') {
    if (!isObject(left) || !isObject(right)) return undefined
    const names = Array.from(new Set([...Object.keys(left), ...Object.keys(right)]))
    return every(names.length, (i) => {
      const name = names[i]!
      const [a, b] = [own(left, name) ?? undefined, own(right, name) ?? undefined]
      if (a === undefined || b === undefined) return a === b
      const of =
        type.kind === 'map' ? type.of : Object.hasOwn(type.fields, name) ? type.fields[name]!.type : ANYTHING
      return same(a, b, of, depth + 1)
    })
  }
  if (type.kind === 'anything') {
    if (Array.isArray(left) && Array.isArray(right))
      return same(left, right, { kind: 'list', of: ANYTHING }, depth)
    if (isObject(left) && isObject(right)) return same(left, right, { kind: 'map', of: ANYTHING }, depth)
    return left === right
  }
  return compare('==', read(left, type), read(right, type), type.kind === 'text')
}

const ANYTHING: Type = { kind: 'anything' }

function every(length: number, holds: (index: number) => Truth): Truth {
  let result: Truth = true
  for (let i = 0; i < length; i++) {
    const one = holds(i)
    if (one === false) return false
    if (one === undefined) result = undefined
  }
  return result
}

/** `cooked`: the list's items are judge values already (written in the policy), not raw JSON. */
export function within(item: Value, list: Value, itemType: Type, of: Type, cooked: boolean): Truth {
  if (item === undefined || !Array.isArray(list)) return undefined
  const folded = comparesFolded(itemType, of)
  let result: Truth = false
  for (const raw of list) {
    const one = compare('==', item, cooked ? raw : read(raw, of), folded)
    if (one === true) return true
    if (one === undefined) result = undefined
  }
  return result
}

/** `wanted` may be texts or lists of texts (`words`). */
export function text(
  test: TextTest,
  subject: Value,
  wanted: readonly Value[],
  exactly: boolean,
  words: boolean,
): Truth {
  if (typeof subject !== 'string') return undefined
  const seen = exactly ? subject : fold(subject)
  let result: Truth = false
  for (const one of wanted) {
    for (const word of Array.isArray(one) ? one : [one]) {
      if (typeof word !== 'string') result = undefined
      else if (testText(test, seen, exactly ? word : fold(word), words)) return true
    }
  }
  return result
}

/** `text` with words folded when the policy was compiled. */
export function textAmong(
  test: TextTest,
  subject: Value,
  folded: readonly string[],
  exactly: boolean,
  words: boolean,
): Truth {
  if (typeof subject !== 'string') return undefined
  const seen = exactly ? subject : fold(subject)
  for (const word of folded) if (testText(test, seen, word, words)) return true
  return false
}

export function matches(subject: Value, pattern: Pattern | undefined): Truth {
  if (typeof subject !== 'string' || pattern === undefined || subject.length > PATTERN_SUBJECT_MAX)
    return undefined
  return pattern.test(subject)
}

export function detects(subject: Value, detector: string): Truth {
  if (typeof subject !== 'string' || !hasDetector(detector) || subject.length > PATTERN_SUBJECT_MAX)
    return undefined
  return (spans(detector, fold(subject))?.length ?? 0) > 0
}

export function length(of: Value): number | undefined {
  if (typeof of === 'string') return characters(of)
  if (Array.isArray(of)) return of.length
  return isObject(of) ? Object.keys(of).length : undefined
}

export function keys(of: Value): string[] | undefined {
  return isObject(of) ? Object.keys(of) : undefined
}

/** Types counted in whole units (micro, milliseconds, days); a result outside the safe integers is unknown. */
function isExact(type: Type): boolean {
  return type.kind === 'money' || type.kind === 'date' || type.kind === 'time' || type.kind === 'duration'
}

/** Brings a computed number into its type's units, or unknown. */
export function settle(value: number, type: Type): number | undefined {
  if (!Number.isFinite(value)) return undefined
  if (!isExact(type)) return value
  const whole = Math.round(value) + 0
  return Number.isSafeInteger(whole) ? whole : undefined
}

export function arith(
  fn: Arith,
  left: Value,
  right: Value,
  leftType: Type,
  rightType: Type,
  type: Type,
): Value {
  if (typeof left !== 'number' || typeof right !== 'number') return undefined
  const leftDays = leftType.kind === 'date'
  const rightDays = rightType.kind === 'date'
  switch (fn) {
    case '+':
      if (leftDays && rightType.kind === 'duration') return shiftDate(left, right)
      return rightDays && leftType.kind === 'duration' ? shiftDate(right, left) : settle(left + right, type)
    case '-':
      if (leftDays && rightDays) return settle((left - right) * DAY_MS, type)
      return leftDays && rightType.kind === 'duration' ? shiftDate(left, -right) : settle(left - right, type)
    case '*':
      return settle(left * right, type)
    case '/':
      return right === 0 ? undefined : settle(left / right, type)
    case 'smaller':
      return Math.min(left, right)
    case 'larger':
      return Math.max(left, right)
  }
}

/** A date moves by whole days only. */
function shiftDate(days: number, ms: number): number | undefined {
  const moved = days + ms / DAY_MS
  return Number.isSafeInteger(moved) ? moved : undefined
}

/** What calendar and clock show in the zone. */
export function wall(
  at: Value,
  zone: string,
  part: 'weekday' | 'hour' | 'clock' | 'start',
): number | string | undefined {
  const offset = typeof at === 'number' ? offsetAt(zone, at) : undefined
  if (typeof at !== 'number' || offset === undefined) return undefined
  const shown = at + offset
  const clock = ((shown % DAY_MS) + DAY_MS) % DAY_MS
  if (part === 'clock') return clock
  if (part === 'start') return instantOf(zone, shown - clock)
  if (part === 'hour') return Math.floor(clock / 3_600_000)
  // The first of January 1970 was a Thursday.
  return WEEKDAYS[(((Math.floor(shown / DAY_MS) + 3) % 7) + 7) % 7]
}

export function day(at: Value, zone: string): number | undefined {
  return typeof at === 'number' ? dayIn(zone, at) : undefined
}

/** The row for `keys`; a row nobody wrote is unknown. */
export function lookup(
  rows: Readonly<Record<string, number | string | boolean>>,
  keys: readonly Value[],
): Value {
  for (const key of keys) if (key === undefined || typeof key === 'object') return undefined
  const row = keys.join('\u001f')
  return Object.hasOwn(rows, row) ? rows[row] : undefined
}
