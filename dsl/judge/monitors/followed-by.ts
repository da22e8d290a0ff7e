/**
 * `X is followed by Y within T, otherwise …`: an obligation.
 * The Y is the step judged later, so that a join's `there` is read from the X and its `here` from the Y.
 * Cell: when it is due. Further X while one is owed join it: the earliest deadline stands, and one Y meets all. A Y after the
 * deadline comes too late, whether or not the timer has been heard. A step that is both meets what is owed, then owes anew.
 */
import type { Consistency, ConsistencyForm } from '../../plan/plan.ts'
import { duration, time } from '../show.ts'
import type { Json } from '../step.ts'
import { type Monitor, type Unmet, unknown } from './monitor.ts'
import { createSlot, missingKey, whyNotKept } from './slot.ts'

export function createFollowedBy(
  consistency: Consistency,
  form: ConsistencyForm & { kind: 'followedBy' },
): Monitor {
  const asWhat = createSlot(
    consistency,
    form.same.map((key) => key.there),
    { eachTurn: true },
  )
  const asBy = createSlot(
    consistency,
    form.same.map((key) => key.here),
    { eachTurn: true },
  )
  const check = consistency.name
  const broken = `${form.what.shown} was not followed by ${form.by.shown} within ${duration(form.withinMs)}`
  const dueIn = (cell: string, value: Json): Unmet | undefined => {
    const due = asWhat.inner(value)
    return typeof due === 'number' ? { cell, dueAt: due, found: broken } : undefined
  }
  return {
    consistency,
    patterns: [form.what, form.by],
    // A cell past its deadline is a breach that has not been told yet.
    expires: false,
    check(cells, step, [what]) {
      if (what === false) return undefined
      if (what === undefined) return unknown(`whether this is ${form.what.shown} could not be decided`)
      const why = whyNotKept(asWhat, cells, step)
      return why === undefined ? undefined : unknown(why)
    },
    advance(cells, step, [what, by], obligations) {
      if (by === true) {
        const cell = asBy.cell(step)
        const due = cell === undefined ? undefined : asBy.get(cells, cell, step)
        if (cell !== undefined && typeof due === 'number' && step.at <= due) {
          asBy.clear(cells, cell)
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
    expired: () => false,
    dueIn,
    lacking: (cell, value) => (value === undefined ? undefined : dueIn(cell, value)),
    unmet: (_, own) => own.flatMap(([cell, value]) => dueIn(cell, value) ?? []),
    owing(cells, step) {
      const cell = asWhat.cell(step)
      const value = cell === undefined ? undefined : asWhat.get(cells, cell, step)
      return value === undefined ? undefined : broken
    },
    describe(cells, step) {
      const cell = asWhat.cell(step) ?? asBy.cell(step)
      if (cell === undefined) return missingKey(asWhat, step)
      const due = asWhat.get(cells, cell, step)
      return typeof due === 'number' ? `owed until ${time(due)}` : 'nothing owed'
    },
  }
}
