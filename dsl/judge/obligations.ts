/** Promises that were not kept: a deadline passed, or the conversation ended first. */
import type { Plan } from '../plan/plan.ts'
import type { Cells } from './cells.ts'
import { ownerOf } from './keys.ts'
import { fired, type Monitor, type Unmet } from './monitors/monitor.ts'
import { STRETCH_MARK } from './monitors/stretch.ts'
import type { Json } from './step.ts'
import { createTally } from './tally.ts'
import type { Obligation, Verdict } from './verdict.ts'

interface Owed extends Unmet {
  readonly monitor: Monitor
}

/** Undefined when the obligation was met, or met and owed anew with a later deadline. */
export function breachAt(
  plan: Plan,
  monitors: readonly Monitor[],
  cells: Cells,
  cell: string,
  at: number,
): Verdict | undefined {
  const value = cells.get(cell)
  const monitor = monitors.find((one) => one.consistency.id === ownerOf(cell))
  const unmet = value === undefined ? undefined : monitor?.dueIn?.(cell, value)
  if (monitor === undefined || unmet?.dueAt === undefined || unmet.dueAt > at) return undefined
  return breach(plan, cells, at, [{ ...unmet, monitor }])
}

/** Every obligation still owed, earliest deadline first; what was owed by the end comes last. */
export function breachesAt(plan: Plan, monitors: readonly Monitor[], cells: Cells, at: number): Verdict {
  const own = new Map<string, [string, Json][]>()
  for (const entry of cells.entries()) {
    const owner = ownerOf(entry[0])
    const list = own.get(owner)
    if (list === undefined) own.set(owner, [entry])
    else list.push(entry)
  }
  const all = monitors.flatMap((monitor): Owed[] => {
    const { id } = monitor.consistency
    const cellsOfIt = [...(own.get(id) ?? []), ...(own.get(id + STRETCH_MARK) ?? [])]
    return (monitor.unmet?.(cells, cellsOfIt) ?? []).map((unmet) => ({ ...unmet, monitor }))
  })
  const due = ({ dueAt }: Unmet): number => dueAt ?? Number.POSITIVE_INFINITY
  all.sort((a, b) => (due(a) === due(b) ? (a.cell < b.cell ? -1 : 1) : due(a) - due(b)))
  return breach(plan, cells, at, all)
}

function breach(plan: Plan, cells: Cells, at: number, all: readonly Owed[]): Verdict {
  const tally = createTally(plan, undefined, undefined)
  const obligations: Obligation[] = []
  for (const { monitor, cell, dueAt = at, found } of all) {
    const { consistency } = monitor
    if (cells.get(cell) !== undefined) cells.set(cell, undefined)
    obligations.push({ kind: 'broken', check: consistency.name, cell, dueAt })
    tally.add({ ...consistency, checkKind: 'consistency' }, consistency.otherwise, fired(found, { dueAt }))
  }
  return tally.finish(obligations)
}
