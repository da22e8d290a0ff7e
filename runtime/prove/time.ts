/**
 * How time passes in a search. Monitors only ever ask whether two moments are more than some window apart, so of all the times at
 * which the same things could happen in the same order the earliest have the same verdicts: each happens at once, or just
 * when a window from an earlier moment is reached or over (the least solution of a system of difference constraints). So time
 * need only go on to the next such moment, and situations differ only in how long ago things were, up to the longest window.
 */
import { ownerOf } from '#dsl/judge/keys.ts'
import { periodOf } from '#dsl/judge/monitors/calendar.ts'
import type { Json } from '#dsl/judge/step.ts'
import { MICRO, type Plan } from '#dsl/plan/plan.ts'
import { expressionsOf } from '#dsl/prove/constants.ts'
import type { Kept } from '#dsl/prove/own-ledgers.ts'
import { sinceOf } from './ages.ts'
import { type Calendars, calendarsOf, changesAfter, isFollowed, longestMs } from './calendar.ts'

/** Windows of one policy. */
export interface Clock {
  /** When all began, in milliseconds since the epoch. */
  readonly at: number
  /** In milliseconds. */
  readonly windows: readonly number[]
  readonly calendars: Calendars
  /** At which what data tell is some time ago, in order. */
  readonly moments: readonly number[]
}

export function clockOf(checks: Plan, at: number, moments: readonly number[]): Clock {
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
    moments,
    windows: [...new Set([...windows, ...checks.rules.flatMap((rule) => sinceOf(rule) ?? [])])].toSorted(
      (a, b) => a - b,
    ),
    calendars: calendarsOf(
      checks.consistencies,
      checks.rules.flatMap(({ bindings }) => bindings),
      expressionsOf(checks),
    ),
  }
}

/** Whether the time at which something happens may decide. */
export function isTimed({ windows, calendars, moments }: Clock): boolean {
  return windows.length > 0 || moments.length > 0 || isFollowed(calendars)
}

const WINDOWS: ReadonlySet<string> = new Set(['withinMs', 'inMs', 'forMs', 'afterMs'])

/** How long until a window is reached or over, a period ends or one of the moments comes; undefined: nothing changes any more. */
export function untilNext(
  clock: Clock,
  elapsedMs: number,
  cells: Kept,
  dues: readonly number[],
): number | undefined {
  if (!isTimed(clock)) return undefined
  const { at, windows, calendars, moments } = clock
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
    ...dues,
  ].filter((one) => one > now)
  return next.length === 0 ? undefined : Math.min(...next) - now
}

/** How far the next of the moments is that data tell of; undefined: none comes. */
export function untilMoment({ at, moments }: Clock, elapsedMs: number): number | undefined {
  const next = moments.find((one) => one > at + elapsedMs)
  return next === undefined ? undefined : next - at - elapsedMs
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
    const ofTally = calendars.perTally.get(ownerOf(cell))
    if (ofTally !== undefined && Array.isArray(value)) {
      const [lost = null, state = null, period] = value
      return period === periodOf(ofTally, now) ? [[cell, aged(lost), aged(state)]] : []
    }
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
