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
import type { Consistency, Expr, Limit, StepPattern } from '../../plan/plan.ts'
import type { Cells } from '../cells.ts'
import type { Finding, NextStep } from '../finding.ts'
import type { Json, Step } from '../step.ts'
import type { Truth, Value } from '../values.ts'
import type { Obligation } from '../verdict.ts'

/** Whether the step matches each of the monitor's patterns, in their order. */
export type Matches = readonly Truth[]

/** What a monitor still waits for when the conversation ends. */
export interface Unmet {
  readonly cell: string
  /** Undefined: by the end. */
  readonly dueAt: number | undefined
  readonly found: string
}

export interface Monitor {
  readonly consistency: Consistency
  /** The steps it is told of; the first is the one it speaks of. */
  readonly patterns: readonly StepPattern[]
  /** What speaks against the step; undefined when nothing does. */
  check(cells: Cells, step: Step, is: Matches): Finding | undefined
  advance(cells: Cells, step: Step, is: Matches, obligations: Obligation[]): void
  /**
   * A step that was counted at `step.at` came about as `actual`, or not at all: what it counted for is changed. Forms that
   * count across the fleet have it.
   */
  amend?(cells: Cells, step: Step, is: Matches, actual: Step | undefined): void
  /** Some of its cells can be dropped before the conversation ends. */
  readonly expires: boolean
  /** May the cell be dropped, now that `step` has been let through, without changing any later answer? */
  expired(cell: string, value: Json, step: Step): boolean
  /** A cell with a deadline: what is waited for, and until when. */
  dueIn?(cell: string, value: Json): Unmet | undefined
  /** What a slice lacks if everything ended now; `value` is undefined when nothing is remembered of it. */
  lacking?(cell: string, value: Json | undefined): Unmet | undefined
  /** What would be broken if the conversation ended now; `own` are the monitor's cells. */
  unmet?(cells: Cells, own: readonly (readonly [string, Json])[]): readonly Unmet[]
  /** What the slice of `step` still lacks, in words, when its stretch ends with that step. */
  owing?(cells: Cells, step: Step): string | undefined
  /** The state this step meets, in words, for `explain`. */
  describe(cells: Cells, step: Step): string
}

/** Evaluates an expression over one step's own fields. */
export type ValueOf = (expr: Expr, step: Step) => Value

/** The limit as the step has it; undefined where it cannot be read. */
export function limitOf(limit: Limit, readValue: ValueOf): (step: Step) => number | undefined {
  if (typeof limit === 'number') return () => limit
  return (step) => {
    const value = readValue(limit, step)
    return typeof value === 'number' ? value : undefined
  }
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
