/**
 * JSON Schema → types of the language. What the language says exactly becomes one of its types; everything else stays
 * a schema and is judged as the standard has it, while expressions read it as the nearest type (`as`). Nothing is lost.
 */
import type { Json, JsonObject } from '../judge/step.ts'
import type { Span } from '../plan/plan.ts'
import type { Constraint, Expr, FieldNode, Ident, RecordType, TypeExpr } from '../syntax/ast.ts'
import { isRecord, member, numberAt, textAt } from './json.ts'

export interface Importing {
  /** The whole document, into which references point. */
  readonly document: Json
  /** Every node made gets it: the place of the `use`. */
  readonly span: Span
  /** Fields a schema does not speak of: `refused` for a tool's arguments, unless it allows them in so many words. */
  readonly unnamed: 'allowed' | 'refused'
}

interface Made {
  readonly type: TypeExpr
  /** Bounds that only a field can carry. */
  readonly constraints: readonly Constraint[]
}

/** Keywords that say nothing about which values fit. */
const REMARKS: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'example',
  'deprecated',
  'readOnly',
  'writeOnly',
])
const REFERS = /"\$(?:ref|dynamicRef|dynamicAnchor)"/
/** References followed while translating; deeper ones are judged as they stand. */
const DEPTH_MAX = 24

export function importType(schema: Json, at: string, importing: Importing): TypeExpr {
  return new Translation(importing).alone(schema, at, 0)
}

/** A record; undefined when the schema speaks of no record. */
export function importRecord(schema: Json, at: string, importing: Importing): RecordType | undefined {
  const type = importType(schema, at, importing)
  if (type.kind === 'record') return type
  if (type.kind !== 'json-schema' || type.as.kind !== 'record') return undefined
  const { schema: whole, at: place } = type
  const judged = importing.unnamed === 'refused' && place === undefined ? shut(whole) : whole
  return { ...type.as, judged: { schema: judged, ...(place === undefined ? {} : { at: place }) } }
}

/** Refuses members that nothing in the schema speaks of, unless it says itself what is to become of them. */
function shut(schema: Json): Json {
  if (!isRecord(schema)) return schema
  const said = member(schema, 'additionalProperties') ?? member(schema, 'unevaluatedProperties')
  return said === undefined ? { ...schema, unevaluatedProperties: false } : schema
}

class Translation {
  private readonly importing: Importing
  private readonly span: Span

  constructor(importing: Importing) {
    this.importing = importing
    this.span = importing.span
  }

  /** Where there is no field to carry constraints. */
  alone(schema: Json, at: string, depth: number): TypeExpr {
    const made = this.made(schema, at, depth)
    return made.constraints.length === 0 ? made.type : this.foreign(schema, at, made.type)
  }

