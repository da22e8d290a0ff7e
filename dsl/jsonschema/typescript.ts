/** Shapes → TypeScript: what tools take and return, what messages carry, what each agent may call and send. */
import type { Json, JsonObject } from '../judge/step.ts'
import type { Plan, Selector, Shape } from '../plan/plan.ts'
import { resolve } from './import.ts'
import { isRecord, member } from './json.ts'

export function printTypes(plan: Plan): string {
  const names = new Names()
  const lines = [
    `/** Generated from the policy ${JSON.stringify(plan.policy.name)}, version ${plan.policy.version}. Do not edit. */`,
    '',
    ...MONEY,
  ]
  for (const tool of plan.tools) {
    const name = names.of(tool.name)
    lines.push('', `export type ${name}Args = ${typeText(tool.takes, 0)}`)
    lines.push(
      '',
      `export type ${name}Result = ${tool.returns === undefined ? 'unknown' : typeText(tool.returns, 0)}`,
    )
  }
  for (const message of plan.messages)
    lines.push('', `export type ${names.of(message.name)}Message = ${typeText(message.shape, 0)}`)
  const entries = (list: readonly { readonly name: string }[], text: (name: string) => string) =>
    list.map(({ name }) => `  readonly ${property(name)}: ${text(names.of(name))}`)
  lines.push('', '/** Every tool, by the name it is called by. */', 'export interface Tools {')
  lines.push(
    ...entries(plan.tools, (name) => `{ readonly args: ${name}Args; readonly result: ${name}Result }`),
    '}',
  )
  lines.push('', 'export interface Messages {', ...entries(plan.messages, (name) => `${name}Message`), '}')
  lines.push(
    '',
    '/** What each agent may call and send, before any rule is asked. */',
    'export interface Agents {',
  )
  for (const agent of plan.agents) {
    const calls = allowed(agent.may, 'calls', plan.tools)
    const sends = allowed(agent.may, 'sends', plan.messages)
    lines.push(`  readonly ${property(agent.name)}: { readonly calls: ${calls}; readonly sends: ${sends} }`)
  }
  lines.push('}', '')
  return lines.join('\n')
}

const MONEY = [
  '/** A decimal number, its text, or either with its currency. */',
  'export type Money<Currency extends string> =',
  '  | number',
  '  | string',
  '  | { readonly amount: number | string; readonly currency: Currency }',
]

function allowed(
  may: readonly Selector[],
  kind: 'calls' | 'sends',
  known: readonly { readonly name: string }[],
): string {
  const names = new Set<string>()
  for (const selector of may) {
    if (selector.kinds !== undefined && !selector.kinds.includes(kind)) continue
    for (const name of selector.names ?? known.map((one) => one.name)) names.add(name)
  }
  const texts = Array.from(names, (name) => JSON.stringify(name))
  return texts.length === 0 ? 'never' : texts.join(' | ')
}

/** Type names in PascalCase, each once. */
class Names {
  private readonly given = new Map<string, string>()
  private readonly taken = new Set<string>()

  of(name: string): string {
    const known = this.given.get(name)
    if (known !== undefined) return known
    const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
    const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
    const base = /^[A-Za-z]/.test(pascal) ? pascal : `T${pascal}`
    let made = base
    for (let i = 2; this.taken.has(made); i++) made = `${base}${i}`
    this.taken.add(made)
    this.given.set(name, made)
    return made
  }
}

