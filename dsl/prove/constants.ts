/** What a policy compares its fields with: the values at which its answers may change. */
import { children } from '../judge/children.ts'
import type { Json, JsonObject } from '../judge/step.ts'
import type { Expr, Plan, Shape, StepPattern } from '../plan/plan.ts'

export type Constant = string | number | boolean

/** By the name of the field, wherever it stands; in the judge's units. */
export type Constants = ReadonlyMap<string, ReadonlySet<Constant>>

export function constantsOf(plan: Plan): Constants {
  const found = new Map<string, Set<Constant>>()
  const note = (name: string, value: Constant): void => {
    const values = found.get(name) ?? new Set()
    found.set(name, values.add(value))
  }
  const visit = (expr: Expr): void => {
    const parts = children(expr)
    for (const part of parts) visit(part)
    const names = parts.flatMap((part) => namesIn(part))
    const values = parts.flatMap((part) => literalsIn(part))
    for (const name of names) for (const value of values) note(name, value)
  }
  for (const expr of expressionsOf(plan)) visit(expr)
  return found
}

/** Every condition and value a policy states. */
export function expressionsOf(plan: Plan): Expr[] {
  return [
    ...patternsOf(plan).flatMap(({ where }) => where ?? []),
    ...plan.rules.flatMap((rule) => rule.locals.map(({ value }) => value)),
    ...[...plan.tools.map(({ takes }) => takes), ...plan.messages.map(({ shape }) => shape)].flatMap(
      checksIn,
    ),
  ]
}

/** Every pattern of steps in it. */
export function patternsOf(plan: Plan): StepPattern[] {
  return [
    ...plan.rules.flatMap((rule) => [rule.when, ...rule.bindings.map(({ of }) => of)]),
    ...plan.consistencies.flatMap((one) => patternsIn([one.form, one.during])),
    ...plan.flows.flatMap((one) => patternsIn(one.form)),
  ]
}

/** The step patterns anywhere inside a form. */
export function patternsIn(form: unknown): StepPattern[] {
  if (typeof form !== 'object' || form === null) return []
  if (isPattern(form)) return [form]
  return Object.values(form).flatMap(patternsIn)
}

function isPattern(form: object): form is StepPattern {
  return 'any' in form && 'shown' in form && Array.isArray(form.any)
}

function checksIn(shape: Shape): Expr[] {
  if (shape.kind !== 'record') return []
  return [
    ...shape.checks.map(({ holds }) => holds),
    ...shape.fields.flatMap((field) => checksIn(field.shape)),
  ]
}

function namesIn(expr: Expr): string[] {
  if (expr.op === 'field' || expr.op === 'get') return expr.path.slice(-1)
  return expr.op === 'arith' || expr.op === 'length' ? children(expr).flatMap(namesIn) : []
}

function literalsIn(expr: Expr): Constant[] {
  if (expr.op === 'literal') return [expr.value]
  return expr.op === 'list' ? expr.items.flatMap(literalsIn) : []
}

/** Values that the policy's own tests use, by the name of the field. */
export function examplesIn(plan: Plan): ReadonlyMap<string, readonly Json[]> {
  const found = new Map<string, Json[]>()
  const visit = (fields: JsonObject): void => {
    for (const [name, value] of Object.entries(fields)) {
      found.set(name, [...(found.get(name) ?? []), value])
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) visit(value)
    }
  }
  for (const { given, when } of plan.tests) for (const { fields } of [...given, when]) visit(fields)
  return found
}
