/**
 * The judge: the compiled policy as a pure function over (cells, step).
 *
 * `decide` only reads; `advance` moves the monitors for a step that was let through. Both take everything they
 * use as arguments, so the same plan over the same steps gives the same verdicts, bit for bit.
 */
import type { Plan } from '../plan/plan.ts'
import type { Cells } from './cells.ts'
import type { Grounds } from './grounds.ts'
import type { Ledgers } from './ledgers.ts'
import type { JsonObject, Step } from './step.ts'
import type { Obligation, Verdict } from './verdict.ts'

export interface Judge {
  readonly plan: Plan
  /** The plan's hash: names the policy version in every record. */
  readonly hash: string
  /**
   * Never changes `cells`. A check whose `ask` the grounds grant is reported and no longer stops the step. What the judge
   * lacks to decide stands in `needs`; then the verdict is what the rest says.
   */
  decide(cells: Cells, step: Step, grounds?: Grounds): Verdict
  /** Call exactly once for each step let through, on the grounds it was let through on. Returns obligations it created or met. */
  advance(cells: Cells, step: Step, grounds?: Grounds): readonly Obligation[]
  /** `decide`, then `advance` when the verdict is `allow` and nothing is needed (its obligations are in the verdict). The hot path. */
  judge(cells: Cells, step: Step, grounds?: Grounds): Verdict
  /** Labels of the values in a step, as its flows follow them: what is written down with a row of shared memory. */
  labelsOf(cells: Cells, step: Step): readonly string[]
  /**
   * A call that was let through under this very policy, at `step.at`, came to `actual` instead of what its fields reserved: what
   * it counts for in the conversation is changed. What is counted across the fleet its ledgers are told.
   */
  settle(cells: Cells, step: Step, actual: JsonObject): void
  /** An obligation's deadline has passed: removes the cell and says what breach asks for; undefined when it was met. */
  overdue(cells: Cells, cell: string, at: number): Verdict | undefined
  /** The conversation ends: every obligation still owed is broken now. */
  close(cells: Cells, at: number): Verdict
  /**
   * Is the cell one of this policy's? Cells are named by the meaning of what keeps them, so that a check two policies share goes
   * on under either, and one that means something else starts with nothing.
   */
  keeps(cell: string): boolean
  /** What is said `across the fleet`: judged where its ledger is kept. */
  readonly ledgers: Ledgers
  /** Why: every check that applies to the step, each sub-expression with its value. Slow path. */
  explain(cells: Cells, step: Step, grounds?: Grounds): Explanation
}

export interface Explanation {
  readonly step: Step
  readonly verdict: Verdict
  readonly checks: readonly CheckTrace[]
}

export interface CheckTrace {
  readonly check: string
  readonly checkKind: string
  readonly outcome: 'fired' | 'quiet' | 'unknown'
  readonly line: number
  /** Sub-expressions in reading order with their values; empty for monitors, whose state is in `state`. */
  readonly parts: readonly {
    readonly start: number
    readonly end: number
    readonly depth: number
    readonly value: string
  }[]
  readonly state?: string
}
