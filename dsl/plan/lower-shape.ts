/** Types as written → shapes: what one value must look like. Schemas are expanded where they are used. */
import type { Model } from '../check/model.ts'
import { tagsOf } from '../check/schema-types.ts'
import { convert } from '../check/units.ts'
import type { Json } from '../judge/step.ts'
import type { Constraint, Expr, FieldNode, RecordType, TypeExpr } from '../syntax/ast.ts'
import { DAY_MS } from '../syntax/literals.ts'
import { lowerExpr } from './lower-expression.ts'
import { rawJson } from './lower-test.ts'
import { maskToPattern } from './mask.ts'
import { type FieldShape, MICRO, type Range, type Shape } from './plan.ts'

/** A closed record refuses fields it does not name. */
export function lowerShape(type: TypeExpr, closed: boolean, model: Model): Shape {
  return shapeOf(type, [], closed, model)
}

function shapeOf(type: TypeExpr, constraints: readonly Constraint[], closed: boolean, model: Model): Shape {
  const { span } = type
  const range = rangeOf(constraints, type)
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
        ...(constraints.some((constraint) => constraint.kind === 'plain') ? { plain: true as const } : {}),
        span,
      }
    case 'number':
      return {
        kind: 'number',
        whole: type.whole,
        ...(type.unit === undefined ? {} : { unit: type.unit.name }),
        range,
        span,
      }
    case 'money':
      return moneyShape(type, constraints)
    case 'constant': {
      const { value } = type
      const plain = value.kind === 'text' || value.kind === 'number' || value.kind === 'flag'
      return plain ? { kind: 'constant', value: value.value, span } : { kind: 'anything', span }
    }
    case 'nullable':
      return { kind: 'nullable', of: shapeOf(type.of, constraints, closed, model), span }
    case 'union':
      return unionShape(type, closed, model)
    case 'json-schema':
      return {
        kind: 'json-schema',
        schema: type.schema,
        ...(type.at === undefined ? {} : { at: type.at }),
        span,
      }
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
      return {
        kind: 'list',
        of: shapeOf(type.of, [], closed, model),
        ...sizes(range),
        ...distinctness(constraints),
        span,
      }
    case 'map':
      return {
        kind: 'map',
        of: shapeOf(type.of, [], closed, model),
        ...(type.keys === undefined ? {} : { keys: shapeOf(type.keys, [], closed, model) }),
        ...sizes(range),
        span,
      }
  }
}

function recordShape(type: RecordType, name: string | undefined, closed: boolean, model: Model): Shape {
  if (type.judged !== undefined) return { kind: 'json-schema', ...type.judged, span: type.span }
  return {
    kind: 'record',
    ...(name === undefined ? {} : { name }),
    fields: type.fields.map((field) => fieldShape(field, closed, model)),
    checks: type.checks.map((check) => ({
      name: check.name?.value ?? 'check',
      holds: lowerExpr(check.holds, model),
      span: check.span,
    })),
    closed: type.more === undefined ? closed : type.more === 'refused',
    span: type.span,
  }
}

function fieldShape(field: FieldNode, closed: boolean, model: Model): FieldShape {
  const standing = field.constraints.find((constraint) => constraint.kind === 'default')
  const unit = field.type.kind === 'number' ? field.type.unit : undefined
  return {
    name: field.name.name,
    shape: { ...shapeOf(field.type, field.constraints, closed, model), span: field.span },
    optional:
      standing !== undefined || field.constraints.some((constraint) => constraint.kind === 'optional'),
    ...(field.strict === undefined ? {} : { strict: field.strict }),
    ...(standing === undefined ? {} : { default: defaultJson(standing.value, field.type, unit?.name) }),
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

/** As it travels. */
function defaultJson(value: Expr, type: TypeExpr, unit: string | undefined): Json {
  if (value.kind === 'number' && value.unit !== undefined && unit !== undefined)
    return convert(value.value, value.unit.name, unit)
  const json = rawJson(value)
  return type.kind === 'money' && type.others !== undefined && value.kind === 'money'
    ? { amount: json, currency: value.currency.name }
    : json
}

function distinctness(constraints: readonly Constraint[]): { unique?: true; distinctBy?: readonly string[] } {
  const by = constraints.find((constraint) => constraint.kind === 'distinct')?.by
  return {
    ...(constraints.some((constraint) => constraint.kind === 'unique') ? { unique: true } : {}),
    ...(by === undefined ? {} : { distinctBy: by.parts.map((part) => part.name) }),
  }
}

/** A bound without a currency is for all of them. */
function moneyShape(type: Extract<TypeExpr, { kind: 'money' }>, constraints: readonly Constraint[]): Shape {
  const rangeIn = (currency: string) =>
    rangeOf(
      constraints.filter((constraint) =>
        valuesOf(constraint).every((value) => value.kind !== 'money' || value.currency.name === currency),
      ),
      type,
    )
  const currency = type.currency?.name ?? ''
  const others = type.others?.map(({ name }) => ({ currency: name, range: rangeIn(name) }))
  const { span } = type
  return {
    kind: 'money',
    currency,
    range: rangeIn(currency),
    ...(others === undefined ? {} : { others }),
    span,
  }
}

function unionShape(type: Extract<TypeExpr, { kind: 'union' }>, closed: boolean, model: Model): Shape {
  const variants = type.variants.flatMap((name) => {
    const decl = model.vocabulary.schemas.get(name.name)
    if (decl === undefined) return []
    const shape = recordShape(decl.body, name.name, closed, model)
    return [{ tags: tagsOf(decl, type.by.name) ?? [], shape }]
  })
  return { kind: 'union', by: type.by.name, variants, span: type.span }
}

/** The values a constraint bounds by. */
function valuesOf(constraint: Constraint): readonly Expr[] {
  if (constraint.kind === 'between') return [constraint.low, constraint.high]
  return 'value' in constraint && constraint.kind !== 'default' ? [constraint.value] : []
}

function rangeOf(constraints: readonly Constraint[], type: TypeExpr): Range {
  const range: { min?: number; max?: number; over?: number; under?: number } = {}
  const unit = type.kind === 'number' ? type.unit?.name : undefined
  for (const constraint of constraints) {
    const [value, high] = valuesOf(constraint).map((one) => bound(one, type.kind, unit))
    if (value === undefined) continue
    switch (constraint.kind) {
      case 'between':
        range.min = value
        if (high !== undefined) range.max = high
        break
      case 'least':
        range.min = value
        break
      case 'most':
        range.max = value
        break
      case 'over':
      case 'after':
        range.over = value
        break
      default:
        range.under = value
    }
  }
  return range
}

/** In the judge's units; a plain number bounds money in whole currency units, a date bounds a time at its start. */
function bound(value: Expr, kind: TypeExpr['kind'], unit: string | undefined): number {
  if (value.kind === 'number' && value.unit !== undefined && unit !== undefined)
    return convert(value.value, value.unit.name, unit)
  if (value.kind === 'number') return kind === 'money' ? Math.round(value.value * MICRO) : value.value
  if (value.kind === 'date') return kind === 'time' ? value.value * DAY_MS : value.value
  return value.kind === 'money' || value.kind === 'duration' || value.kind === 'time' ? value.value : 0
}
