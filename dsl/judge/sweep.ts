/**
 * Drops cells whose time is over. A sweep visits every cell, but only after half as many have been made since the last
 * one, so that each step pays for at most two visits. The count is itself a cell: when a sweep happens depends on
 * nothing but the cells, and a replay drops the same ones.
 */
import type { Cells } from './cells.ts'
import { ownerOf } from './keys.ts'
import type { Json, Step } from './step.ts'

export const MADE = 'made'
const COUNT = `${MADE}:`
/** Cells made before a first sweep is worth it. */
const MADE_MIN = 16

/** Whoever owns the cells that begin with `id`. */
export interface Keeper {
  readonly id: string
  /** May the cell be dropped, now that `step` has been let through, without changing any later answer? */
  expired(cell: string, value: Json, step: Step): boolean
}

/** Call after a step's advances, with the number of cells there were before. */
export function createSweep(keepers: readonly Keeper[]): (cells: Cells, before: number, step: Step) => void {
  const expiring = new Map(keepers.map((keeper) => [keeper.id, keeper]))
  if (expiring.size === 0) return () => {}
  return (cells, before, step) => {
    const grown = cells.size - before
    if (grown <= 0) return
    const count = cells.get(COUNT)
    const made = (typeof count === 'number' ? count : 0) + grown
    if (made < MADE_MIN || made < cells.size / 2) return cells.set(COUNT, made)
    const over: string[] = []
    for (const [cell, value] of cells.entries()) {
      if (expiring.get(ownerOf(cell))?.expired(cell, value, step) === true) over.push(cell)
    }
    for (const cell of over) cells.set(cell, undefined)
    cells.set(COUNT, 0)
  }
}
