/** Thresholds, counts and lengths of time that are somewhat off. */
import { duration, inWords } from '../../judge/show.ts'
import type { Type } from '../../plan/plan.ts'
import type { Change } from './change.ts'

/** By how much a threshold is moved; what is counted in whole pieces moves by one at least. */
const SHARE = 0.1
/** The smallest move of money: one cent of a unit, in millionths. */
const CENT = 10_000
const HOUR_MS = 3_600_000

/** A threshold of this type a little higher and a little lower. */
export function shifted(value: number, type: Type): Change<number>[] {
  const by = stepOf(value, type)
  return [value + by, value - by].map((to) => ({
    to,
    says: `${inWords(to, type)} in place of ${inWords(value, type)}`,
  }))
}

function stepOf(value: number, type: Type): number {
  const share = Math.abs(value) * SHARE
  switch (type.kind) {
    case 'money':
      return Math.max(CENT, Math.round(share / CENT) * CENT)
    case 'date':
      return 1
    case 'time':
      return HOUR_MS
    case 'duration':
      return Math.max(1, Math.round(share))
    default:
      return Number.isInteger(value) ? Math.max(1, Math.round(share)) : share
  }
}

/** One more, and one less as long as something is left. */
export function counted(value: number): Change<number>[] {
  const all = value > 1 ? [value + 1, value - 1] : [value + 1]
  return all.map((to) => ({ to, says: `${to} in place of ${value}` }))
}

/** Twice as long, and half. */
export function stretched(ms: number): Change<number>[] {
  return [ms * 2, Math.ceil(ms / 2)]
    .filter((to) => to !== ms)
    .map((to) => ({ to, says: `${duration(to)} in place of ${duration(ms)}` }))
}
