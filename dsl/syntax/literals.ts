/** Numbers with units, dates and times as written → the integers the judge counts in. */
import { MICRO } from '../plan/plan.ts'

export const UNIT_MS: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
}
/** Units a number may be written with; `check/units.ts` says what they measure. */
export const UNIT_NAMES: ReadonlySet<string> = new Set(
  (
    'mg g kg t oz lb mm cm m km inches feet miles sqm hectares sqkm ml cl l gallons ' +
    'bytes kB MB GB TB KiB MiB GiB percent permille kelvin celsius fahrenheit'
  ).split(' '),
)
export const DAY_MS = 86_400_000

export function numberValue(written: string): number {
  return Number(written.replaceAll('_', ''))
}

/** Milliseconds, by the unit in singular or plural. */
export function durationValue(written: string, unit: string): number {
  return Math.round(
    numberValue(written) * (UNIT_MS[unit.endsWith('s') ? unit.slice(0, -1) : unit] ?? Number.NaN),
  )
}

/** Millionths of a currency unit, exactly: decimals are shifted in the text, not multiplied. */
export function moneyValue(written: string): number {
  const [whole = '0', decimals = ''] = written.replaceAll('_', '').split('.')
  return Number(whole) * MICRO + Number(decimals.padEnd(6, '0').slice(0, 6))
}

/** Days since 1970; NaN when the calendar has no such day. */
export function dateValue(written: string): number {
  const [year = 0, month = 0, day = 0] = written.split('-').map(Number)
  const ms = Date.UTC(year, month - 1, day)
  const date = new Date(ms)
  const exists =
    date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return exists ? ms / DAY_MS : Number.NaN
}

/** Milliseconds since the epoch; NaN without an offset or when there is no such moment. */
export function timeValue(written: string): number {
  const hasOffset = /(?:Z|[+-]\d{2}:\d{2})$/.test(written)
  if (!hasOffset || Number.isNaN(dateValue(written.slice(0, 10)))) return Number.NaN
  return Date.parse(written)
}
