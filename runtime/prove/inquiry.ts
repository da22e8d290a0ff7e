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

export function inquire(plan: Plan, at: number, given?: Solver): Inquiry {
  const solver = given && once(given)
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

/** Questions whose answers are kept. */
const QUESTIONS_MAX = 2_000

/** Many checks speak of the same steps: nine of ten questions about a large policy were asked before. */
function once(solver: Solver): Solver {
  const answers = new Map<string, string>()
  return {
    run(commands) {
      const answer = answers.get(commands) ?? solver.run(commands)
      if (answers.size < QUESTIONS_MAX) answers.set(commands, answer)
      return answer
    },
  }
}

export function groundWith(plan: Plan, solver: Solver | undefined): Ground {
  const ground = groundOf(plan)
  return solver ? { ...ground, further: furtherBy(solver, ground) } : ground
}
