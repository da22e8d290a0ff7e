/** Equality of JSON values as JSON Schema means it, by a text that is the same for equal values. */
import type { Json } from '../step.ts'

/** Levels that are told apart; what lies deeper counts as equal, so that lists without repetition refuse it. */
const DEPTH_MAX = 256

/** Members in order of their names; numbers as the shortest text that reads back the same. */
export function canonical(value: Json, depth = 0): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (depth > DEPTH_MAX) return '…'
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(',')}]`
  const names = Object.keys(value).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name]!, depth + 1)}`).join(',')}}`
}

/** Is `value` a whole multiple of `unit`, counted in decimals, as both are written? */
export function isMultiple(value: number, unit: number): boolean {
  if (Number.isSafeInteger(value) && Number.isSafeInteger(unit)) return value % unit === 0
  if (!Number.isFinite(value)) return false
  const [a, aPlaces] = decimal(value)
  const [b, bPlaces] = decimal(unit)
  const places = Math.max(aPlaces, bPlaces)
  return (a * 10n ** BigInt(places - aPlaces)) % (b * 10n ** BigInt(places - bPlaces)) === 0n
}

/** Digits and how many of them stand behind the point. */
function decimal(number: number): [digits: bigint, places: number] {
  const [mantissa = '0', exponent = '0'] = String(number).split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  const places = fraction.length - Number(exponent)
  const digits = BigInt(whole + fraction)
  return places >= 0 ? [digits, places] : [digits * 10n ** BigInt(-places), 0]
}
