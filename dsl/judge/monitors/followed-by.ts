/**
 * `X is followed by Y within T, otherwise …`: an obligation.
 * The Y is the step judged later, so that a join's `there` is read from the X and its `here` from the Y.
 * Cell: when it is due. Further X while one is owed join it: the earliest deadline stands, and one Y meets all. A Y after the
 * deadline comes too late, whether or not the timer has been heard. A step that is both meets what is owed, then owes anew.
 */
import type { Consistency, ConsistencyForm } from '../../plan/plan.ts'
import { time } from '../show.ts'
import { type Monitor, unknown } from './monitor.ts'
import { createSlot, FULL, missingKey } from './slot.ts'

export function createFollowedBy(
  consistency: Consistency,
  form: ConsistencyForm & { kind: 'followedBy' },
): Monitor {
  const asWhat = createSlot(
    consistency,
    form.same.map((key) => key.there),
    true,
  )
  const asBy = createSlot(
    consistency,
    form.same.map((key) => key.here),
    true,
  )
  const check = consistency.name
  return {
    consistency,
    what: form.what,
    other: form.by,
    check(cells, step, what) {
      if (what === false) return undefined
      if (what === undefined) return unknown(`whether this is ${form.what.shown} could not be decided`)
      const cell = asWhat.cell(step)
      if (cell === undefined) return unknown(missingKey(asWhat, step))
      return asWhat.full(cells, cell) ? unknown(FULL) : undefined
    },
    advance(cells, step, what, by, obligations) {
      if (by === true) {
        const cell = asBy.cell(step)
        const due = cell === undefined ? undefined : asBy.get(cells, cell, step)
        if (cell !== undefined && typeof due === 'number' && step.at <= due) {
          cells.set(cell, undefined)
          obligations.push({ kind: 'met', check, cell, dueAt: due })
        }
      }
      if (what === true) {
        const cell = asWhat.cell(step)
        if (cell === undefined || asWhat.get(cells, cell, step) !== undefined) return
        const dueAt = step.at + form.withinMs
        asWhat.set(cells, cell, step, dueAt)
        obligations.push({ kind: 'owed', check, cell, dueAt })
      }
    },
    // A cell past its deadline is a breach that has not been told yet.
    expired: () => false,
    dueAt(value) {
      const due = asWhat.inner(value)
      return typeof due === 'number' ? due : undefined
    },
    describe(cells, step) {
      const cell = asWhat.cell(step) ?? asBy.cell(step)
      if (cell === undefined) return missingKey(asWhat, step)
      const due = asWhat.get(cells, cell, step)
      return typeof due === 'number' ? `owed until ${time(due)}` : 'nothing owed'
    },
  }
}
