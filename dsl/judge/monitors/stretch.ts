/**
 * Which stretch of the trace a step is in (`after Q`, `before R`, `between Q and R`, `after Q until R`, `while in S`).
 * Cell: `[number, open, broken]`, one for each slice of the constraint. Stretches are numbered, and values of an earlier one
 * are as good as none, so that nothing has to be cleared when a new one starts. A step that may open a stretch opens it,
 * one that only may close it does not.
 */
import type { Consistency, Stretch } from '../../plan/plan.ts'
import { CELLS_MAX, type Cells } from '../cells.ts'
import { keyReader } from '../keys.ts'
import type { Json, Step } from '../step.ts'

export interface StretchState {
  readonly number: number
  readonly open: boolean
  /** What the constraint forbids has happened in it; told by the step that closes it. */
  readonly broken: boolean
}

export interface StretchReader {
  cell(step: Step): string | undefined
  read(cells: Cells, cell: string): StretchState
  write(cells: Cells, cell: string, state: StretchState): void
  full(cells: Cells, cell: string): boolean
  number(cells: Cells, step: Step): number
}

/** Sets the cells of stretches apart from those of the monitor inside. */
export const STRETCH_MARK = '~'

export function createStretch(consistency: Consistency, stretch: Stretch): StretchReader {
  // A state is entered by an agent, not for an order: its stretch is one for all keys.
  const [paths, of] = stretch.kind === 'while' ? [[], []] : [consistency.forEach, consistency.forEachOf]
  const cell = keyReader(consistency.id + STRETCH_MARK, consistency.scope, paths, of)
  const before: StretchState = { number: 0, open: stretch.kind === 'before', broken: false }
  const read = (cells: Cells, at: string): StretchState => stateOf(cells.get(at)) ?? before
  return {
    cell,
    read,
    write: (cells, at, { number, open, broken }) => cells.set(at, [number, open ? 1 : 0, broken ? 1 : 0]),
    full: (cells, at) => cells.size >= CELLS_MAX && cells.get(at) === undefined,
    number(cells, step) {
      const at = cell(step)
      return at === undefined ? before.number : read(cells, at).number
    },
  }
}

export function stateOf(value: Json | undefined): StretchState | undefined {
  return Array.isArray(value)
    ? { number: Number(value[0]), open: value[1] === 1, broken: value[2] === 1 }
    : undefined
}
