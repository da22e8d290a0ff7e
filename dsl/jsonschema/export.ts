/**
 * Shapes → JSON Schema 2020-12. The schema accepts what the shape accepts, as far as the standard can say it: types,
 * bounds, formats, choices, nesting. What it has no keyword for (cross-field checks, calendars, ranges of money and
 * time, fields that must differ) is said in `$comment`; there the judge is the stricter one.
 */
import type { Json, JsonObject } from '../judge/step.ts'
import { type FieldShape, MICRO, type Plan, type Range, type Shape } from '../plan/plan.ts'

const DIALECT = 'https://json-schema.org/draft/2020-12/schema'

export function exportShape(shape: Shape): JsonObject {
  return { $schema: DIALECT, ...schemaOf(shape) }
}

/** All tools and messages of a policy under `$defs`: `lookup_order.takes`, `lookup_order.returns`, `question`. */
export function exportPlan(plan: Plan): JsonObject {
  const $defs: JsonObject = {}
  for (const tool of plan.tools) {
    $defs[`${tool.name}.takes`] = schemaOf(tool.takes)
    if (tool.returns !== undefined) $defs[`${tool.name}.returns`] = schemaOf(tool.returns)
  }
  for (const message of plan.messages) $defs[message.name] = schemaOf(message.shape)
  return { $schema: DIALECT, title: plan.policy.name, $comment: `version ${plan.policy.version}`, $defs }
}

function schemaOf(shape: Shape): JsonObject {
  switch (shape.kind) {
    case 'text':
      return textSchema(shape)
    case 'number':
      return {
        type: shape.whole ? 'integer' : 'number',
        ...(shape.whole ? safeRange(shape.range) : rangeSchema(shape.range, 1)),
        ...(shape.unit === undefined ? {} : { $comment: `in ${shape.unit}` }),
      }
    case 'money':
      return moneySchema(shape)
    case 'date':
      return commented(
        { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', format: 'date' },
        shape.range,
      )
    case 'time':
      return commented(
        { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}', maxLength: 40 },
        shape.range,
        shape.zone === undefined ? 'with its offset' : `in ${shape.zone} where no offset is given`,
      )
    case 'duration':
      return commented({ type: 'string', pattern: '^P[0-9T]', maxLength: 64 }, shape.range)
    case 'flag':
      return { type: 'boolean' }
    case 'choice':
      return { enum: [...shape.options] }
    case 'constant':
      return { const: shape.value }
    case 'nullable':
      return { anyOf: [schemaOf(shape.of), { type: 'null' }] }
    case 'list':
      return {
        type: 'array',
        items: schemaOf(shape.of),
        ...sizes(shape, 'minItems', 'maxItems'),
        ...(shape.unique ? { uniqueItems: true } : {}),
        ...(shape.distinctBy === undefined
          ? {}
          : { $comment: `items differ in ${shape.distinctBy.join('.')}` }),
      }
    case 'map':
      return {
        type: 'object',
        additionalProperties: schemaOf(shape.of),
        ...(shape.keys === undefined ? {} : { propertyNames: schemaOf(shape.keys) }),
        ...sizes(shape, 'minProperties', 'maxProperties'),
      }
    case 'record':
      return recordSchema(shape)
    case 'union':
      return unionSchema(shape)
    case 'json-schema':
      return importedSchema(shape)
    case 'anything':
      return { not: { type: 'null' } }
  }
}

/** Patterns that say the same as a format of the language, where a regular expression can. */
const FORMATS: Readonly<Record<string, JsonObject>> = {
  email: { format: 'email' },
  url: { format: 'uri', pattern: '^[Hh][Tt][Tt][Pp][Ss]?://', maxLength: 2_048 },
  uuid: { format: 'uuid' },
  hostname: { format: 'hostname' },
  ip_address: { anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] },
  country: { pattern: '^[A-Z]{2}$' },
  currency: { pattern: '^[A-Z]{3}$' },
  colour: { pattern: '^#(?:[0-9A-Fa-f]{3,4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})$' },
  base64: { pattern: '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$' },
  isin: { pattern: '^[A-Z]{2}[A-Z0-9]{9}[0-9]$' },
}

