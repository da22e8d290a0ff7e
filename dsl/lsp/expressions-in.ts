/** Every outermost expression of a declaration, in no promised order. */

import type { Declaration, Expr, FieldNode, Pattern, RecordType, TypeExpr } from '../syntax/ast.ts'
import { patternsOf } from './patterns-of.ts'

export function expressionsIn(decl: Declaration): readonly Expr[] {
  switch (decl.kind) {
    case 'schema':
      return inRecord(decl.body)
    case 'tool':
      return [...inType(decl.takes), ...inType(decl.returns), ...decl.traits.flatMap((trait) => trait.by)]
    case 'message':
      return inType(decl.shape)
    case 'agent':
      return decl.limits.map((limit) => limit.amount)
    case 'table':
      return decl.rows.map((row) => row.value)
    case 'fact':
      return inPattern(decl.is)
    case 'rule':
      return [
        ...inPattern(decl.when),
        ...decl.named.flatMap((named) => {
          if (named.kind === 'value') return [named.value]
          if (named.kind === 'latest') return inPattern(named.of)
          return [
            ...inPattern(named.of),
            ...inPattern(named.after),
            ...some(named.field),
            ...some(named.window),
          ]
        }),
        ...inAction(decl.action),
      ]
    case 'consistency': {
      const { form, forEach, otherwise } = decl
      if (form === undefined) return [...forEach, ...inAction(otherwise)]
      const parts = [
        ...patternsOf(form).flatMap(inPattern),
        ...('of' in form ? [form.of] : []),
        ...('limit' in form ? [form.limit] : []),
        ...('within' in form ? some(form.within) : []),
        ...('window' in form ? some(form.window) : []),
        ...('times' in form ? some(form.times) : []),
        ...('rest' in form ? some(form.rest) : []),
      ]
      return [...forEach, ...parts, ...inAction(otherwise)]
    }
    case 'test': {
      const steps = decl.when === undefined ? decl.given : [...decl.given, decl.when]
      const values = steps.flatMap((step) => [
        ...some(step.after),
        ...step.values.map((entry) => entry.value),
      ])
      return [...some(decl.startsAt), ...values]
    }
    default:
      return []
  }
}

function inPattern(pattern: Pattern | undefined): readonly Expr[] {
  return some(pattern?.where)
}

function inAction(action: Extract<Declaration, { kind: 'rule' }>['action']): readonly Expr[] {
  if (action?.kind === 'set') return [action.field, action.to]
  if (action?.kind === 'redact') return [action.what, ...some(action.field)]
  if (action?.kind === 'trim') return [action.field, ...some(action.most)]
  if (action?.kind === 'replace') return [action.what, ...some(action.field), action.by]
  if (action?.kind === 'fallBack') return [...action.values.map(({ value }) => value), ...some(action.words)]
  if (action?.kind === 'retry') return [...some(action.most), ...inAction(action.otherwise)]
  return action?.kind === 'ask' ? some(action.within) : []
}

function inType(type: TypeExpr | undefined): readonly Expr[] {
  if (type?.kind === 'record') return inRecord(type)
  return type?.kind === 'list' || type?.kind === 'map' ? inType(type.of) : []
}

function inRecord(record: RecordType): readonly Expr[] {
  return [...record.fields.flatMap(inField), ...record.checks.map((check) => check.holds)]
}

function inField(field: FieldNode): readonly Expr[] {
  const limits = field.constraints.flatMap((limit): readonly Expr[] => {
    if (limit.kind === 'between') return [limit.low, limit.high]
    return 'value' in limit ? [limit.value] : []
  })
  return [...inType(field.type), ...limits]
}

function some<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value]
}
