/** Promises that were not kept: a deadline passed, or the conversation ended first. */
import type { Plan } from '../plan/plan.ts'
import type { Cells } from './cells.ts'
import { ownerOf } from './keys.ts'
import { fired, type Monitor } from './monitors/monitor.ts'
import { duration } from './show.ts'
import { createTally } from './tally.ts'
import type { Obligation, Verdict } from './verdict.ts'

interface Owed {
  readonly monitor: Monitor
  readonly cell: string
  readonly dueAt: number
}

function owedIn(monitors: readonly Monitor[], cells: Cells, cell: string): Owed | undefined {
  const value = cells.get(cell)
  if (value === undefined) return undefined
  const monitor = monitors.find((one) => one.consistency.id === ownerOf(cell))
  const dueAt = monitor?.dueAt?.(value)
  return monitor === undefined || dueAt === undefined ? undefined : { monitor, cell, dueAt }
}

/** Undefined when the obligation was met, or met and owed anew with a later deadline. */
export function breachAt(
  plan: Plan,
  monitors: readonly Monitor[],
  cells: Cells,
  cell: string,
  at: number,
): Verdict | undefined {
  const owed = owedIn(monitors, cells, cell)
  return owed === undefined || owed.dueAt > at ? undefined : breach(plan, cells, [owed])
}

/** Every obligation still owed, earliest deadline first. */
export function breachesAt(plan: Plan, monitors: readonly Monitor[], cells: Cells, _at: number): Verdict {
  const all: Owed[] = []
  for (const [cell] of cells.entries()) {
    const owed = owedIn(monitors, cells, cell)
    if (owed !== undefined) all.push(owed)
  }
  all.sort((a, b) => a.dueAt - b.dueAt || (a.cell < b.cell ? -1 : 1))
  return breach(plan, cells, all)
}

function breach(plan: Plan, cells: Cells, all: readonly Owed[]): Verdict {
  const tally = createTally(plan, undefined, undefined)
  const obligations: Obligation[] = []
  for (const { monitor, cell, dueAt } of all) {
    const { consistency } = monitor
    cells.set(cell, undefined)
    obligations.push({ kind: 'broken', check: consistency.name, cell, dueAt })
    const within =
      consistency.form.kind === 'followedBy' ? ` within ${duration(consistency.form.withinMs)}` : ''
    const found = `${monitor.what.shown} was not followed by ${monitor.other?.shown ?? 'what it owes'}${within}`
    tally.add({ ...consistency, checkKind: 'consistency' }, consistency.otherwise, fired(found, { dueAt }))
  }
  return tally.finish(obligations)
}
