/**
 * `X never within D after Y N times in any T`: after so many Y the X rests, as behind a circuit breaker.
 * Cell: `[since, at, at, …]`, when the latest Y that was one too many happened (null: none), and the moments of the latest Y, no more
 * than N. Told by the Y alone: when the rest is over the X may be tried, and what lies in the window by then still counts, so
 * that with a rest shorter than the window one more Y rests it again. A Y during the rest is one too many as well.
 */
import type { Consistency, ConsistencyForm } from '../../plan/plan.ts'
import { duration, times as inTimes, wait } from '../show.ts'
import type { Json } from '../step.ts'
import { fired, ifMatched, type Monitor, unknown } from './monitor.ts'
import { createSlot, missingKey, whyNotKept } from './slot.ts'
import { windowShown } from './window.ts'

/** Nothing remembered yet: no rest, no moments. */
const NONE: readonly Json[] = [null]

export function createRests(consistency: Consistency, form: ConsistencyForm & { kind: 'rests' }): Monitor {
  const asWhat = createSlot(
    consistency,
    form.same.map((key) => key.here),
  )
  const asAfter = createSlot(
    consistency,
    form.same.map((key) => key.there),
  )
  const { times, inMs = Number.POSITIVE_INFINITY, forMs = Number.POSITIVE_INFINITY } = form

  /** Since when the X rests; undefined when it does not. */
  const restsSince = (value: Json | undefined, at: number): number | undefined => {
    const since = Array.isArray(value) ? value[0] : undefined
    return typeof since === 'number' && at - since <= forMs ? since : undefined
  }

  const often = times === 1 ? '' : ` ${inTimes(times)}${windowShown(form)}`

  return {
    consistency,
    patterns: [form.what, form.after],
    expires: consistency.scope === 'turn' || Number.isFinite(forMs),
    check(cells, step, [what, after]) {
      let undecided: string | undefined
      if (what !== false) {
        const cell = asWhat.cell(step)
        const since = cell === undefined ? undefined : restsSince(asWhat.get(cells, cell, step), step.at)
        if (since !== undefined) {
          return ifMatched(what, form.what, () =>
            fired(
              `${form.after.shown} has happened${often}, the last ${duration(step.at - since)} ago`,
              asWhat.values(step),
              // A rest includes its last moment.
              Number.isFinite(forMs) ? [wait(since + forMs + 1, step.at)] : [],
            ),
          )
        }
        if (cell === undefined) undecided = missingKey(asWhat, step)
      }
      if (after !== false) undecided ??= whyNotKept(asAfter, cells, step)
      return undecided === undefined ? undefined : unknown(undecided)
    },
    // What may have been a Y counts as one.
    advance(cells, step, [, after]) {
      if (after === false) return
      const cell = asAfter.cell(step)
      if (cell === undefined || asAfter.full(cells, cell)) return
      const before = asAfter.get(cells, cell, step)
      const list = Array.isArray(before) ? before : NONE
      // A clock that ran backwards is held still.
      const at = list.length > 1 ? Math.max(step.at, Number(list[list.length - 1])) : step.at
      let from = Math.max(1, list.length + 1 - times)
      while (from < list.length && at - Number(list[from]) >= inMs) from++
      const next = list.slice(from - 1)
      next.push(at)
      next[0] = next.length - 1 < times ? (list[0] ?? null) : at
      asAfter.set(cells, cell, step, next)
    },
    expired(cell, value, step) {
      if (asAfter.over(cell, value, step)) return true
      const inner = asAfter.inner(value)
      if (!Array.isArray(inner) || restsSince(inner, step.at) !== undefined) return false
      return times === 1 || step.at - Number(inner.at(-1)) >= inMs
    },
    describe(cells, step) {
      const cell = asWhat.cell(step)
      if (cell === undefined) return missingKey(asWhat, step)
      const value = asWhat.get(cells, cell, step)
      const since = restsSince(value, step.at)
      if (since !== undefined)
        return `rests: ${form.after.shown}${often}, the last ${duration(step.at - since)} ago`
      const [, ...moments] = Array.isArray(value) ? value : []
      const count = moments.filter((one) => step.at - Number(one) < inMs).length
      return `${form.after.shown} ${inTimes(count)}${windowShown(form)}, rests after ${inTimes(times)}`
    },
  }
}
