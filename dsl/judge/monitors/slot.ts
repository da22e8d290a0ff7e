/** One side of a consistency: how a step finds its cell, with the constraint's scope folded in. */
import type { Consistency } from '../../plan/plan.ts'
import { CELLS_MAX, type Cells } from '../cells.ts'
import { keyReader, scopeOf } from '../keys.ts'
import type { Json, Step } from '../step.ts'
import { walk } from '../values.ts'

export interface Slot {
  /** The step's cell, or undefined when a key field is missing. */
  cell(step: Step): string | undefined
  get(cells: Cells, cell: string, step: Step): Json | undefined
  set(cells: Cells, cell: string, step: Step, value: Json): void
  /** It belongs to an earlier turn of the step's actor. */
  over(cell: string, value: Json, step: Step): boolean
  /** The monitor's value inside a stored cell, of whatever turn. */
  inner(value: Json): Json
  /** Nothing more can be remembered under this cell. */
  full(cells: Cells, cell: string): boolean
  /** Values of the key fields, by the name they have on this side. */
  values(step: Step): Record<string, Json>
}

/**
 * `side`: the extra join paths (`with the same …`) on this side. `eachTurn`: under `per turn`, every turn has a cell of
 * its own instead of the newest turn's replacing the one before; for what outlives its turn.
 */
export function createSlot(
  consistency: Consistency,
  side: readonly (readonly string[])[],
  eachTurn = false,
): Slot {
  const paths = [...consistency.forEach, ...side]
  const base = {
    cell: keyReader(consistency.id, consistency.scope, paths),
    full: (cells: Cells, cell: string) => cells.size >= CELLS_MAX && cells.get(cell) === undefined,
    values(step: Step) {
      const values: Record<string, Json> = {}
      for (const path of paths) values[path.join('.')] = walk(step.fields, path) ?? null
      return values
    },
  }
  if (consistency.scope !== 'turn' || eachTurn) {
    const { cell } = base
    return {
      ...base,
      ...(consistency.scope === 'turn' && {
        cell(step: Step) {
          const key = cell(step)
          return key === undefined ? undefined : `${key}@${step.turn}`
        },
      }),
      get: (cells, cell) => cells.get(cell),
      set: (cells, cell, _step, value) => cells.set(cell, value),
      over: () => false,
      inner: (value) => value,
    }
  }
  // A cell of an earlier turn is as good as none.
  return {
    ...base,
    get(cells, cell, step) {
      const stored = cells.get(cell)
      return Array.isArray(stored) && stored[0] === step.turn ? stored[1] : undefined
    },
    set: (cells, cell, step, value) => cells.set(cell, [step.turn, value]),
    over: (cell, value, step) =>
      Array.isArray(value) &&
      Number(value[0]) < step.turn &&
      cell.startsWith(scopeOf(consistency.id, consistency.scope, step)),
    inner: (value) => (Array.isArray(value) ? (value[1] ?? null) : value),
  }
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
