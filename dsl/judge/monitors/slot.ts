/** One side of a consistency: how a step finds its cell, with the constraint's scope folded in. */
import type { Calendar, Consistency } from '../../plan/plan.ts'
import { CELLS_MAX, type Cells } from '../cells.ts'
import { keyReader, scopeOf, stepKey } from '../keys.ts'
import type { Json, Step } from '../step.ts'
import { walk } from '../values.ts'
import { periodOf } from './calendar.ts'
import { createStretch } from './stretch.ts'

export interface Slot {
  /** The step's cell, or undefined when a key field is missing. */
  cell(step: Step): string | undefined
  get(cells: Cells, cell: string, step: Step): Json | undefined
  set(cells: Cells, cell: string, step: Step, value: Json): void
  clear(cells: Cells, cell: string): void
  /** It belongs to an earlier turn of the step's actor, or to an earlier period of the calendar. */
  over(cell: string, value: Json, step: Step): boolean
  /** The monitor's value inside a stored cell, of whatever age. */
  inner(value: Json): Json
  /** Nothing more can be remembered under this cell. */
  full(cells: Cells, cell: string): boolean
  /** Values of the key fields, by the name they have on this side. */
  values(step: Step): Record<string, Json>
}

interface SlotOptions {
  /** Under `per turn`, every turn has a cell of its own instead of the newest one's replacing the one before. */
  readonly eachTurn?: boolean
  readonly per?: Calendar | undefined
}

/** `side`: the extra join paths (`with the same …`) on this side. */
export function createSlot(
  consistency: Consistency,
  side: readonly (readonly string[])[],
  { eachTurn = false, per }: SlotOptions = {},
): Slot {
  const { id, scope, forEach, forEachOf = [] } = consistency
  const paths = [...forEach, ...side]
  const byTurn = scope === 'turn'
  const key = keyReader(id, scope, paths, forEachOf)
  const cell =
    byTurn && eachTurn
      ? (step: Step) => {
          const plain = key(step)
          return plain === undefined ? undefined : `${plain}@${step.turn}`
        }
      : key
  const base = {
    cell,
    clear: (cells: Cells, cell: string) => cells.set(cell, undefined),
    full: (cells: Cells, cell: string) => cells.size >= CELLS_MAX && cells.get(cell) === undefined,
    values(step: Step) {
      const values: Record<string, Json> = {}
      for (const name of forEachOf) values[name] = stepKey(step, name) ?? null
      for (const path of paths) values[path.join('.')] = walk(step.fields, path) ?? null
      return values
    },
  }
  const ages = agesOf(consistency, byTurn && !eachTurn, per)
  if (ages === undefined) {
    return {
      ...base,
      get: (cells, cell) => cells.get(cell),
      set: (cells, cell, _step, value) => cells.set(cell, value),
      over: () => false,
      inner: (value) => value,
    }
  }
  // A cell of another age is as good as none.
  return {
    ...base,
    get(cells, cell, step) {
      const stored = cells.get(cell)
      return Array.isArray(stored) && stored[0] === ages(cells, step) ? stored[1] : undefined
    },
    set: (cells, cell, step, value) => cells.set(cell, [ages(cells, step), value]),
    over: (cell, value, step) =>
      Array.isArray(value) &&
      (byTurn
        ? Number(value[0]) < step.turn && cell.startsWith(scopeOf(id, scope, step))
        : per !== undefined &&
          consistency.during === undefined &&
          Number(value[0]) < Number(periodOf(per, step.at))),
    inner: (value) => (Array.isArray(value) ? (value[1] ?? null) : value),
  }
}

/** What makes a cell's value too old to be read: a new turn, a new stretch, a new period of the calendar. */
function agesOf(
  consistency: Consistency,
  byTurn: boolean,
  per: Calendar | undefined,
): ((cells: Cells, step: Step) => Json) | undefined {
  if (byTurn) return (_, step) => step.turn
  const stretch =
    consistency.during === undefined ? undefined : createStretch(consistency, consistency.during)
  if (stretch === undefined) return per === undefined ? undefined : (_, step) => periodOf(per, step.at)
  if (per === undefined) return (cells, step) => stretch.number(cells, step)
  return (cells, step) => `${stretch.number(cells, step)}/${periodOf(per, step.at)}`
}

export function missingKey(slot: Slot, step: Step): string {
  const missing = Object.entries(slot.values(step)).find(
    ([, value]) => value === null || typeof value === 'object',
  )
  return missing === undefined
    ? 'a value that joins the steps is too long'
    : `\`${missing[0]}\`, which joins the steps, is missing`
}

export const FULL = 'the conversation holds more open cases than can be remembered'

/** Why a step cannot be remembered, if it cannot. */
export function whyNotKept(slot: Slot, cells: Cells, step: Step): string | undefined {
  const cell = slot.cell(step)
  if (cell === undefined) return missingKey(slot, step)
  return slot.full(cells, cell) ? FULL : undefined
}
