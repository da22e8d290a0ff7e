/** Every expression of a policy's rules and consistencies, inner ones included. */
import { children } from '../judge/children.ts'
import type { Action, Consistency, Expr, Plan, StepPattern } from '../plan/plan.ts'

export function expressionsOf({ rules, consistencies }: Plan): Expr[] {
  const outer = [
    ...rules.flatMap((rule) => [
      rule.when.where,
      ...rule.bindings.flatMap(({ of, tally }) => [of.where, tally?.of, tally?.after?.where]),
      ...rule.locals.map((local) => local.value),
      ...written(rule.action),
    ]),
    ...consistencies.flatMap((consistency) => [
      ...patternsOf(consistency).map((pattern) => pattern.where),
      ...Object.values(consistency.form).filter(isExpression),
    ]),
  ]
  return outer.flatMap((expr) => (expr === undefined ? [] : withInner(expr)))
}

function written(action: Action): Expr[] {
  if (action.kind === 'set') return [action.to]
  return action.kind === 'fallBack' ? action.fields.map(({ value }) => value) : []
}

/** The steps a consistency names, those that open and close its stretch included. */
export function patternsOf({ form, during }: Consistency): StepPattern[] {
  const parts: unknown[] = [...Object.values(form), ...Object.values(during ?? {})]
  return parts.flat().filter(isPattern)
}

function isPattern(part: unknown): part is StepPattern {
  return typeof part === 'object' && part !== null && 'any' in part && 'shown' in part
}

function isExpression(part: unknown): part is Expr {
  return typeof part === 'object' && part !== null && 'op' in part
}

function withInner(expr: Expr): Expr[] {
  return [expr, ...children(expr).flatMap(withInner)]
}
