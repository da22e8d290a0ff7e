/** Every expression of a policy's rules and consistencies, inner ones included. */
import { children } from '../judge/children.ts'
import { patternsOf } from '../plan/patterns.ts'
import type { Action, Expr, Plan } from '../plan/plan.ts'

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

function isExpression(part: unknown): part is Expr {
  return typeof part === 'object' && part !== null && 'op' in part
}

function withInner(expr: Expr): Expr[] {
  return [expr, ...children(expr).flatMap(withInner)]
}