  private made(schema: Json, at: string, depth: number): Made {
    const { span } = this
    if (!isRecord(schema) || depth > DEPTH_MAX)
      return plain(this.foreign(schema, at, { kind: 'anything', span }))
    const said = Object.keys(schema).filter((key) => !REMARKS.has(key))
    const only = (...allowed: string[]) => said.every((key) => allowed.includes(key))
    const ref = textAt(schema, '$ref')
    if (ref !== undefined) return this.reference(schema, ref, only('$ref'), at, depth)
    const nullable = this.nullable(schema, said, at, depth)
    if (nullable !== undefined) return nullable
    const fixed = this.fixed(schema, only)
    if (fixed !== undefined) return fixed
    const foreign = (as: TypeExpr) => plain(this.foreign(schema, at, as))
    switch (textAt(schema, 'type')) {
      case 'string':
        return only('type', 'minLength', 'maxLength')
          ? { type: { kind: 'text', span }, constraints: this.bounds(schema, 'minLength', 'maxLength') }
          : foreign(this.textAs(schema))
      case 'boolean':
        return only('type') ? plain({ kind: 'flag', span }) : foreign({ kind: 'flag', span })
      case 'integer':
      case 'number': {
        const type: TypeExpr = { kind: 'number', whole: schema['type'] === 'integer', span }
        return only('type', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum')
          ? {
              type,
              constraints: this.bounds(schema, 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'),
            }
          : foreign(type)
      }
      case 'array':
        return this.list(schema, only, at, depth)
      case 'object':
        return this.record(schema, only, at, depth)
      default:
        return foreign(this.merged(schema, at, depth))
    }
  }

  private reference(schema: JsonObject, ref: string, alone: boolean, at: string, depth: number): Made {
    const target = ref.startsWith('#/') ? resolve(this.importing.document, ref.slice(1)) : undefined
    if (target === undefined) return plain(this.foreign(schema, at, { kind: 'anything', span: this.span }))
    const made = this.made(target, ref.slice(1), depth + 1)
    return alone ? made : plain(this.foreign(schema, at, made.type))
  }

  /** `type: [T, "null"]`, `anyOf: [X, {type: "null"}]`. */
  private nullable(schema: JsonObject, said: readonly string[], at: string, depth: number): Made | undefined {
    const types = schema['type']
    if (Array.isArray(types)) {
      const others = types.filter((one) => one !== 'null')
      if (others.length !== 1 || others.length === types.length) return undefined
      const inner = this.made({ ...schema, type: others[0]! }, at, depth + 1)
      // The bounds of T say nothing of null, but a list of constants might leave it out.
      if (schema['enum'] !== undefined || schema['const'] !== undefined || inner.type.kind === 'json-schema')
        return plain(this.foreign(schema, at, unwrapped(inner.type)))
      return { type: { kind: 'nullable', of: inner.type, span: this.span }, constraints: inner.constraints }
    }
    const [keyword] = said
    if (said.length !== 1 || (keyword !== 'anyOf' && keyword !== 'oneOf')) return undefined
    const forms = schema[keyword]
    if (!Array.isArray(forms) || forms.length !== 2) return undefined
    const index = forms.findIndex((form) => !isNull(form))
    if (index < 0 || !forms.some(isNull)) return undefined
    const inner = this.made(forms[index]!, `${at}/${keyword}/${index}`, depth + 1)
    if (inner.type.kind === 'json-schema' || inner.type.kind === 'nullable')
      return plain(this.foreign(schema, at, unwrapped(inner.type)))
    return { type: { kind: 'nullable', of: inner.type, span: this.span }, constraints: inner.constraints }
  }

  /** Constants, and choices of texts. */
  private fixed(schema: JsonObject, only: (...allowed: string[]) => boolean): Made | undefined {
    const { span } = this
    const kind = textAt(schema, 'type')
    const constant = schema['const']
    if (only('const', 'type') && constant !== undefined) {
      const value = this.literal(constant)
      const fits = kind === undefined || kind === jsonType(constant)
      return value === undefined || !fits ? undefined : plain({ kind: 'constant', value, span })
    }
    const values = schema['enum']
    if (!only('enum', 'type') || !Array.isArray(values) || (kind !== undefined && kind !== 'string'))
      return undefined
    if (values.length === 0 || !values.every((value) => typeof value === 'string')) return undefined
    return plain({ kind: 'choice', options: values.map((value) => ({ value, span })), span })
  }

  private textAs(schema: JsonObject): TypeExpr {
    const { span } = this
    switch (textAt(schema, 'format')) {
      case 'date':
        return { kind: 'date', span }
      case 'date-time':
        return { kind: 'time', span }
      case 'duration':
        return { kind: 'duration', span }
      default:
        return { kind: 'text', span }
    }
  }

  private list(schema: JsonObject, only: (...allowed: string[]) => boolean, at: string, depth: number): Made {
    const { span } = this
    const items = member(schema, 'items')
    const of: TypeExpr =
      items === undefined || Array.isArray(items)
        ? { kind: 'anything', span }
        : this.alone(items, `${at}/items`, depth + 1)
    const type: TypeExpr = { kind: 'list', of, span }
    if (!isRecord(items) || !only('type', 'items', 'minItems', 'maxItems', 'uniqueItems'))
      return plain(this.foreign(schema, at, type))
    const constraints = [...this.bounds(schema, 'minItems', 'maxItems')]
    if (schema['uniqueItems'] === true) constraints.push({ kind: 'unique', span })
    return { type, constraints }
  }

  private record(
    schema: JsonObject,
    only: (...allowed: string[]) => boolean,
    at: string,
    depth: number,
  ): Made {
    const { span } = this
    const rest = member(schema, 'additionalProperties')
    const properties = member(schema, 'properties') ?? {}
    if (isRecord(rest) && Object.keys(isRecord(properties) ? properties : {}).length === 0) {
      const type: TypeExpr = {
        kind: 'map',
        of: this.alone(rest, `${at}/additionalProperties`, depth + 1),
        span,
      }
      return only('type', 'additionalProperties', 'properties')
        ? plain(type)
        : plain(this.foreign(schema, at, type))
    }
    const type = this.fields(schema, at, depth)
    const required = member(schema, 'required') ?? []
    const named = new Set(type.fields.map((field) => field.name.name))
    const exact =
      only('type', 'properties', 'required', 'additionalProperties') &&
      !isRecord(rest) &&
      isRecord(properties) &&
      Array.isArray(required) &&
      required.every((name) => typeof name === 'string' && named.has(name))
    return plain(exact ? type : this.foreign(schema, at, type))
  }

  private fields(schema: JsonObject, at: string, depth: number): RecordType {
    const { span } = this
    const properties = member(schema, 'properties')
    const required = member(schema, 'required')
    const needed = new Set(Array.isArray(required) ? required : [])
    const rest = member(schema, 'additionalProperties')
    const refused = rest === false || (rest === undefined && this.importing.unnamed === 'refused')
    const fields = Object.entries(isRecord(properties) ? properties : {}).map(([name, one]): FieldNode => {
      const { type, constraints } = this.made(one, `${at}/properties/${escaped(name)}`, depth + 1)
      const optional: Constraint[] = needed.has(name) ? [] : [{ kind: 'optional', span }]
      const standing = needed.has(name) ? [] : this.standing(one, type)
      return {
        name: this.ident(name),
        type,
        constraints: [...constraints, ...optional, ...standing],
        strict: true,
        span,
      }
    })
    return { kind: 'record', fields, checks: [], more: refused ? 'refused' : 'allowed', span }
  }

  /** What several schemas say together, or one of them: fields that not all have are optional. */
  private merged(schema: JsonObject, at: string, depth: number): TypeExpr {
    const { span } = this
    const together = member(schema, 'allOf')
    const forms = member(schema, 'anyOf') ?? member(schema, 'oneOf')
    const own = isRecord(member(schema, 'properties')) ? [this.fields(schema, at, depth)] : []
    const read = (list: Json | undefined, keyword: string) =>
      (Array.isArray(list) ? list : []).map((one, i) =>
        unwrapped(this.made(one, `${at}/${keyword}/${i}`, depth + 1).type),
      )
    const all = [...own, ...read(together, 'allOf')]
    const any = read(forms, member(schema, 'anyOf') === undefined ? 'oneOf' : 'anyOf')
    const records = [...all, ...any].filter((type) => type.kind === 'record')
    if (records.length === 0 || records.length < all.length + any.length) return { kind: 'anything', span }
    const sure = new Set(
      [...own, ...all].flatMap((type) => (type.kind === 'record' ? type.fields : [])).map(nameOf),
    )
    const fields = new Map<string, FieldNode>()
    for (const record of records) {
      for (const field of record.fields) {
        const before = fields.get(nameOf(field))
        const everywhere =
          sure.has(nameOf(field)) ||
          any.every(
            (type) => type.kind === 'record' && type.fields.some((one) => nameOf(one) === nameOf(field)),
          )
        const same = before === undefined || JSON.stringify(before.type) === JSON.stringify(field.type)
        const optional = everywhere ? [] : [{ kind: 'optional' as const, span }]
        fields.set(nameOf(field), {
          ...field,
          type: same ? field.type : { kind: 'anything', span },
          constraints: [
            ...field.constraints.filter(({ kind }) => kind === 'optional').slice(0, 1),
            ...optional,
          ].slice(0, 1),
        })
      }
    }
    return { kind: 'record', fields: Array.from(fields.values()), checks: [], more: 'allowed', span }
  }

  private bounds(
    schema: JsonObject,
    least: string,
    most: string,
    over?: string,
    under?: string,
  ): Constraint[] {
    const { span } = this
    const made: Constraint[] = []
    const add = (kind: 'least' | 'most' | 'over' | 'under', keyword: string | undefined) => {
      const value = keyword === undefined ? undefined : numberAt(schema, keyword)
      if (value !== undefined) made.push({ kind, value: { kind: 'number', value, span }, span })
    }
    add('least', least)
    add('most', most)
    add('over', over)
    add('under', under)
    return made
  }

  /** A default of the field's own kind. */
  private standing(schema: Json, type: TypeExpr): Constraint[] {
    const value =
      isRecord(schema) && schema['default'] !== undefined ? this.literal(schema['default']) : undefined
    const fits =
      type.kind === 'choice'
        ? value?.kind === 'text' && type.options.some((option) => option.value === value.value)
        : value !== undefined && type.kind === value.kind
    return value !== undefined && fits ? [{ kind: 'default', value, span: this.span }] : []
  }

  private literal(value: Json): Expr | undefined {
    const { span } = this
    if (typeof value === 'string') return { kind: 'text', value, span }
    if (typeof value === 'number') return { kind: 'number', value, span }
    return typeof value === 'boolean' ? { kind: 'flag', value, span } : undefined
  }

  private foreign(schema: Json, at: string, as: TypeExpr): TypeExpr {
    const { span } = this
    // A part that refers elsewhere can only be judged within its document.
    return REFERS.test(JSON.stringify(schema))
      ? {
          kind: 'json-schema',
          schema: this.importing.document,
          ...(at === '' ? {} : { at }),
          as: unwrapped(as),
          span,
        }
      : { kind: 'json-schema', schema, as: unwrapped(as), span }
  }

  private ident(name: string): Ident {
    return { name, span: this.span, quoted: true }
  }
}

const plain = (type: TypeExpr): Made => ({ type, constraints: [] })

const nameOf = (field: FieldNode) => field.name.name

function unwrapped(type: TypeExpr): TypeExpr {
  if (type.kind === 'json-schema') return unwrapped(type.as)
  return type.kind === 'nullable' ? unwrapped(type.of) : type
}

function isNull(schema: Json): boolean {
  return isRecord(schema) && schema['type'] === 'null'
}

function jsonType(value: Json): string {
  return value === null ? 'null' : typeof value
}

export function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

/** What a JSON pointer leads to. */
export function resolve(document: Json, pointer: string): Json | undefined {
  let value: Json | undefined = document
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(value)) value = value[Number(name)]
    else value = isRecord(value) ? member(value, name) : undefined
  }
  return value
}
