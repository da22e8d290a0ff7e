/** Types as written → shapes: what one value must look like. Schemas are expanded where they are used. */
import type { Model } from '../check/model.ts'
import type { Constraint, Expr, FieldNode, RecordType, TypeExpr } from '../syntax/ast.ts'
import { DAY_MS } from '../syntax/literals.ts'
import { lowerExpr } from './lower-expression.ts'
import { maskToPattern } from './mask.ts'
import { type FieldShape, MICRO, type Range, type Shape } from './plan.ts'

/** A closed record refuses fields it does not name. */
export function lowerShape(type: TypeExpr, closed: boolean, model: Model): Shape {
  return shapeOf(type, [], closed, model)
}

function shapeOf(type: TypeExpr, constraints: readonly Constraint[], closed: boolean, model: Model): Shape {
  const { span } = type
  const range = rangeOf(constraints, type.kind)
  switch (type.kind) {
    case 'broken':
    case 'anything':
      return { kind: 'anything', span }
    case 'named': {
      const decl = model.vocabulary.schemas.get(type.name.name)
      return decl === undefined
        ? { kind: 'anything', span }
        : recordShape(decl.body, decl.name?.name, closed, model)
    }
    case 'record':
      return recordShape(type, undefined, closed, model)
    case 'text':
      return {
        kind: 'text',
        ...sizes(range),
        ...patternOf(type),
        ...(type.format === undefined ? {} : { format: type.format.name }),
        span,
      }
    case 'number':
      return { kind: 'number', whole: type.whole, range, span }
    case 'money':
      return { kind: 'money', currency: type.currency?.name ?? '', range, span }
    case 'date':
    case 'duration':
      return { kind: type.kind, range, span }
    case 'time':
      return { kind: 'time', ...(type.zone === undefined ? {} : { zone: type.zone.value }), range, span }
    case 'flag':
      return { kind: 'flag', span }
    case 'choice':
      return { kind: 'choice', options: type.options.map((option) => option.value), span }
    case 'list':
      return { kind: 'list', of: shapeOf(type.of, [], closed, model), ...sizes(range), span }
    case 'map': {
      const { max } = sizes(range)
      return {
        kind: 'map',
        of: shapeOf(type.of, [], closed, model),
        ...(max === undefined ? {} : { max }),
        span,
      }
    }
  }
}

function recordShape(type: RecordType, name: string | undefined, closed: boolean, model: Model): Shape {
  return {
    kind: 'record',
    ...(name === undefined ? {} : { name }),
    fields: type.fields.map((field) => fieldShape(field, closed, model)),
    checks: type.checks.map((check) => ({
      name: check.name?.value ?? 'check',
      holds: lowerExpr(check.holds, model),
      span: check.span,
    })),
    closed,
    span: type.span,
  }
}

function fieldShape(field: FieldNode, closed: boolean, model: Model): FieldShape {
  return {
    name: field.name.name,
    shape: { ...shapeOf(field.type, field.constraints, closed, model), span: field.span },
    optional: field.constraints.some((constraint) => constraint.kind === 'optional'),
  }
}

function patternOf(type: Extract<TypeExpr, { kind: 'text' }>): { like?: string; likeShown?: string } {
  if (type.like !== undefined) return { like: maskToPattern(type.like.value), likeShown: type.like.value }
  if (type.matching !== undefined) return { like: type.matching.value, likeShown: type.matching.value }
  return {}
}

function sizes(range: Range): { min?: number; max?: number } {
  return {
    ...(range.min === undefined ? {} : { min: range.min }),
    ...(range.max === undefined ? {} : { max: range.max }),
  }
}

function rangeOf(constraints: readonly Constraint[], kind: TypeExpr['kind']): Range {
  const range: { min?: number; max?: number; over?: number; under?: number } = {}
  for (const constraint of constraints) {
    if (constraint.kind === 'optional') continue
    if (constraint.kind === 'between') {
      range.min = bound(constraint.low, kind)
      range.max = bound(constraint.high, kind)
    } else {
      const value = bound(constraint.value, kind)
      if (constraint.kind === 'least') range.min = value
      else if (constraint.kind === 'most') range.max = value
      else if (constraint.kind === 'over' || constraint.kind === 'after') range.over = value
      else range.under = value
    }
  }
  return range
}

/** In the judge's units; a plain number bounds money in whole currency units, a date bounds a time at its start. */
function bound(value: Expr, kind: TypeExpr['kind']): number {
  if (value.kind === 'number') return kind === 'money' ? Math.round(value.value * MICRO) : value.value
  if (value.kind === 'date') return kind === 'time' ? value.value * DAY_MS : value.value
  return value.kind === 'money' || value.kind === 'duration' || value.kind === 'time' ? value.value : 0
}
