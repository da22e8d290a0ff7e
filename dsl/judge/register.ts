/** What keeps the earlier steps a rule's binding speaks of: in cells, as all state. */
import type { Binding, StepPattern } from '../plan/plan.ts'
import type { Cells } from './cells.ts'
import type { Bound } from './interpret.ts'
import type { Matches } from './monitors/monitor.ts'
import type { Json, Step } from './step.ts'

export interface Register {
  readonly binding: Binding
  /** The steps it is told of. */
  readonly patterns: readonly StepPattern[]
  /** What the step being judged sees. */
  read(cells: Cells, step: Step): Bound
  /** A step that may be one of them was let through. */
  advance(cells: Cells, step: Step, is: Matches): void
  /** May the cell be dropped without changing any later answer? Absent: never. */
  expired?(cell: string, value: Json, step: Step): boolean
}
