/**
 * How time passes in a search. Monitors only ever ask whether two moments are more than some window apart, so of all the times at
 * which the same things could happen in the same order the earliest have the same verdicts: each happens at once, or just
 * when a window from an earlier moment is reached or over (the least solution of a system of difference constraints). So time
 * need only go on to the next such moment, and situations differ only in how long ago things were, up to the longest window.
 */
import type { Json } from '#dsl/judge/step.ts'
import { type Consistency, MICRO, type Plan, type Rule } from '#dsl/plan/plan.ts'
import type { Kept } from './situation.ts'

/** Windows of one policy. */
export interface Clock {
  /** When all began, in milliseconds since the epoch. */
  readonly at: number
  /** In milliseconds. */
  readonly windows: readonly number[]
}

export function clockOf(checks: Pick<Plan, 'rules' | 'consistencies'>, at: number): Clock {
  const forms = [
    ...checks.consistencies.map(({ form }) => form),
    ...checks.rules.flatMap(({ bindings }) => bindings.flatMap(({ tally }) => tally ?? [])),
  ]
  const windows = forms.flatMap((form) =>
    Object.entries(form).flatMap(([key, value]) =>
      WINDOWS.has(key) && typeof value === 'number' ? [value] : [],
    ),
  )
  return { at, windows: [...new Set(windows)].toSorted((a, b) => a - b) }
}

const WINDOWS: ReadonlySet<string> = new Set(['withinMs', 'inMs', 'forMs', 'afterMs'])

/** Does time decide in it otherwise than by windows? */
export function hasCalendar(check: Rule | Consistency): boolean {
  const forms = 'form' in check ? [check.form] : check.bindings.flatMap(({ tally }) => tally ?? [])
  return forms.some(
    (form) => ('per' in form && form.per !== undefined) || ('fn' in form && form.fn === 'since'),
  )
}

/** How long until a window is reached or over, or one of the moments comes; undefined: nothing changes any more. */
export function untilNext(
  { at, windows }: Clock,
  elapsedMs: number,
  cells: Kept,
  moments: readonly number[],
): number | undefined {
  if (windows.length === 0) return undefined
  const now = at + elapsedMs
  const times = cells.flatMap(([, value]) => numbersIn(value)).filter((one) => one >= at)
  const next = [
    ...times.flatMap((time) => [
      time,
      time + 1,
      ...windows.flatMap((window) => [time + window, time + window + 1]),
    ]),
    ...moments,
  ].filter((one) => one > now)
  return next.length === 0 ? undefined : Math.min(...next) - now
}

/** Cells with ages in place of times. */
export function agedBy({ at, windows }: Clock, elapsedMs: number, cells: Kept): Json {
  const now = at + elapsedMs
  const longest = windows.at(-1) ?? 0
  const aged = (value: Json): Json => {
    if (typeof value === 'number' && value >= at && value <= now + longest)
      return `${Math.min(now - value, longest + 1)} ms ago`
    if (Array.isArray(value)) return value.map(aged)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, aged(inner)]))
  }
  return cells.map(([cell, value]) => [cell, aged(value)])
}

/** A number that would be taken for a time. */
export function looksLikeTime({ at, windows }: Clock, value: Json): boolean {
  const longest = (windows.at(-1) ?? 0) * LATER_MAX
  return numbersIn(value).some((one) =>
    [one, one * MICRO].some((each) => Math.abs(each) >= at && Math.abs(each) <= at + longest),
  )
}

/** Windows one after the other that a path may wait for. */
const LATER_MAX = 1_000

function numbersIn(value: Json): readonly number[] {
  if (typeof value === 'number') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(numbersIn)
}
