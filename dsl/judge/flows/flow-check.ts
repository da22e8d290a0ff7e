/** What a flow is to the judge: patterns to be matched, and what it says of a step they let in. */
import type { Flow, StepPattern } from '../../plan/plan.ts'
import type { Cells } from '../cells.ts'
import type { Finding } from '../finding.ts'
import type { Step, StepKind } from '../step.ts'
import type { Truth } from '../values.ts'

export interface FlowCheck {
  readonly flow: Flow
  /** The steps whose values it follows. */
  readonly what: StepPattern
  check(cells: Cells, step: Step, what: Truth): Finding | undefined
  /** The state this step meets, in words, for `explain`. */
  describe(cells: Cells, step: Step): string
  /** The labels that a value in the step has, or may have. */
  carries?(cells: Cells, step: Step): string | readonly string[] | undefined
}

/** Remembers what steps give, for all flows of a policy together. */
export interface Recorder {
  readonly patterns: readonly StepPattern[]
  /** Are steps of this kind remembered whatever they match? */
  listens(kind: StepKind): boolean
  advance(cells: Cells, step: Step, is: readonly Truth[]): void
}

export interface Flows {
  readonly checks: readonly FlowCheck[]
  /** Absent when the policy has no flow. */
  readonly recorder: Recorder | undefined
  /** Is the cell one of the memory's? */
  owns(cell: string): boolean
}
