/** Schemas as types, and every name inside a type: schemas, currencies, formats, zones. */
import type { Report } from '../diagnostic.ts'
import type { FieldType, Type } from '../plan/plan.ts'
import type { Expr, Ident, RecordType, SchemaDecl, TypeExpr } from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { checkConstraints, checkTypeExpr } from './constraints.ts'
import { joinTypes } from './environment.ts'
import { ANYTHING, type RecordOf } from './model.ts'
import { FORMATS } from './prelude.ts'
import { convert } from './units.ts'

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
      return { kind: 'number', ...(type.unit === undefined ? {} : { unit: type.unit.name }) }
    case 'broken':
      return ANYTHING
    case 'money':
      if (type.currency === undefined) return ANYTHING
      return {
        kind: 'money',
        currency: type.currency.name,
        ...(type.others === undefined ? {} : { also: type.others.map((other) => other.name) }),
      }
    case 'constant':
      return constantType(type.value)
    case 'nullable':
      return typeExprType(type.of, schema)
    case 'union':
      return unionType(
        type.variants.map((variant) => schema(variant.name, variant)),
        type.by.name,
      )
    case 'json-schema':
      return typeExprType(type.as, schema)
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
  const fields = new Map<string, FieldType>()
  for (const field of type.fields) {
    if (fields.has(field.name.name)) continue
    const said = field.constraints.find((constraint) => constraint.kind === 'default')
    const type = typeExprType(field.type, schema)
    const standing = said === undefined ? undefined : literalValue(said.value, type)
    const optional = field.constraints.some((constraint) => constraint.kind === 'optional')
    fields.set(field.name.name, {
      type,
      optional: (optional || field.type.kind === 'nullable') && standing === undefined,
      ...(standing === undefined ? {} : { default: standing }),
    })
  }
  const open = type.more === 'allowed' ? { open: true as const } : {}
  return { kind: 'record', fields: Object.fromEntries(fields), ...open }
}

/** In the units of `type`. */
export function literalValue(value: Expr, type: Type): string | number | boolean | undefined {
  switch (value.kind) {
    case 'number':
      return type.kind === 'number' && type.unit !== undefined && value.unit !== undefined
        ? convert(value.value, value.unit.name, type.unit)
        : value.value
    case 'text':
    case 'flag':
    case 'money':
    case 'duration':
    case 'date':
    case 'time':
      return value.value
    default:
      return undefined
  }
}

function constantType(value: Expr): Type {
  switch (value.kind) {
    case 'text':
      return { kind: 'choice', options: [value.value] }
    case 'number':
    case 'flag':
      return { kind: value.kind }
    default:
      return ANYTHING
  }
}

/** As one record: what not every variant has is optional, and the tag is one of all their tags. */
function unionType(variants: readonly Type[], by: string): Type {
  const records = variants.filter((variant): variant is RecordOf => variant.kind === 'record')
  if (records.length < variants.length || records.length === 0) return ANYTHING
  const names = new Set(records.flatMap((record) => Object.keys(record.fields)))
  const fields = Array.from(names, (name): [string, FieldType] => {
    const found = records.flatMap((record) =>
      Object.hasOwn(record.fields, name) ? [record.fields[name]!] : [],
    )
    const { default: _, ...first } = found[0]!
    let type: Type | undefined = first.type
    for (const one of found) type = type === undefined ? undefined : joinTypes(type, one.type)
    const optional = name !== by && (found.length < records.length || found.some((one) => one.optional))
    return [name, { type: type ?? ANYTHING, optional }]
  })
  return { kind: 'record', fields: Object.fromEntries(fields) }
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
      const { name } = type.name
      const help = FORMATS.some((format) => format === name)
        ? `Write \`text as ${name}\`.`
        : close === undefined
          ? `Declare it: \`schema ${name} { … }\`.`
          : `Did you mean \`${close}\`?`
      report.add(
        'P0102',
        type.name.span,
        `\`${type.name.name}\` is neither a type nor a declared schema`,
        help,
      )
    }
  } else if (type.kind === 'list' || type.kind === 'map' || type.kind === 'nullable') {
    checkTypeNames(type.of, schemas, definitions, report)
    if (type.kind !== 'map' || type.keys === undefined) return
    checkTypeNames(type.keys, schemas, definitions, report)
    if (type.keys.kind !== 'text' && type.keys.kind !== 'choice' && type.keys.kind !== 'broken')
      report.add('P0211', type.keys.span, 'the keys of a map are text', 'Write `by text …` or `by one of …`.')
  } else if (type.kind === 'union') checkUnion(type, schemas, definitions, report)
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

/** Each variant is a schema whose tag is a text that no other variant has. */
function checkUnion(
  type: Extract<TypeExpr, { kind: 'union' }>,
  schemas: ReadonlyMap<string, SchemaDecl>,
  definitions: Map<Ident, Ident>,
  report: Report,
): void {
  const taken = new Map<string, Ident>()
  for (const variant of type.variants) {
    checkTypeNames({ kind: 'named', name: variant, span: variant.span }, schemas, definitions, report)
    const decl = schemas.get(variant.name)
    if (decl === undefined) continue
    const tags = tagsOf(decl, type.by.name)
    if (tags === undefined) {
      report.add(
        'P0222',
        variant.span,
        `\`${variant.name}\` does not say its \`${type.by.name}\``,
        `Give it the field: \`${type.by.name}: always "…"\`.`,
      )
      continue
    }
    for (const tag of tags) {
      const other = taken.get(tag)
      if (other !== undefined)
        report.add(
          'P0222',
          variant.span,
          `\`${variant.name}\` and \`${other.name}\` both have the ${type.by.name} "${tag}"`,
          'Each kind of record needs a word of its own.',
        )
      taken.set(tag, variant)
    }
  }
}

/** The texts by which a record is told apart. */
export function tagsOf(decl: SchemaDecl, by: string): readonly string[] | undefined {
  const type = decl.body.fields.find((field) => field.name.name === by)?.type
  if (type?.kind === 'constant' && type.value.kind === 'text') return [type.value.value]
  return type?.kind === 'choice' ? type.options.map((option) => option.value) : undefined
}
