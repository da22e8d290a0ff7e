/**
 * Mutation testing: would any test notice if a check said something slightly else? Each mutant of the plan runs the tests until
 * one fails. One that passes them all has survived: a test is missing, or the change makes no difference.
 */
import type { Meta, Plan, TestCase } from '../plan/plan.ts'
import { type Mutant, type Subject, subjectsOf } from './mutants/mutants.ts'
import { firstFailure } from './run.ts'

export interface MutateLimits {
  /** For all mutants together; those whose turn does not come are counted as untried. */
  readonly withinMs: number
  readonly mutantsMax: number
  /** Which checks are changed. */
  readonly only: (check: Meta) => boolean
}

export interface Tried {
  readonly check: Meta
  readonly unseen?: Subject['unseen']
  /** Mutants that some test failed on. */
  readonly noticed: number
  readonly survivors: readonly Mutant[]
  readonly untried: number
  /** No test misses it: it can be left out whole. */
  readonly isMissedByNone: boolean
}

export type Mutated =
  /** Nothing can be said while a test fails on the policy as it is. */
  | { readonly kind: 'failing'; readonly test: TestCase }
  | { readonly kind: 'mutated'; readonly checks: readonly Tried[] }

/** `nowMs` only bounds the time; what a mutant comes to does not depend on it. */
export function mutate(
  plan: Plan,
  tests: readonly TestCase[],
  { withinMs, mutantsMax, only }: MutateLimits,
  nowMs: () => number,
): Mutated {
  const failing = firstFailure(plan, tests)
  if (failing !== undefined) return { kind: 'failing', test: failing }
  const until = nowMs() + withinMs
  let tried = 0
  let order = tests
  const survives = (mutant: Mutant): boolean => {
    tried++
    const noticedBy = firstFailure(mutant.plan, order)
    if (noticedBy === undefined) return true
    // Mutants of one check come together: what noticed one is the likeliest to notice the next.
    if (order[0] !== noticedBy) order = [noticedBy, ...order.filter((test) => test !== noticedBy)]
    return false
  }
  const subjects = subjectsOf(plan).filter(({ check }) => only(check))
  const checks = subjects.map(({ check, unseen, mutants }): Tried => {
    const survivors: Mutant[] = []
    let untried = 0
    for (const mutant of mutants) {
      if (tried >= mutantsMax || nowMs() >= until) untried++
      else if (survives(mutant)) survivors.push(mutant)
    }
    return {
      check,
      ...(unseen === undefined ? {} : { unseen }),
      noticed: mutants.length - survivors.length - untried,
      survivors,
      untried,
      isMissedByNone: survivors.length > 0 && survivors[0] === mutants[0],
    }
  })
  return { kind: 'mutated', checks }
}
