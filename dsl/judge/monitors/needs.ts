/**
 * `X needs an earlier Y [within T] [by someone else]`: precedence.
 * Cell: the latest Y of each of the two latest distinct actors, `[at, actor, at, actor]`; without `by someone else`
 * only `at`. Two suffice: for any actor, the latest Y by another is one of them.
 */
import type { Consistency, ConsistencyForm } from '../../plan/plan.ts'
import { comesFirst } from '../next.ts'
import { duration } from '../show.ts'
import type { Json, Step } from '../step.ts'
import { fired, ifMatched, type Monitor, unknown } from './monitor.ts'
import { createSlot, missingKey } from './slot.ts'

export function createNeeds(consistency: Consistency, form: ConsistencyForm & { kind: 'needs' }): Monitor {
  const asWhat = createSlot(
    consistency,
    form.same.map((key) => key.here),
  )
  const asEarlier = createSlot(
    consistency,
    form.same.map((key) => key.there),
  )
  const { withinMs, bySomeoneElse } = form

  /** When the earlier step that would satisfy `step` happened. */
  const earlierAt = (value: Json | undefined, step: Step): number | undefined => {
    if (!bySomeoneElse) return typeof value === 'number' ? value : undefined
    if (!Array.isArray(value)) return undefined
    const at = value[1] === step.actor ? value[2] : value[0]
    return typeof at === 'number' ? at : undefined
  }

  const joins = [...consistency.forEach.map((path) => ({ here: path, there: path })), ...form.same]

  return {
    consistency,
    patterns: [form.what, form.earlier],
    expires: consistency.scope === 'turn' || withinMs !== undefined,
    check(cells, step, [what]) {
      if (what === false) return undefined
      const cell = asWhat.cell(step)
      if (cell === undefined) return unknown(missingKey(asWhat, step))
      const at = earlierAt(asWhat.get(cells, cell, step), step)
      if (at !== undefined && (withinMs === undefined || step.at - at <= withinMs)) return undefined
      return ifMatched(what, form.what, () => {
        const which = `${form.earlier.shown}${bySomeoneElse ? ' by someone else' : ''}`
        const found =
          at === undefined
            ? `no earlier ${which}`
            : `the latest ${which} is ${duration(step.at - at)} ago, over ${duration(withinMs ?? 0)}`
        return fired(found, asWhat.values(step), comesFirst(form.earlier, joins, step, bySomeoneElse))
      })
    },
    advance(cells, step, [, earlier]) {
      // Uncertain or without its key, it is no ground to permit anything.
      if (earlier !== true) return
      const cell = asEarlier.cell(step)
      if (cell === undefined || asEarlier.full(cells, cell)) return
      const before = asEarlier.get(cells, cell, step)
      // What a ledger hears of late may have happened before what it has heard of already.
      if (!bySomeoneElse) {
        if (!(Number(before) > step.at)) asEarlier.set(cells, cell, step, step.at)
        return
      }
      asEarlier.set(cells, cell, step, latestTwo(before, step))
    },
    expired(cell, value, step) {
      if (asEarlier.over(cell, value, step)) return true
      if (withinMs === undefined) return false
      const inner = asEarlier.inner(value)
      const latest = Array.isArray(inner) ? inner[0] : inner
      return typeof latest === 'number' && step.at - latest > withinMs
    },
    describe(cells, step) {
      const cell = asWhat.cell(step)
      if (cell === undefined) return missingKey(asWhat, step)
      const at = earlierAt(asWhat.get(cells, cell, step), step)
      return at === undefined
        ? `no earlier ${form.earlier.shown}`
        : `${form.earlier.shown} ${duration(step.at - at)} ago`
    },
  }
}

/** `[at, actor, at, actor]`, the latest first: of what was remembered and this step the latest of each of two actors. */
function latestTwo(before: Json | undefined, { at, actor }: Step): Json {
  const [firstAt, first, secondAt, second] = Array.isArray(before) ? before : []
  if (firstAt === undefined) return [at, actor]
  if (first === actor) {
    if (Number(firstAt) >= at) return before!
    return secondAt === undefined ? [at, actor] : [at, actor, secondAt, second!]
  }
  if (at >= Number(firstAt)) return [at, actor, firstAt, first!]
  if (secondAt !== undefined && Number(secondAt) >= at) return before!
  return [firstAt, first!, at, actor]
}
