/** Values in the reader's words. Bounded: a verdict never carries a whole document. */
import { MICRO, type Type } from '../plan/plan.ts'
import type { NextStep } from './finding.ts'
import type { Json } from './step.ts'
import { DAY_MS, type Value } from './values.ts'

/** Characters of a text, items of a list that are shown. */
const TEXT_MAX = 200
const ITEMS_MAX = 8
const DEPTH_MAX = 3
/** Characters of a list or record inside a sentence; the whole of it, bounded as above, is in the reason's values. */
const IN_WORDS_MAX = 60

const UNITS = [
  ['week', 7 * DAY_MS],
  ['day', DAY_MS],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const

/** The largest two units that matter: `2 days 3 hours`. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return 'ever'
  let rest = Math.abs(ms)
  const parts: string[] = []
  for (const [name, size] of UNITS) {
    // `36 hours` reads better than `1 day 12 hours` only to few; weeks are used when whole.
    if (name === 'week' && rest % size !== 0) continue
    const count = Math.floor(rest / size)
    if (count === 0) continue
    parts.push(`${count} ${name}${count === 1 ? '' : 's'}`)
    rest -= count * size
    if (parts.length === 2) break
  }
  if (parts.length === 0) return `${rest} milliseconds`
  return (ms < 0 ? 'minus ' : '') + parts.join(' ')
}

export function times(count: number): string {
  return count === 1 ? '1 time' : `${count} times`
}

export function money(micro: number, currency: string): string {
  const sign = micro < 0 ? '-' : ''
  const whole = Math.floor(Math.abs(micro) / MICRO)
  const part = (Math.abs(micro) % MICRO)
    .toString()
    .padStart(6, '0')
    .replace(/0{1,4}$/, '')
  return `${sign}${whole}${/^0*$/.test(part) ? '' : `.${part}`} ${currency}`
}

export function date(days: number): string {
  const at = new Date(days * DAY_MS)
  return Number.isNaN(at.getTime()) ? `day ${days}` : at.toISOString().slice(0, 10)
}

export function time(ms: number): string {
  const at = new Date(ms)
  return Number.isNaN(at.getTime()) ? `${ms} ms` : at.toISOString().replace('.000Z', 'Z')
}

/** A judge value as JSON a person can read: money with its currency, dates as written. Unknown is null. */
export function shown(value: Value, type: Type): Json {
  if (value === undefined) return null
  if (typeof value === 'number') {
    if (type.kind === 'money') return money(value, type.currency)
    if (type.kind === 'date') return date(value)
    if (type.kind === 'time') return time(value)
    if (type.kind === 'duration') return duration(value)
  }
  return clip(value, 0)
}

/** The same JSON, cut to a bounded size. */
export function clip(value: Json, depth = 0): Json {
  if (typeof value === 'string') return value.length > TEXT_MAX ? `${value.slice(0, TEXT_MAX)}…` : value
  if (typeof value !== 'object' || value === null) return value
  if (depth >= DEPTH_MAX) return '…'
  if (Array.isArray(value)) {
    const items = value.slice(0, ITEMS_MAX).map((item) => clip(item, depth + 1))
    return value.length > ITEMS_MAX ? [...items, `… ${value.length - ITEMS_MAX} more`] : items
  }
  const names = Object.keys(value)
  const entries = names
    .slice(0, ITEMS_MAX)
    .map((name) => [name, clip(value[name] ?? null, depth + 1)] as const)
  if (names.length > ITEMS_MAX) entries.push(['…', `${names.length - ITEMS_MAX} more`])
  return Object.fromEntries(entries)
}

/** A shown value inside a sentence: text in quotes, unless it is money, a date or the like. */
export function inWords(value: Value, type: Type): string {
  const json = shown(value, type)
  if (json === null) return 'unknown'
  if (typeof json === 'string') return typeof value === 'string' ? JSON.stringify(json) : json
  if (typeof json === 'boolean') return json ? 'yes' : 'no'
  if (typeof json === 'number') return String(json)
  const text = JSON.stringify(json)
  if (text.length <= IN_WORDS_MAX) return text
  const what = Array.isArray(value) ? `a list of ${value.length}` : 'a record'
  return `${what}: ${text.slice(0, IN_WORDS_MAX)}…`
}

export function wait(until: number, now: number): NextStep {
  return {
    kind: 'wait',
    name: '',
    with: { untilMs: until },
    say: `wait ${duration(until - now)}, until ${time(until)}`,
  }
}
