/** What is worked out about a policy once, whatever is asked of it and of however many agents. */
import { type Ground, groundOf } from '#dsl/lint/reason/conditions.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import type { Tried } from '#dsl/prove/any-agents.ts'
import { examplesFor } from '#dsl/prove/examples.ts'
import { furtherBy } from '#dsl/prove/logic/decide.ts'
import type { Solver } from '#dsl/prove/logic/solver.ts'
import { samplingOf } from '#dsl/prove/samples.ts'
import { type Check, checksOf } from './checks.ts'

export interface Inquiry {
  readonly plan: Plan
  /** When all begins, in milliseconds since the epoch. */
  readonly at: number
  /** What is known of conditions, with the solver asked about what finite reasoning leaves open. */
  readonly ground: Ground
  /** Steps the check speaks of, as the solver finds them: to be tried beside the made up ones. None without a solver. */
  examplesFor(check: Check): readonly Tried[]
  /** Those of all checks. */
  examples(): readonly Tried[]
}

export function inquire(plan: Plan, at: number, solver?: Solver): Inquiry {
  const ground = groundWith(plan, solver)
  const sampling = samplingOf(plan)
  const found = new Map<Check, readonly Tried[]>()
  const examples = (check: Check): readonly Tried[] => {
    const steps = found.get(check) ?? (solver ? examplesFor(check, ground, solver, sampling, at) : [])
    found.set(check, steps)
    return steps
  }
  return { plan, at, ground, examplesFor: examples, examples: () => checksOf(plan).flatMap(examples) }
}

export function groundWith(plan: Plan, solver: Solver | undefined): Ground {
  const ground = groundOf(plan)
  return solver ? { ...ground, further: furtherBy(solver, ground) } : ground
}
