/**
 * A condition as alternatives of tests that must go one way. Kleene's three values are kept apart: *is* means decided
 * so, *may be* means decided so or unknown. A conjunction is not false exactly when none of its parts is, so both ways
 * distribute alike.
 */
import type { Expr } from '../../plan/plan.ts'

export interface Literal {
  readonly leaf: Expr
  readonly wanted: boolean
  /** False: unknown will do as well. */
  readonly certain: boolean
}

export type Clause = readonly Literal[]

/** Alternatives that are looked at; a condition with more is taken to be possible. */
export const CLAUSES_MAX = 128

/** Undefined: more than CLAUSES_MAX. */
export type Alternatives = readonly Clause[] | undefined

export function clausesOf(expr: Expr | undefined, wanted: boolean, certain: boolean): Alternatives {
  if (expr === undefined) return wanted ? [[]] : []
  if (expr.op === 'not') return clausesOf(expr.of, !wanted, certain)
  if (expr.op === 'literal' && typeof expr.value === 'boolean') return expr.value === wanted ? [[]] : []
  if (expr.op !== 'and' && expr.op !== 'or') return [[{ leaf: expr, wanted, certain }]]
  const parts = expr.of.map((part) => clausesOf(part, wanted, certain))
  return (expr.op === 'and') === wanted ? both(parts) : either(parts)
}

/** All of them at once. */
export function both(parts: readonly Alternatives[]): Alternatives {
  let made: readonly Clause[] = [[]]
  for (const part of parts) {
    if (part === undefined || made.length * part.length > CLAUSES_MAX) return undefined
    made = made.flatMap((left) => part.map((right) => [...left, ...right]))
  }
  return made
}

function either(parts: readonly Alternatives[]): Alternatives {
  const made: Clause[] = []
  for (const part of parts) {
    if (part === undefined || made.length + part.length > CLAUSES_MAX) return undefined
    made.push(...part)
  }
  return made
}
