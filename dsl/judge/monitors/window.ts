/**
 * Amounts over a sliding window, as a flat list `[at, amount, at, amount, …]`, oldest first. An entry counts while it is less than the
 * window old. Exact up to ENTRIES_MAX entries; beyond, entries of the same 1/ENTRIES_MAX of the window are merged into
 * the latest of them, so that they count longer, never shorter: the bound holds, at worst a little early.
 */
import type { Window } from '../../plan/plan.ts'
import { duration } from '../show.ts'
import type { Json } from '../step.ts'

export const ENTRIES_MAX = 256

/** ` within 2 hours`, ` this month`, or nothing. */
export function windowShown({ inMs, per }: Window): string {
  if (per !== undefined) return per.unit === 'day' ? ' today' : ` this ${per.unit}`
  return inMs === undefined ? '' : ` within ${duration(inMs)}`
}

/** The sum of what still counts at `at`. */
export function sumAt(entries: Json | undefined, at: number, windowMs: number): number {
  if (!Array.isArray(entries)) return 0
  let sum = 0
  for (let i = entries.length - 2; i >= 0 && at - Number(entries[i]) < windowMs; i -= 2)
    sum += Number(entries[i + 1])
  return sum
}

/** A new list with the amount added and what no longer counts left out. A clock that ran backwards is held still. */
export function add(entries: Json | undefined, at: number, amount: number, windowMs: number): Json[] {
  const before = Array.isArray(entries) ? entries : []
  const now = before.length > 0 ? Math.max(at, Number(before[before.length - 2])) : at
  let start = 0
  while (start < before.length && now - Number(before[start]) >= windowMs) start += 2
  const list = before.slice(start)
  if (list.length > 0 && list[list.length - 2] === now)
    list[list.length - 1] = amountAt(list, list.length - 2) + amount
  else list.push(now, amount)
  return list.length > ENTRIES_MAX * 2 ? coalesce(list, windowMs / ENTRIES_MAX) : list
}

const amountAt = (list: readonly Json[], i: number): number => Number(list[i + 1])

function coalesce(list: readonly Json[], sliceMs: number): Json[] {
  const merged: Json[] = []
  const sliceOf = (at: Json | undefined) => Math.floor(Number(at) / sliceMs)
  for (let i = 0; i < list.length; i += 2) {
    const last = merged.length - 2
    if (last >= 0 && sliceOf(merged[last]) === sliceOf(list[i])) {
      merged[last] = list[i] ?? 0
      merged[last + 1] = amountAt(merged, last) + amountAt(list, i)
    } else merged.push(list[i] ?? 0, list[i + 1] ?? 0)
  }
  return merged
}

/**
 * A new list in which what was added at `at` counts for `by` more, or less. What no longer counts stays so: undefined when
 * there is nothing left to change.
 */
export function amended(
  entries: Json | undefined,
  at: number,
  by: number,
  windowMs: number,
): number[] | undefined {
  const list = Array.isArray(entries) ? entries.map(Number) : []
  const sliceMs = windowMs / ENTRIES_MAX
  for (let i = 0; i < list.length; i += 2) {
    const entry = list[i]!
    if (entry < at) continue
    // It may have been merged into a later one of its slice.
    if (entry !== at && Math.floor(entry / sliceMs) !== Math.floor(at / sliceMs)) return undefined
    const left = Math.max(0, list[i + 1]! + by)
    if (left === 0) list.splice(i, 2)
    else list[i + 1] = left
    return list
  }
  return undefined
}

export function latest(entries: Json): number {
  return Array.isArray(entries) && entries.length > 1
    ? Number(entries[entries.length - 2])
    : Number.NEGATIVE_INFINITY
}

/** When the sum will be at most `room` if nothing is added; undefined when it already is or never will be. */
export function roomAt(
  entries: Json | undefined,
  at: number,
  room: number,
  windowMs: number,
): number | undefined {
  if (!Array.isArray(entries) || room < 0) return undefined
  let sum = sumAt(entries, at, windowMs)
  if (sum <= room) return undefined
  for (let i = 0; i < entries.length; i += 2) {
    const from = Number(entries[i])
    if (at - from >= windowMs) continue
    sum -= Number(entries[i + 1])
    if (sum <= room) return from + windowMs
  }
  return undefined
}
