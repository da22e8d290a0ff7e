/**
 * What a policy reads off the calendar and the clock on the wall, and when that changes next: a day, week, month or year is over, the
 * clock shows a time that some check names. Between two such moments nothing can tell the times apart.
 */
import { children } from '#dsl/judge/children.ts'
import { periodOf } from '#dsl/judge/monitors/calendar.ts'
import { DAY_MS } from '#dsl/judge/values.ts'
import { offsetAt } from '#dsl/judge/zone.ts'
import type { Binding, Calendar, Consistency, Expr } from '#dsl/plan/plan.ts'

/** Times of the day, in milliseconds since midnight, at which a condition may change. */
export interface Wall {
  readonly zone: string
  readonly marks: readonly number[]
  readonly readsWeekday: boolean
}

export interface Calendars {
  readonly periods: readonly Calendar[]
  /** By the id of the check. */
  readonly perCheck: ReadonlyMap<string, Calendar>
  /** By the id of what a rule remembers. */
  readonly perTally: ReadonlyMap<string, Calendar>
  readonly walls: readonly Wall[]
  /** Why more may be read off it than is followed. */
  readonly gaps: readonly string[]
}

/** The longest each can be, changes of the clock included. */
const LONGEST_MS = { day: 2 * DAY_MS, week: 8 * DAY_MS, month: 32 * DAY_MS, year: 367 * DAY_MS } as const
const HOUR_MS = 3_600_000

export function calendarsOf(
  consistencies: readonly Consistency[],
  bindings: readonly Binding[],
  conditions: readonly Expr[],
): Calendars {
  const perCheck = new Map<string, Calendar>()
  for (const { id, form } of consistencies)
    if ('per' in form && form.per !== undefined) perCheck.set(id, form.per)
  const perTally = new Map(
    bindings.flatMap(({ id, tally }) => (tally?.per ? [[id, tally.per] as const] : [])),
  )
  const periods = new Map(
    [...perCheck.values(), ...perTally.values()].map((one) => [`${one.unit} ${one.zone}`, one]),
  )
  const walls = new Map<string, { marks: Set<number>; readsWeekday: boolean }>()
  const gaps = new Set<string>()
  const visit = (expr: Expr, above: Expr | undefined): void => {
    for (const part of children(expr)) visit(part, expr)
    if (expr.op !== 'wall' || expr.of.op !== 'meta' || expr.of.name !== 'now') return
    const wall = walls.get(expr.zone) ?? { marks: new Set([0]), readsWeekday: false }
    walls.set(expr.zone, wall)
    if (expr.part === 'weekday') wall.readsWeekday = true
    else if (expr.part === 'hour') for (let hour = 0; hour < 24; hour++) wall.marks.add(hour * HOUR_MS)
    else {
      const beside = above?.op === 'compare' ? children(above).find((one) => one !== expr) : undefined
      if (expr.part === 'clock' && beside?.op === 'literal' && typeof beside.value === 'number')
        for (const mark of [beside.value, beside.value + 1]) wall.marks.add(mark)
      else gaps.add('the time of day is compared with what is not written out')
    }
  }
  for (const expr of conditions) visit(expr, undefined)
  return {
    periods: [...periods.values()],
    perCheck,
    perTally,
    walls: [...walls].map(([zone, { marks, readsWeekday }]) => ({
      zone,
      readsWeekday,
      marks: [...marks].toSorted((a, b) => a - b),
    })),
    gaps: [...gaps],
  }
}

export function isFollowed({ periods, walls }: Calendars): boolean {
  return periods.length > 0 || walls.length > 0
}

/** The moments after `now` at which something changes, the next of each sort. */
export function changesAfter({ periods, walls }: Calendars, now: number): number[] {
  return [...periods.map((one) => endOf(one, now)), ...walls.map((one) => nextMark(one, now))]
}

/** When the period that `now` is in is over: the first millisecond of the next one. */
function endOf(period: Calendar, now: number): number {
  const current = periodOf(period, now)
  let [within, over] = [now, now + LONGEST_MS[period.unit]]
  while (over - within > 1) {
    const middle = Math.floor((within + over) / 2)
    if (periodOf(period, middle) === current) within = middle
    else over = middle
  }
  return over
}

function nextMark({ zone, marks }: Wall, now: number): number {
  const offset = offsetAt(zone, now) ?? 0
  const clock = clockAt(zone, now)
  const next = now - clock + (marks.find((mark) => mark > clock) ?? DAY_MS)
  // The clock may be changed in between; then it is looked at once more at the moment itself.
  return Math.max(now + 1, next - ((offsetAt(zone, next) ?? 0) - offset))
}

/** Where in day and week a moment is, and how far from the ends of all periods: what tells apart what may come later. */
export function phaseOf({ periods, walls }: Calendars, now: number, withEnds: boolean): string {
  const shown = walls.map(({ zone, readsWeekday }) => [
    clockAt(zone, now),
    readsWeekday ? periodOf({ unit: 'day', zone }, now) % 7 : 0,
  ])
  const ends = withEnds || periods.length > 1 ? periods.map((one) => endOf(one, now) - now) : []
  return JSON.stringify([shown, ends])
}

function clockAt(zone: string, at: number): number {
  const shown = at + (offsetAt(zone, at) ?? 0)
  return ((shown % DAY_MS) + DAY_MS) % DAY_MS
}

/** How long after the beginning a path may go, for each change it waits for. */
export function longestMs({ periods, walls }: Calendars): number {
  return Math.max(walls.length > 0 ? DAY_MS : 0, ...periods.map(({ unit }) => LONGEST_MS[unit]))
}
