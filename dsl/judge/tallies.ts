/**
 * Folds of what a rule counts: `the number of X in the last 2 minutes`, `the total amount of X`, `the latest 5 X`. Each step costs a
 * constant, and what is kept is bounded (`window.ts`).
 */

import { DISTINCT_KEPT, type Tally } from '../plan/plan.ts'
import type { Bound } from './interpret.ts'
import { encode } from './keys.ts'
import { add, ENTRIES_MAX, latest, sumAt } from './monitors/window.ts'
import type { Json, Step } from './step.ts'
import type { Value } from './values.ts'

export interface Fold {
  /** The state with one step more, or undefined if it cannot be told; `value` is its field's, or what is kept of it. */
  add(state: Json | undefined, value: Value, step: Step): Json | undefined
  /** What `step` sees; null when there is nothing. */
  read(state: Json | undefined, step: Step): Bound
  /** When the latest step was that the state still holds. */
  latest(state: Json): number
}

export function createFold({ fn, of, inMs, most = 1 }: Tally): Fold {
  switch (fn) {
    case 'count':
      return sums(inMs, () => 1)
    case 'total':
      // A negative amount never makes room.
      return sums(inMs, (value) => (typeof value === 'number' ? Math.max(0, value) : undefined))
    case 'average':
      return average(inMs, of?.type.kind !== 'number')
    case 'highest':
      return extreme(inMs, (a, b) => a >= b)
    case 'lowest':
      return extreme(inMs, (a, b) => a <= b)
    case 'distinct':
      return distinct(inMs)
    case 'since':
      return {
        add: (state, _, step) => Math.max(step.at, Number(state ?? step.at)),
        read: (state, step) =>
          typeof state === 'number' && step.at - state < (inMs ?? Number.POSITIVE_INFINITY)
            ? Math.max(0, step.at - state)
            : null,
        latest: Number,
      }
    case 'latest':
      return few(inMs, most)
  }
}

const exact = (sum: number): number | undefined =>
  Math.abs(sum) <= Number.MAX_SAFE_INTEGER ? sum : undefined

/** State: the sum, or with a window the amounts that still count. */
function sums(inMs: number | undefined, amountOf: (value: Value) => number | undefined): Fold {
  return {
    add(state, value, step) {
      const amount = amountOf(value)
      if (amount === undefined) return undefined
      return inMs === undefined ? Number(state ?? 0) + amount : add(state, step.at, amount, inMs)
    },
    read: (state, step) => exact(inMs === undefined ? Number(state ?? 0) : sumAt(state, step.at, inMs)),
    latest: (state) => (inMs === undefined ? Number.POSITIVE_INFINITY : latest(state)),
  }
}

/** State: `[sum, count]`, each as above. */
function average(inMs: number | undefined, whole: boolean): Fold {
  const total = sums(inMs, (value) => (typeof value === 'number' ? value : undefined))
  const count = sums(inMs, () => 1)
  const partsOf = (state: Json | undefined): readonly [Json | undefined, Json | undefined] =>
    Array.isArray(state) ? [state[0], state[1]] : [undefined, undefined]
  return {
    add(state, value, step) {
      const [sum, many] = partsOf(state)
      const [next, more] = [total.add(sum, value, step), count.add(many, value, step)]
      return next === undefined || more === undefined ? undefined : [next, more]
    },
    read(state, step) {
      const [sum, many] = partsOf(state)
      const [all, of] = [total.read(sum, step), count.read(many, step)]
      if (typeof all !== 'number' || typeof of !== 'number') return undefined
      if (of === 0) return null
      return whole ? Math.round(all / of) : all / of
    },
    latest: (state) => count.latest(partsOf(state)[1] ?? null),
  }
}

/**
 * State: `[at, value, …]`, oldest first, each better than all behind it: what a later and better value hides never counts
 * again. Without a window only the best. Beyond ENTRIES_MAX the two oldest are taken for one that counts as long as the later.
 */
function extreme(inMs: number | undefined, wins: (a: number, b: number) => boolean): Fold {
  return {
    add(state, value, step) {
      if (typeof value !== 'number') return undefined
      const before = Array.isArray(state) ? state : []
      const at = Math.max(step.at, before.length > 0 ? Number(before.at(-2)) : step.at)
      if (inMs === undefined)
        return before.length > 0 && wins(Number(before[1]), value) ? before : [at, value]
      let end = before.length
      while (end > 0 && wins(value, Number(before[end - 1]))) end -= 2
      let start = 0
      while (start < end && at - Number(before[start]) >= inMs) start += 2
      if (end - start >= 2 * ENTRIES_MAX) {
        const merged = before.slice(start + 2, end)
        merged[1] = before[start + 1] ?? null
        return [...merged, at, value]
      }
      return [...before.slice(start, end), at, value]
    },
    read(state, step) {
      if (!Array.isArray(state)) return null
      for (let i = 0; i < state.length; i += 2) {
        if (inMs === undefined || step.at - Number(state[i]) < inMs) return Number(state[i + 1])
      }
      return null
    },
    latest: (state) => (inMs === undefined ? Number.POSITIVE_INFINITY : latest(state)),
  }
}

/** State: `[at, value, …]`, the latest time of each value, oldest first. */
function distinct(inMs: number | undefined): Fold {
  const live = (state: Json | undefined, at: number): Json[] =>
    Array.isArray(state)
      ? state.filter((_, i) => inMs === undefined || at - Number(state[i - (i % 2)]) < inMs)
      : []
  return {
    add(state, value, step) {
      const key = encode(value)
      if (key === undefined) return undefined
      const kept = live(state, step.at)
      const same = kept.indexOf(key)
      const others = same < 0 ? kept : kept.filter((_, i) => i !== same && i !== same - 1)
      return others.length >= 2 * DISTINCT_KEPT ? undefined : [...others, step.at, key]
    },
    read: (state, step) => live(state, step.at).length / 2,
    latest: (state) => (inMs === undefined ? Number.POSITIVE_INFINITY : latest(state)),
  }
}

/** State: `[at, fields, …]`, newest first. */
function few(inMs: number | undefined, most: number): Fold {
  const live = (state: Json | undefined, at: number): Json[] =>
    Array.isArray(state)
      ? state.filter((_, i) => inMs === undefined || at - Number(state[i - (i % 2)]) < inMs)
      : []
  return {
    add: (state, value, step) =>
      value === undefined ? undefined : [step.at, value, ...live(state, step.at)].slice(0, 2 * most),
    read: (state, step) => live(state, step.at).filter((_, i) => i % 2 === 1),
    latest: (state) =>
      inMs === undefined || !Array.isArray(state) ? Number.POSITIVE_INFINITY : Number(state[0]),
  }
}
