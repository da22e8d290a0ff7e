/**
 * The interface behind which each consistency form keeps its state.
 *
 * Invariants:
 * 1. All state is in cells, as JSON; a monitor object holds none, so it survives a restart with its cells.
 * 2. `check` reads the history before the step; `advance` adds the step to it. A step that is both sides of a
 *    constraint is therefore checked against history first and recorded afterwards.
 * 3. What cannot be known leans to refusal: an uncertain step counts against a bound and never for a need.
 * 4. Both cost a constant: one or two cells of bounded size.
 */
import type { Consistency, StepPattern } from '../../plan/plan.ts'
import type { Cells } from '../cells.ts'
import type { Json, Step } from '../step.ts'
import type { Truth } from '../values.ts'
import type { NextStep, Obligation } from '../verdict.ts'

export interface Finding {
  readonly outcome: 'fired' | 'unknown'
  readonly found: string
  readonly values: Readonly<Record<string, Json>>
  readonly next: readonly NextStep[]
}

export interface Monitor {
  readonly consistency: Consistency
  readonly what: StepPattern
  /** The second side, where the form has one. */
  readonly other: StepPattern | undefined
  /** What speaks against the step; undefined when nothing does. `what` and `other`: does the step match that side? */
  check(cells: Cells, step: Step, what: Truth, other: Truth): Finding | undefined
  advance(cells: Cells, step: Step, what: Truth, other: Truth, obligations: Obligation[]): void
  /** May the cell be dropped, now that `step` has been let through, without changing any later answer? */
  expired(cell: string, value: Json, step: Step): boolean
  /** An obligation's cell: when it is due. */
  dueAt?(value: Json): number | undefined
  /** The state this step meets, in words, for `explain`. */
  describe(cells: Cells, step: Step): string
}

export function fired(
  found: string,
  values: Readonly<Record<string, Json>> = {},
  next: readonly NextStep[] = [],
): Finding {
  return { outcome: 'fired', found, values, next }
}

export function unknown(found: string): Finding {
  return { outcome: 'unknown', found, values: {}, next: [] }
}

/** A breach that holds if the step is what it may be. */
export function ifMatched(what: Truth, pattern: StepPattern, breach: () => Finding): Finding | undefined {
  if (what === false) return undefined
  return what === undefined ? unknown(`whether this is ${pattern.shown} could not be decided`) : breach()
}
