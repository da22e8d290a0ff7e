/**
 * `X at most N times [in any T]` and `X never` (N = 0): bounded existence.
 * Cell: a count, or with a window the times that still count (see `window.ts`).
 */
import type { Consistency, ConsistencyForm } from '../../plan/plan.ts'
import { times, wait } from '../show.ts'
import type { Json, Step } from '../step.ts'
import { fired, ifMatched, limitOf, type Monitor, unknown, type ValueOf } from './monitor.ts'
import { createSlot, FULL, missingKey } from './slot.ts'
import { add, amended, latest, roomAt, sumAt, windowShown } from './window.ts'

export function createAtMost(
  consistency: Consistency,
  form: ConsistencyForm & { kind: 'atMost' },
  readValue: ValueOf,
): Monitor {
  const slot = createSlot(consistency, [], { per: form.per })
  const { inMs } = form
  const never = form.times === 0
  const boundOf = limitOf(form.times, readValue)
  const countOf = (value: Json | undefined, step: Step): number =>
    inMs === undefined ? (typeof value === 'number' ? value : 0) : sumAt(value, step.at, inMs)

  return {
    consistency,
    patterns: [form.what],
    expires: consistency.scope === 'turn' || inMs !== undefined || form.per !== undefined,
    check(cells, step, [what]) {
      if (what === false) return undefined
      if (never) return ifMatched(what, form.what, () => fired(`${form.what.shown} is never allowed`))
      const cell = slot.cell(step)
      if (cell === undefined) return unknown(missingKey(slot, step))
      if (slot.full(cells, cell)) return unknown(FULL)
      const bound = boundOf(step)
      if (bound === undefined) return unknown(`how often ${form.what.shown} may be cannot be read`)
      const value = slot.get(cells, cell, step)
      const count = countOf(value, step)
      if (count < bound) return undefined
      return ifMatched(what, form.what, () => {
        const window = windowShown(form)
        const free = inMs === undefined ? undefined : roomAt(value, step.at, bound - 1, inMs)
        return fired(
          `${form.what.shown} has happened ${times(count)}${window}, at most ${times(bound)}`,
          slot.values(step),
          free === undefined ? [] : [wait(free, step.at)],
        )
      })
    },
    advance(cells, step, [what]) {
      if (what === false || never) return
      const cell = slot.cell(step)
      if (cell === undefined) return
      const value = slot.get(cells, cell, step)
      slot.set(
        cells,
        cell,
        step,
        inMs === undefined ? countOf(value, step) + 1 : add(value, step.at, 1, inMs),
      )
    },
    amend(cells, step, [what], actual) {
      const cell = what === false || actual !== undefined ? undefined : slot.cell(step)
      if (cell === undefined) return
      const value = slot.get(cells, cell, step)
      const less = inMs === undefined ? countOf(value, step) - 1 : amended(value, step.at, -1, inMs)
      if (value !== undefined && less !== undefined) slot.set(cells, cell, step, less)
    },
    expired: (cell, value, step) =>
      slot.over(cell, value, step) || (inMs !== undefined && step.at - latest(slot.inner(value)) >= inMs),
    describe(cells, step) {
      const cell = slot.cell(step)
      if (cell === undefined) return missingKey(slot, step)
      return `${times(countOf(slot.get(cells, cell, step), step))} of at most ${boundOf(step) ?? 'an unknown number'}`
    },
  }
}
