/**
 * How often an agent was told to try again, one cell for each agent and check: counted when the step is refused, gone
 * when a step that the check speaks of is let through.
 */
import { CELLS_MAX, type Cells } from './cells.ts'
import { encode } from './keys.ts'
import type { Step } from './step.ts'
import type { Reason } from './verdict.ts'

export const RETRY_MARK = 'retry-'

export function retryCell(id: string, { actor }: Step): string {
  return `${RETRY_MARK}${id}:${encode(actor)}`
}

/** Undefined where no attempt can be counted any more: then there is none. */
export function attemptsMade(cells: Cells, cell: string): number | undefined {
  const made = cells.get(cell)
  if (made === undefined) return cells.size >= CELLS_MAX ? undefined : 0
  return typeof made === 'number' ? made : undefined
}

/** Call once for what was refused, after the cells are as they were before it. */
export function countAttempts(cells: Cells, reasons: readonly Reason[]): void {
  for (const { retry, shadow } of reasons)
    if (retry !== undefined && !shadow) cells.set(retry.cell, retry.attempt)
}

/** The check has let the agent through. */
export function forgetAttempts(cells: Cells, id: string, step: Step): void {
  const cell = retryCell(id, step)
  if (cells.get(cell) !== undefined) cells.set(cell, undefined)
}
