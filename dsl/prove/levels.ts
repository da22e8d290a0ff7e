/** What detectors may say, as far as a policy can tell: scores at, below and above whatever they are compared with. */
import { children } from '../judge/children.ts'
import type { Expr, Plan } from '../plan/plan.ts'
import { expressionsOf } from './constants.ts'

export interface Levels {
  /** From 0 to 1. One score between any two that a score is compared with stands for all of them. */
  readonly values: readonly number[]
  /** Some score is used otherwise than by comparing it with a number that is written out. */
  readonly open: boolean
}

export function levelsOf(plan: Plan): Levels {
  const compared: number[] = []
  let open = false
  const visit = (expr: Expr): void => {
    const parts = children(expr)
    for (const part of parts) {
      visit(part)
      if (part.op !== 'score') continue
      const other = expr.op === 'compare' ? parts.find((one) => one !== part) : undefined
      if (other?.op === 'literal' && typeof other.value === 'number') compared.push(other.value)
      else open = true
    }
  }
  for (const expr of expressionsOf(plan)) visit(expr)
  if (compared.length === 0) return { values: [0, ...(open ? [0.5, 1] : [])], open }
  const marks = [...new Set([0, ...compared, 1])].toSorted((a, b) => a - b)
  const between = marks.slice(1).map((mark, i) => (mark + marks[i]!) / 2)
  return { values: [...marks, ...between].toSorted((a, b) => a - b), open }
}
