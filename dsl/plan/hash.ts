/**
 * Hashes of meaning. The plan's own is SHA-256; ids of constraints are 32 bits of it.
 */
import { sha256Hex } from '../sha256.ts'

/** Where things stand and how they are explained is no part of what they mean. */
const WITHOUT_PLACE: ReadonlySet<string> = new Set(['span', 'line'])
const WITHOUT_WORDS: ReadonlySet<string> = new Set([
  'span',
  'line',
  'shown',
  'likeShown',
  'bound',
  'because',
  'remedy',
  'severity',
  'shadow',
])

type Data = unknown

/** JSON with keys in order of insertion, leaving `without` out at every depth. */
function meaning(value: Data, without: ReadonlySet<string>): string {
  return JSON.stringify(value, (key, inner: Data) => (without.has(key) ? undefined : inner)) ?? 'null'
}

/** 64 hex digits over everything but spans and lines. */
export function hashPlan(plan: Data): string {
  return sha256Hex(meaning(plan, WITHOUT_PLACE))
}

/** 8 hex digits over the meaning: rewording a reason keeps it. */
export function hashMeaning(constraint: Data): string {
  return sha256Hex(meaning(constraint, WITHOUT_WORDS)).slice(0, 8)
}
