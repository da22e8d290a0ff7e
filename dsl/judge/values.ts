/**
 * Raw JSON into the judge's values, by type (units in `plan.ts`). `undefined` is *unknown*: absent, null, of another
 * shape, or too large to be exact. Nothing here throws on any JSON.
 *
 * money     12.5, "12.50" or {"amount": …, "currency": "USD"}; more than six decimals or another currency is unknown
 * date      "2024-05-15"
 * time      "2024-05-15T15:00:00-05:00"; without an offset the field's zone is used, and without a zone it is unknown
 * duration  ISO 8601 text of fixed length, "PT30M", "P2DT4H", "P1W"; a bare number has no unit and is unknown
 */
import { MICRO, type Type } from '../plan/plan.ts'
import type { Json, JsonObject } from './step.ts'
import { instantOf } from './zone.ts'

export const DAY_MS = 86_400_000

/** A judge value, or `undefined` for unknown. Lists and records stay raw until their leaves are read. */
export type Value = Json | undefined
/** Kleene's three: `undefined` is unknown. */
export type Truth = boolean | undefined

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An own property; never what `Object.prototype` happens to hold. */
export function own(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** The raw value at `path`, undefined where a part is absent, null or no object. */
export function walk(base: Json | undefined, path: readonly string[]): Json | undefined {
  let value = base
  for (let i = 0; i < path.length; i++) {
    if (!isObject(value)) return undefined
    value = own(value, path[i]!)
  }
  return value
}

/** Is there anything at `path`? Absent and null are no; a part that is no object cannot be asked. */
export function presentAt(base: Json | undefined, path: readonly string[]): Truth {
  let value = base
  for (let i = 0; i < path.length; i++) {
    if (value === undefined || value === null) return false
    if (!isObject(value)) return undefined
    value = own(value, path[i]!)
  }
  return value !== undefined && value !== null
}

export function read(raw: Json | undefined, type: Type, zone?: string): Value {
  switch (type.kind) {
    case 'text':
      return readText(raw)
    case 'number':
      return readNumber(raw)
    case 'flag':
      return readFlag(raw)
    case 'money':
      return readMoney(raw, type.currency)
    case 'date':
      return readDate(raw)
    case 'time':
      return readTime(raw, zone ?? type.zone)
    case 'duration':
      return readDuration(raw)
    case 'choice':
      return readChoice(raw, type.options)
    case 'list':
      return readList(raw)
    case 'map':
    case 'record':
      return readRecord(raw)
    case 'anything':
      return raw ?? undefined
  }
}

export function readText(raw: Json | undefined): string | undefined {
  return typeof raw === 'string' ? raw : undefined
}

export function readNumber(raw: Json | undefined): number | undefined {
  return typeof raw === 'number' && Number.isFinite(raw) ? raw : undefined
}

export function readFlag(raw: Json | undefined): boolean | undefined {
  return typeof raw === 'boolean' ? raw : undefined
}

export function readChoice(raw: Json | undefined, options: readonly string[]): string | undefined {
  return typeof raw === 'string' && options.includes(raw) ? raw : undefined
}

export function readList(raw: Json | undefined): Json[] | undefined {
  return Array.isArray(raw) ? raw : undefined
}

export function readRecord(raw: Json | undefined): JsonObject | undefined {
  return isObject(raw) ? raw : undefined
}

/** Integer MICRO of the currency. */
export function readMoney(raw: Json | undefined, currency: string): number | undefined {
  return typeof raw === 'number' ? microOf(raw) : readWrittenMoney(raw, currency)
}

/** Exact when the number is the double nearest to some decimal of at most six places. */
function microOf(amount: number): number | undefined {
  const micro = Math.round(amount * MICRO)
  if (micro / MICRO !== amount || micro > Number.MAX_SAFE_INTEGER || micro < -Number.MAX_SAFE_INTEGER) {
    return undefined
  }
  return micro
}

const DECIMAL = /^(-?)([0-9]{1,16})(?:\.([0-9]{1,6}))?$/

function readWrittenMoney(raw: Json | undefined, currency: string): number | undefined {
  if (typeof raw === 'string') {
    const parts = DECIMAL.exec(raw)
    if (parts === null) return undefined
    const micro = Number(parts[2]) * MICRO + Number((parts[3] ?? '').padEnd(6, '0'))
    if (!Number.isSafeInteger(micro)) return undefined
    return parts[1] === '-' && micro !== 0 ? -micro : micro
  }
  if (!isObject(raw) || own(raw, 'currency') !== currency) return undefined
  const amount = own(raw, 'amount')
  return typeof amount === 'number' || typeof amount === 'string' ? readMoney(amount, currency) : undefined
}

const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/

/** Days since 1970. */
export function readDate(raw: Json | undefined): number | undefined {
  if (typeof raw !== 'string' || raw.length !== 10) return undefined
  const parts = DATE.exec(raw)
  if (parts === null) return undefined
  const ms = utcOf(Number(parts[1]), Number(parts[2]), Number(parts[3]))
  return ms === undefined ? undefined : ms / DAY_MS
}

function utcOf(year: number, month: number, day: number): number | undefined {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : undefined
}

const TIME =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(?:([Zz])|([+-])([0-9]{2}):?([0-9]{2}))?$/

/** Milliseconds since the epoch; finer parts of a second are cut off. */
export function readTime(raw: Json | undefined, zone?: string): number | undefined {
  if (typeof raw !== 'string' || raw.length > 40) return undefined
  const parts = TIME.exec(raw)
  if (parts === null) return undefined
  const midnight = utcOf(Number(parts[1]), Number(parts[2]), Number(parts[3]))
  const [hour, minute, second] = [Number(parts[4]), Number(parts[5]), Number(parts[6] ?? 0)]
  if (midnight === undefined || hour > 23 || minute > 59 || second > 59) return undefined
  const wall =
    midnight +
    hour * 3_600_000 +
    minute * 60_000 +
    second * 1_000 +
    Number((parts[7] ?? '').slice(0, 3).padEnd(3, '0'))
  if (parts[8] !== undefined) return wall
  if (parts[9] !== undefined) {
    const [hours, minutes] = [Number(parts[10]), Number(parts[11])]
    if (hours > 23 || minutes > 59) return undefined
    return wall - (parts[9] === '-' ? -1 : 1) * (hours * 3_600_000 + minutes * 60_000)
  }
  return zone === undefined ? undefined : instantOf(zone, wall)
}

const DURATION =
  /^P(?=[0-9T])(?:([0-9]{1,6})W)?(?:([0-9]{1,6})D)?(?:T(?=[0-9])(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,12})(?:\.([0-9]{1,3}))?S)?)?$/

/** Milliseconds. Months and years have no fixed length and are unknown. */
export function readDuration(raw: Json | undefined): number | undefined {
  if (typeof raw !== 'string' || raw.length > 64) return undefined
  const parts = DURATION.exec(raw)
  if (parts === null) return undefined
  const part = (index: number) => Number(parts[index] ?? 0)
  const ms =
    part(1) * 7 * DAY_MS +
    part(2) * DAY_MS +
    part(3) * 3_600_000 +
    part(4) * 60_000 +
    part(5) * 1_000 +
    Number((parts[6] ?? '').padEnd(3, '0'))
  return Number.isSafeInteger(ms) ? ms : undefined
}

/** A judge value as the JSON it is read from: what a repair writes. */
export function write(value: Json, type: Type): Json {
  if (typeof value !== 'number') return value
  switch (type.kind) {
    case 'money':
      return value / MICRO
    case 'date':
      return new Date(value * DAY_MS).toISOString().slice(0, 10)
    case 'time':
      return new Date(value).toISOString()
    case 'duration':
      return `PT${value / 1_000}S`
    default:
      return value
  }
}
