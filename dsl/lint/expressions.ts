/** Every expression of a policy's rules and consistencies, inner ones included. */
import { children } from '../judge/children.ts'
import type { ConsistencyForm, Expr, Plan, StepPattern } from '../plan/plan.ts'

export function expressionsOf({ rules, consistencies }: Plan): Expr[] {
  const outer = [
    ...rules.flatMap((rule) => [
      rule.when.where,
      ...rule.bindings.map((binding) => binding.of.where),
      ...rule.locals.map((local) => local.value),
      rule.action.kind === 'set' ? rule.action.to : undefined,
    ]),
    ...consistencies.flatMap(({ form }) => patternsOf(form).map((pattern) => pattern.where)),
  ]
  return outer.flatMap((expr) => (expr === undefined ? [] : withInner(expr)))
}

/** The steps a consistency names. */
export function patternsOf(form: ConsistencyForm): StepPattern[] {
  return Object.values(form).filter(
    (part): part is StepPattern => typeof part === 'object' && part !== null && 'any' in part,
  )
}

function withInner(expr: Expr): Expr[] {
  return [expr, ...children(expr).flatMap(withInner)]
}
