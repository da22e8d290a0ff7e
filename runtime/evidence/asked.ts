/** What a policy asks detectors: by which check, and over which threshold. */
import type { Expr, Plan } from '#dsl/plan/plan.ts'

export interface AskedScore {
  readonly check: string
  readonly detector: string
  /** Absent where it is no plain number. */
  readonly threshold?: number
}

export function askedScores(plan: Plan): readonly AskedScore[] {
  return [...plan.rules, ...plan.consistencies, ...plan.flows].flatMap((check) => {
    const found: AskedScore[] = []
    collect(check, undefined, (detector, threshold) =>
      found.push({ check: check.name, detector, ...(threshold !== undefined && { threshold }) }),
    )
    return found
  })
}

type Tell = (detector: string, threshold: number | undefined) => void

function collect(node: unknown, threshold: number | undefined, tell: Tell): void {
  if (typeof node !== 'object' || node === null) return
  if (isOp(node, 'score')) tell(node.detector, threshold)
  const right = isOp(node, 'compare') ? node.right : undefined
  const limit = right?.op === 'literal' && typeof right.value === 'number' ? right.value : undefined
  for (const inner of Object.values(node)) collect(inner, limit, tell)
}

function isOp<Op extends Expr['op']>(node: object, op: Op): node is Expr & { op: Op } {
  return 'op' in node && node.op === op
}
