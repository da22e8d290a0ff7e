/** Where the types of values were written: a field of a step leads to its line in a schema or tool. */
import type { Candidate, Vocabulary } from '../check/model.ts'
import type { FieldNode, TypeExpr } from '../syntax/ast.ts'

export interface Written {
  readonly fields: readonly FieldNode[]
  readonly types: readonly TypeExpr[]
}

const NONE: Written = { fields: [], types: [] }

/** The record a sort of step carries, as written. */
export function writtenOf({ kind, name }: Candidate, vocabulary: Vocabulary): readonly TypeExpr[] {
  switch (kind) {
    case 'calls':
      return present(vocabulary.tools.get(name)?.decl.takes)
    case 'result':
      return present(vocabulary.tools.get(name)?.decl.returns)
    case 'sends':
    case 'receives':
      return present(vocabulary.messages.get(name)?.decl.shape)
    default:
      return []
  }
}

/** The fields called `name` in any of the types. */
export function fieldIn(types: readonly TypeExpr[], name: string, vocabulary: Vocabulary): Written {
  const found = types.map((type) => inside(type, name, vocabulary))
  return {
    fields: Array.from(new Set(found.flatMap((each) => each.fields))),
    types: Array.from(new Set(found.flatMap((each) => each.types))),
  }
}

/** What the lists and maps among the types hold. */
export function elementsOf(types: readonly TypeExpr[]): readonly TypeExpr[] {
  return types.flatMap((type): readonly TypeExpr[] => {
    if (type.kind === 'list' || type.kind === 'map') return [type.of]
    return type.kind === 'nullable' ? elementsOf([type.of]) : []
  })
}

/** The fields of a type in writing order, schemas looked through. */
export function fieldsOfType(type: TypeExpr, vocabulary: Vocabulary): readonly FieldNode[] {
  if (type.kind === 'record') return type.fields
  if (type.kind === 'named') return fieldsOfSchema(type.name.name, vocabulary)
  if (type.kind === 'nullable') return fieldsOfType(type.of, vocabulary)
  if (type.kind === 'json-schema') return fieldsOfType(type.as, vocabulary)
  return type.kind === 'union' ? type.variants.flatMap(({ name }) => fieldsOfSchema(name, vocabulary)) : []
}

function fieldsOfSchema(name: string, vocabulary: Vocabulary): readonly FieldNode[] {
  return vocabulary.schemas.get(name)?.body.fields ?? []
}

function inside(type: TypeExpr, name: string, vocabulary: Vocabulary): Written {
  switch (type.kind) {
    case 'record':
    case 'named':
    case 'union': {
      const fields = fieldsOfType(type, vocabulary).filter((each) => each.name.name === name)
      return { fields, types: fields.map((field) => field.type) }
    }
    case 'nullable':
      return inside(type.of, name, vocabulary)
    case 'json-schema':
      return inside(type.as, name, vocabulary)
    case 'map':
      return { fields: [], types: [type.of] }
    default:
      // A result that is no record is its field `value`.
      return name === 'value' ? { fields: [], types: [type] } : NONE
  }
}

function present<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value]
}