function textSchema(shape: Shape & { kind: 'text' }): JsonObject {
  const { like, format } = shape
  const parts: JsonObject[] = []
  if (format !== undefined)
    parts.push({ ...(FORMATS[format] ?? {}), $comment: `a ${format.replaceAll('_', ' ')}` })
  if (like !== undefined) parts.push({ pattern: `^(?:${like})$` })
  if (shape.plain) parts.push({ pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$' })
  const own: JsonObject = { type: 'string', ...sizes(shape, 'minLength', 'maxLength') }
  const [only] = parts
  return parts.length === 1 ? { ...only, ...own } : parts.length === 0 ? own : { ...own, allOf: parts }
}

/** A decimal number, its text, or both with a currency: the forms in which money travels. */
function moneySchema(shape: Shape & { kind: 'money' }): JsonObject {
  const text: JsonObject = { type: 'string', pattern: '^-?[0-9]{1,16}(?:\\.[0-9]{1,6})?$' }
  const named = (currency: string, range: Range): JsonObject => ({
    type: 'object',
    properties: { amount: { anyOf: [amount(range), text] }, currency: { const: currency } },
    required: ['amount', 'currency'],
  })
  if (shape.others !== undefined)
    return { anyOf: [shape, ...shape.others].map(({ currency, range }) => named(currency, range)) }
  return {
    anyOf: [amount(shape.range), text, named(shape.currency, shape.range)],
    $comment: `money in ${shape.currency}`,
  }
}

function amount(range: Range): JsonObject {
  return { type: 'number', ...rangeSchema(range, MICRO) }
}

function rangeSchema({ min, max, over, under }: Range, unit: number): JsonObject {
  return {
    ...(min === undefined ? {} : { minimum: min / unit }),
    ...(max === undefined ? {} : { maximum: max / unit }),
    ...(over === undefined ? {} : { exclusiveMinimum: over / unit }),
    ...(under === undefined ? {} : { exclusiveMaximum: under / unit }),
  }
}

/** Whole numbers are exact up to this; larger ones are refused. */
function safeRange(range: Range): JsonObject {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = range
  return rangeSchema({ ...range, min, max }, 1)
}

function sizes(of: { min?: number; max?: number }, least: string, most: string): JsonObject {
  return {
    ...(of.min === undefined ? {} : { [least]: of.min }),
    ...(of.max === undefined ? {} : { [most]: of.max }),
  }
}

function commented(schema: JsonObject, range: Range, also?: string): JsonObject {
  const bounded = Object.keys(range).length > 0 ? 'bounds are judged by the policy' : undefined
  const comment = [also, bounded].filter((part) => part !== undefined).join('; ')
  return comment === '' ? schema : { ...schema, $comment: comment }
}

function recordSchema(shape: Shape & { kind: 'record' }): JsonObject {
  const properties: JsonObject = {}
  for (const field of shape.fields) properties[field.name] = fieldSchema(field)
  const required = shape.fields.filter((field) => !field.optional).map((field) => field.name)
  const checks = shape.checks.map((check) => check.name).join('; ')
  return {
    ...(shape.name === undefined ? {} : { title: shape.name }),
    type: 'object',
    properties,
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: !shape.closed,
    ...(checks === '' ? {} : { $comment: `also judged: ${checks}` }),
  }
}

/** Null counts as absent, unless the field is strict. */
function fieldSchema(field: FieldShape): JsonObject {
  const of = schemaOf(field.shape)
  const standing = field.default === undefined ? {} : { default: field.default }
  if (!field.optional || field.strict || field.shape.kind === 'nullable') return { ...of, ...standing }
  return { anyOf: [of, { type: 'null' }], ...standing }
}

/** Each variant already says its tags. */
function unionSchema(shape: Shape & { kind: 'union' }): JsonObject {
  return {
    oneOf: shape.variants.map(({ shape: one }) => schemaOf(one)),
    $comment: `told apart by ${shape.by}`,
  }
}

/** References of the imported document lead into it, so it comes along as a resource of its own. */
function importedSchema(shape: Shape & { kind: 'json-schema' }): JsonObject {
  const { schema, at } = shape
  if (at === undefined && typeof schema === 'object' && schema !== null && !Array.isArray(schema)) {
    if (!/"\$(?:ref|dynamicRef)"/.test(JSON.stringify(schema))) return schema
  }
  const id = `schema:${shape.span[0]}/${encodeURIComponent(at ?? '')}`
  const whole: Json =
    typeof schema === 'object' && schema !== null && !Array.isArray(schema) ? { ...schema, $id: id } : schema
  return { $ref: `${id}#${at ?? ''}`, $defs: { imported: whole } }
}
