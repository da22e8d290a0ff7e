/**
 * `total F of X at most M [in any T]`: a budget. What is spent is spent when it is judged, so a budget of `spends` that is
 * overdrawn also speaks against starting what would spend more (`spawns`). One of the fleet does not: its ledger keeps it.
 * Cell: the sum in the judge's units, or with a window the amounts that still count (see `window.ts`). A negative amount
 * counts as nothing: it never makes room.
 */
import type { Consistency, ConsistencyForm, StepPattern } from '../../plan/plan.ts'
import type { Cells } from '../cells.ts'
import type { Finding } from '../finding.ts'
import { inWords, shown, wait } from '../show.ts'
import type { Json, Step } from '../step.ts'
import { fired, ifMatched, limitOf, type Monitor, unknown, type ValueOf } from './monitor.ts'
import { createSlot, FULL, missingKey } from './slot.ts'
import { add, amended, latest, roomAt, sumAt, windowShown } from './window.ts'

export function createTotal(
  consistency: Consistency,
  form: ConsistencyForm & { kind: 'total' },
  readValue: ValueOf,
): Monitor {
  const slot = createSlot(consistency, [], { per: form.per })
  const { inMs } = form
  const boundOf = limitOf(form.atMost, readValue)
  const { type } = form.of
  const exact = type.kind !== 'number'
  const sumOf = (value: Json | undefined, step: Step): number =>
    inMs === undefined ? (typeof value === 'number' ? value : 0) : sumAt(value, step.at, inMs)
  const amount = (step: Step): number | undefined => {
    const value = readValue(form.of, step)
    return typeof value === 'number' ? Math.max(0, value) : undefined
  }
  const starts = consistency.scope === 'fleet' ? undefined : startsOf(form.what)
  const overdrawn = (cells: Cells, step: Step): Finding | undefined => {
    const cell = slot.cell(step)
    const bound = boundOf(step)
    if (cell === undefined || bound === undefined) return undefined
    if (slot.full(cells, cell)) return unknown(FULL)
    const value = slot.get(cells, cell, step)
    const sum = sumOf(value, step)
    if (sum <= bound) return undefined
    const free = inMs === undefined ? undefined : roomAt(value, step.at, bound, inMs)
    return fired(
      `${inWords(sum, type)} spent already${windowShown(form)}, at most ${inWords(bound, type)}`,
      { ...slot.values(step), total: shown(sum, type) },
      free === undefined ? [] : [wait(free, step.at)],
    )
  }
  const tooLarge = (sum: number) => !(exact ? Number.isSafeInteger(sum) : Number.isFinite(sum))

  return {
    consistency,
    patterns: starts === undefined ? [form.what] : [form.what, starts],
    expires: consistency.scope === 'turn' || inMs !== undefined || form.per !== undefined,
    check(cells, step, [what, start]) {
      if (start === true) return overdrawn(cells, step)
      if (what === false) return undefined
      const more = amount(step)
      if (more === undefined)
        return unknown(`the amount that counts towards the total of ${form.what.shown} is missing`)
      const cell = slot.cell(step)
      if (cell === undefined) return unknown(missingKey(slot, step))
      if (slot.full(cells, cell)) return unknown(FULL)
      const bound = boundOf(step)
      if (bound === undefined)
        return unknown(`what the total of ${form.what.shown} may come to cannot be read`)
      const value = slot.get(cells, cell, step)
      const sum = sumOf(value, step)
      if (tooLarge(sum + more)) return unknown('the total is too large to be exact')
      if (sum + more <= bound) return undefined
      return ifMatched(what, form.what, () => {
        const window = windowShown(form)
        const free = inMs === undefined ? undefined : roomAt(value, step.at, bound - more, inMs)
        return fired(
          `${inWords(more, type)} more makes ${inWords(sum + more, type)}${window}, at most ${inWords(bound, type)}`,
          { ...slot.values(step), total: shown(sum, type), more: shown(more, type) },
          free === undefined ? [] : [wait(free, step.at)],
        )
      })
    },
    advance(cells, step, [what]) {
      if (what === false) return
      const cell = slot.cell(step)
      const more = amount(step)
      if (cell === undefined || more === undefined || more === 0) return
      const value = slot.get(cells, cell, step)
      // A sum let through although it is too large stays at the largest: the budget is spent.
      const sum = Math.min(sumOf(value, step) + more, Number.MAX_SAFE_INTEGER)
      slot.set(cells, cell, step, inMs === undefined ? sum : add(value, step.at, more, inMs))
    },
    amend(cells, step, [what], actual) {
      const cell = what === false ? undefined : slot.cell(step)
      const was = amount(step)
      // What it came to is not known: what was reserved stands.
      const is = actual === undefined ? 0 : amount(actual)
      if (cell === undefined || was === undefined || is === undefined || is === was) return
      const value = slot.get(cells, cell, step)
      if (inMs !== undefined) {
        const list = amended(value, step.at, is - was, inMs)
        if (list !== undefined) slot.set(cells, cell, step, list)
      } else if (value !== undefined) {
        const sum = Math.min(sumOf(value, step) + is - was, Number.MAX_SAFE_INTEGER)
        slot.set(cells, cell, step, Math.max(0, sum))
      }
    },
    expired: (cell, value, step) =>
      slot.over(cell, value, step) || (inMs !== undefined && step.at - latest(slot.inner(value)) >= inMs),
    describe(cells, step) {
      const cell = slot.cell(step)
      if (cell === undefined) return missingKey(slot, step)
      const bound = boundOf(step)
      const most = bound === undefined ? 'an unknown amount' : inWords(bound, type)
      return `${inWords(sumOf(slot.get(cells, cell, step), step), type)} of at most ${most}`
    },
  }
}

/** Of whoever spends: starting what costs. A budget of some spending only (`and tokens > 500`) keeps nobody from the rest. */
function startsOf({ any, where }: StepPattern): StepPattern | undefined {
  const spending = any.filter(({ kinds }) => kinds?.includes('spends'))
  if (where !== undefined || spending.length === 0) return undefined
  return {
    any: spending.map(({ agents }) => ({ kinds: ['spawns'], ...(agents && { agents }) })),
    shown: 'starting what costs',
  }
}
