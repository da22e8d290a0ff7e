/**
 * How time passes in a search. Monitors only ever ask whether two moments are more than some window apart, so of all the times at
 * which the same things could happen in the same order the earliest have the same verdicts: each happens at once, or just
 * when a window from an earlier moment is reached or over (the least solution of a system of difference constraints). So time
 * need only go on to the next such moment, and situations differ only in how long ago things were, up to the longest window.
 */
import { ownerOf } from '#dsl/judge/keys.ts'
import { periodOf } from '#dsl/judge/monitors/calendar.ts'
import type { Json } from '#dsl/judge/step.ts'
import { MICRO, type Plan, type Rule } from '#dsl/plan/plan.ts'
import { expressionsOf } from '#dsl/prove/constants.ts'
import { type Calendars, calendarsOf, changesAfter, isFollowed, longestMs } from './calendar.ts'
import type { Kept } from './situation.ts'

/** Windows of one policy. */
export interface Clock {
  /** When all began, in milliseconds since the epoch. */
  readonly at: number
  /** In milliseconds. */
  readonly windows: readonly number[]
  readonly calendars: Calendars
}

export function clockOf(checks: Plan, at: number): Clock {
  const forms = [
    ...checks.consistencies.map(({ form }) => form),
    ...checks.rules.flatMap(({ bindings }) => bindings.flatMap(({ tally }) => tally ?? [])),
  ]
  const windows = forms.flatMap((form) =>
    Object.entries(form).flatMap(([key, value]) =>
      WINDOWS.has(key) && typeof value === 'number' ? [value] : [],
    ),
  )
  return {
    at,
    windows: [...new Set(windows)].toSorted((a, b) => a - b),
    calendars: calendarsOf(checks.consistencies, expressionsOf(checks)),
  }
}

/** Whether the time at which something happens may decide. */
export function isTimed({ windows, calendars }: Clock): boolean {
  return windows.length > 0 || isFollowed(calendars)
}

const WINDOWS: ReadonlySet<string> = new Set(['withinMs', 'inMs', 'forMs', 'afterMs'])

/** Does time decide in it otherwise than by windows and periods of its own? */
export function hasCalendar({ bindings }: Rule): boolean {
  return bindings.some(
    ({ tally }) => tally !== undefined && (tally.per !== undefined || tally.fn === 'since'),
  )
}

/** How long until a window is reached or over, a period ends or one of the moments comes; undefined: nothing changes any more. */
export function untilNext(
  { at, windows, calendars }: Clock,
  elapsedMs: number,
  cells: Kept,
  moments: readonly number[],
): number | undefined {
  if (windows.length === 0 && !isFollowed(calendars)) return undefined
  const now = at + elapsedMs
  const times = cells.flatMap(([, value]) => numbersIn(value)).filter((one) => one >= at)
  const next = [
    ...changesAfter(calendars, now),
    ...(windows.length === 0 ? [] : times).flatMap((time) => [
      time,
      time + 1,
      ...windows.flatMap((window) => [time + window, time + window + 1]),
    ]),
    ...moments,
  ].filter((one) => one > now)
  return next.length === 0 ? undefined : Math.min(...next) - now
}

/** Cells with ages in place of times. */
export function agedBy({ at, windows, calendars }: Clock, elapsedMs: number, cells: Kept): Json {
  const now = at + elapsedMs
  const longest = windows.at(-1) ?? 0
  const aged = (value: Json): Json => {
    if (typeof value === 'number' && value >= at && value <= now + longest)
      return `${Math.min(now - value, longest + 1)} ms ago`
    if (Array.isArray(value)) return value.map(aged)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, aged(inner)]))
  }
  return cells.flatMap(([cell, value]): Json[] => {
    const per = calendars.perCheck.get(ownerOf(cell))
    if (per === undefined || !Array.isArray(value)) return [[cell, aged(value)]]
    // What is of a period that is over is as good as none; of this one, which it is matters to nobody.
    const [period = null, inner = null] = value
    const current = String(periodOf(per, now))
    const [kept, stretch = ''] = String(period).split('/').toReversed()
    return kept === current ? [[cell, stretch, aged(inner)]] : []
  })
}

/** A number that would be taken for a time. */
export function looksLikeTime({ at, windows, calendars }: Clock, value: Json): boolean {
  const longest = Math.max(windows.at(-1) ?? 0, longestMs(calendars)) * LATER_MAX
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
