/**
 * `X never after Y [with the same F]`: negation.
 * Cell: the time of the first Y. A Y that cannot be remembered is refused itself, or the ban would be lost.
 */
import type { Consistency, ConsistencyForm } from '../../plan/plan.ts'
import { duration } from '../show.ts'
import { fired, ifMatched, type Monitor, unknown } from './monitor.ts'
import { createSlot, missingKey, whyNotKept } from './slot.ts'

export function createNeverAfter(
  consistency: Consistency,
  form: ConsistencyForm & { kind: 'neverAfter' },
): Monitor {
  const asWhat = createSlot(
    consistency,
    form.same.map((key) => key.here),
  )
  const asAfter = createSlot(
    consistency,
    form.same.map((key) => key.there),
  )
  return {
    consistency,
    patterns: [form.what, form.after],
    expires: consistency.scope === 'turn',
    check(cells, step, [what, after]) {
      let undecided: string | undefined
      if (what !== false) {
        const cell = asWhat.cell(step)
        const since = cell === undefined ? undefined : asWhat.get(cells, cell, step)
        if (since !== undefined) {
          return ifMatched(what, form.what, () =>
            fired(
              consistency.scope === 'turn'
                ? `${form.after.shown} came first in the same turn`
                : `${form.after.shown} came ${duration(step.at - Number(since))} before`,
              asWhat.values(step),
            ),
          )
        }
        if (cell === undefined) undecided = missingKey(asWhat, step)
      }
      if (after !== false) undecided ??= whyNotKept(asAfter, cells, step)
      return undecided === undefined ? undefined : unknown(undecided)
    },
    advance(cells, step, [, after]) {
      if (after === false) return
      const cell = asAfter.cell(step)
      if (cell !== undefined && asAfter.get(cells, cell, step) === undefined)
        asAfter.set(cells, cell, step, step.at)
    },
    expired: (cell, value, step) => asAfter.over(cell, value, step),
    describe(cells, step) {
      const cell = asWhat.cell(step)
      if (cell === undefined) return missingKey(asWhat, step)
      const since = asWhat.get(cells, cell, step)
      return since === undefined
        ? `no earlier ${form.after.shown}`
        : `${form.after.shown} ${duration(step.at - Number(since))} ago`
    },
  }
}
