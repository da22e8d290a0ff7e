/** Schemas as types, and every name inside a type: schemas, currencies, formats, zones. */
import type { Report } from '../diagnostic.ts'
import type { FieldType, Type } from '../plan/plan.ts'
import type { Ident, RecordType, SchemaDecl, TypeExpr } from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { checkConstraints, checkTypeExpr } from './constraints.ts'
import { ANYTHING, type RecordOf } from './model.ts'

/** Groups and schemas inside one another. */
export const DEPTH_MAX = 32

/** Fields of a schema with all schemas inside it: they are expanded where they are used. */
const FIELDS_MAX = 2_000

export function schemaTypes(
  schemas: ReadonlyMap<string, SchemaDecl>,
  definitions: Map<Ident, Ident>,
  report: Report,
): Map<string, RecordOf> {
  const made = new Map<string, RecordOf>()
  const open = new Set<string>()
  const sizes = new Map<Type, number>()
  const build = (name: string, from: Ident | undefined): Type => {
    const done = made.get(name)
    if (done !== undefined) return done
    const decl = schemas.get(name)
    if (decl === undefined) return ANYTHING
    if (open.has(name)) {
      if (from !== undefined)
        report.add(
          'P0116',
          from.span,
          `\`${name}\` contains itself`,
          'Use a list of texts that name the others, or `anything`.',
        )
      return ANYTHING
    }
    if (open.size >= DEPTH_MAX) {
      if (from !== undefined)
        report.add(
          'P0017',
          from.span,
          'schemas are nested too deeply',
          'Use `anything` for the innermost part.',
        )
      return ANYTHING
    }
    open.add(name)
    const type = typeExprType(decl.body, (inner, at) => build(inner, at))
    open.delete(name)
    const named: RecordOf = type.kind === 'record' ? { ...type, name } : { kind: 'record', name, fields: {} }
    made.set(name, named)
    const size = fieldCount(named, sizes)
    if (size > FIELDS_MAX && decl.name !== undefined) {
      report.add(
        'P0017',
        decl.name.span,
        `\`${name}\` has more than ${FIELDS_MAX} fields with all that is inside it`,
        'Use `anything` for parts that no rule speaks of.',
      )
      made.set(name, { kind: 'record', name, fields: {} })
    }
    return made.get(name) ?? named
  }
  for (const [name, decl] of schemas) {
    checkTypeNames(decl.body, schemas, definitions, report)
    build(name, decl.name)
  }
  return made
}

/** Counted once for each type, so that shared schemas cost nothing to count. */
function fieldCount(type: Type, sizes: Map<Type, number>): number {
  if (type.kind === 'list' || type.kind === 'map') return fieldCount(type.of, sizes)
  if (type.kind !== 'record') return 0
  const known = sizes.get(type)
  if (known !== undefined) return known
  let count = 0
  for (const field of Object.values(type.fields)) count += 1 + fieldCount(field.type, sizes)
  sizes.set(type, count)
  return count
}

export function typeExprType(type: TypeExpr, schema: (name: string, at: Ident) => Type): Type {
  switch (type.kind) {
    case 'record':
      return recordType(type, schema)
    case 'named':
      return schema(type.name.name, type.name)
    case 'text':
    case 'date':
    case 'duration':
    case 'flag':
    case 'anything':
      return { kind: type.kind }
    case 'number':
      return { kind: 'number' }
    case 'broken':
      return ANYTHING
    case 'money':
      return type.currency === undefined ? ANYTHING : { kind: 'money', currency: type.currency.name }
    case 'time':
      return { kind: 'time', ...(type.zone === undefined ? {} : { zone: type.zone.value }) }
    case 'choice':
      return { kind: 'choice', options: type.options.map((option) => option.value) }
    case 'list':
    case 'map':
      return { kind: type.kind, of: typeExprType(type.of, schema) }
  }
}

function recordType(type: RecordType, schema: (name: string, at: Ident) => Type): RecordOf {
  const fields: Record<string, FieldType> = {}
  for (const field of type.fields) {
    const optional = field.constraints.some((constraint) => constraint.kind === 'optional')
    if (!Object.hasOwn(fields, field.name.name))
      fields[field.name.name] = { type: typeExprType(field.type, schema), optional }
  }
  return { kind: 'record', fields }
}

/** Every name inside a type: schemas, currencies, formats, zones; and every constraint against its type. */
export function checkTypeNames(
  type: TypeExpr,
  schemas: ReadonlyMap<string, SchemaDecl>,
  definitions: Map<Ident, Ident>,
  report: Report,
): void {
  if (type.kind === 'named') {
    const found = schemas.get(type.name.name)
    if (found?.name !== undefined) definitions.set(type.name, found.name)
    else {
      const close = nearest(type.name.name, [
        ...schemas.keys(),
        'text',
        'money',
        'list',
        'map',
        'number',
        'date',
        'time',
        'duration',
        'anything',
      ])
      const help =
        close === undefined ? `Declare it: \`schema ${type.name.name} { … }\`.` : `Did you mean \`${close}\`?`
      report.add(
        'P0102',
        type.name.span,
        `\`${type.name.name}\` is neither a type nor a declared schema`,
        help,
      )
    }
  } else if (type.kind === 'list' || type.kind === 'map')
    checkTypeNames(type.of, schemas, definitions, report)
  else if (type.kind === 'record') {
    const seen = new Map<string, Ident>()
    for (const field of type.fields) {
      const first = seen.get(field.name.name)
      if (first !== undefined) {
        report.add(
          'P0101',
          field.name.span,
          `the field \`${field.name.name}\` is declared twice`,
          'Rename one of them.',
          [{ span: first.span, message: 'declared here first' }],
        )
      }
      seen.set(field.name.name, field.name)
      checkTypeNames(field.type, schemas, definitions, report)
      checkConstraints(field, report)
    }
  } else checkTypeExpr(type, report)
}