function typeText(shape: Shape, depth: number): string {
  switch (shape.kind) {
    case 'text':
    case 'date':
    case 'time':
    case 'duration':
      return 'string'
    case 'number':
      return 'number'
    case 'flag':
      return 'boolean'
    case 'anything':
      return 'unknown'
    case 'money':
      return shape.others === undefined
        ? `Money<${JSON.stringify(shape.currency)}>`
        : `{ readonly amount: number | string; readonly currency: ${[shape, ...shape.others].map(({ currency }) => JSON.stringify(currency)).join(' | ')} }`
    case 'choice':
      return shape.options.length === 0
        ? 'never'
        : shape.options.map((one) => JSON.stringify(one)).join(' | ')
    case 'constant':
      return JSON.stringify(shape.value)
    case 'nullable':
      return `${typeText(shape.of, depth)} | null`
    case 'list':
      return `readonly (${typeText(shape.of, depth)})[]`
    case 'map':
      return `{ readonly [key: string]: ${typeText(shape.of, depth)} }`
    case 'union':
      return shape.variants.map((one) => typeText(one.shape, depth)).join(' | ') || 'never'
    case 'record':
      return recordText(
        shape.fields.map(({ name, shape: of, optional, strict }) => ({
          name,
          optional,
          text: `${typeText(of, depth + 1)}${optional && !strict && of.kind !== 'nullable' ? ' | null' : ''}`,
        })),
        !shape.closed,
        depth,
      )
    case 'json-schema':
      return schemaText(resolve(shape.schema, shape.at ?? '') ?? true, shape.schema, depth, 0)
  }
}

interface Property {
  readonly name: string
  readonly optional: boolean
  readonly text: string
}

function recordText(fields: readonly Property[], open: boolean, depth: number): string {
  const pad = '  '.repeat(depth + 1)
  const lines = fields.map(
    ({ name, optional, text }) => `${pad}readonly ${property(name)}${optional ? '?' : ''}: ${text}`,
  )
  if (open) lines.push(`${pad}readonly [more: string]: unknown`)
  return lines.length === 0
    ? '{ readonly [none: string]: never }'
    : `{\n${lines.join('\n')}\n${'  '.repeat(depth)}}`
}

function property(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : JSON.stringify(name)
}

/** References followed; a schema that holds itself ends as `unknown`. */
const REFERENCES_MAX = 8

const SIMPLE: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
}

/** The nearest type of an imported schema; `unknown` where there is none. */
function schemaText(schema: Json, document: Json, depth: number, followed: number): string {
  if (!isRecord(schema) || followed > REFERENCES_MAX) return 'unknown'
  const inner = (one: Json, deeper = 0) => schemaText(one, document, depth + deeper, followed + 1)
  const ref = member(schema, '$ref')
  if (typeof ref === 'string') {
    const target = ref.startsWith('#') ? resolve(document, ref.slice(1)) : undefined
    return target === undefined ? 'unknown' : inner(target)
  }
  const fixed = member(schema, 'const')
  if (fixed !== undefined) return JSON.stringify(fixed)
  const options = member(schema, 'enum')
  if (Array.isArray(options)) return options.map((one) => JSON.stringify(one)).join(' | ') || 'never'
  const forms = member(schema, 'anyOf') ?? member(schema, 'oneOf')
  if (Array.isArray(forms)) return forms.map((one) => `(${inner(one)})`).join(' | ') || 'never'
  const together = member(schema, 'allOf')
  if (Array.isArray(together) && together.length > 0)
    return together.map((one) => `(${inner(one)})`).join(' & ')
  const types = member(schema, 'type')
  const kinds = Array.isArray(types) ? types : [types]
  return kinds.map((kind) => ofType(typeof kind === 'string' ? kind : '', schema, depth, inner)).join(' | ')
}

function ofType(
  kind: string,
  schema: JsonObject,
  depth: number,
  inner: (one: Json, deeper?: number) => string,
): string {
  if (Object.hasOwn(SIMPLE, kind)) return SIMPLE[kind]!
  if (kind === 'array') {
    const items = member(schema, 'items')
    return `readonly (${items === undefined ? 'unknown' : inner(items)})[]`
  }
  if (kind !== 'object') return 'unknown'
  const properties = member(schema, 'properties')
  const required = member(schema, 'required')
  const needed = Array.isArray(required) ? required : []
  const fields = Object.entries(isRecord(properties) ? properties : {}).map(
    ([name, one]): Property => ({ name, optional: !needed.includes(name), text: inner(one, 1) }),
  )
  return recordText(fields, member(schema, 'additionalProperties') !== false, depth)
}
