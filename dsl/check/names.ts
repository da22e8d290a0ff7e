/** What a name means where it stands: a field, a named value, a built-in, a list of words. */
import type { FieldType, Type } from '../plan/plan.ts'
import type { Expr, Ident, Path } from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { BUILT_INS, type BuiltIn } from './built-ins.ts'
import { type Environment, type FieldView, fieldOf, type Lookup } from './environment.ts'
import { ANYTHING, type Fields } from './model.ts'
import type { Typing } from './typing.ts'

const TEXT: Type = { kind: 'text' }

export function pathType(path: Path, env: Environment, typing: Typing): Type {
  const [head, ...rest] = path.parts
  if (head === undefined) return ANYTHING
  const restNames = rest.map((part) => part.name)
  const meaning = env.named.get(head.name)
  if (meaning !== undefined) {
    typing.definitions.set(head, meaning.ident)
    if (meaning.kind === 'binding') {
      const { index, type } = meaning
      typing.refs.set(path, { kind: 'binding', index, rest: restNames, type })
      if (type !== undefined) return walk(path, type, rest, head.name, typing)
      return rest.length === 0 ? ANYTHING : fieldPath(path, meaning.fields, rest, head.name, typing)
    }
    const base = { rest: restNames, type: meaning.type }
    typing.refs.set(
      path,
      meaning.kind === 'local'
        ? { kind: 'local', index: meaning.index, ...base }
        : { kind: 'variable', name: head.name, ...base },
    )
    return walk(path, meaning.type, rest, head.name, typing)
  }
  const looked = env.fields.lookup(head.name)
  if (looked.kind === 'none' && !head.quoted) {
    if (rest.length === 0 && env.builtIns && BUILT_INS.some((name) => name === head.name)) {
      typing.refs.set(path, { kind: 'meta', name: head.name as BuiltIn })
      return head.name === 'now' ? { kind: 'time' } : TEXT
    }
    // Those of a library have its name before theirs.
    const words = typing.vocabulary.words.get([head.name, ...restNames].join('.'))
    if (words?.name !== undefined) {
      typing.definitions.set(head, words.name)
      typing.refs.set(path, { kind: 'words', words: words.words.map((word) => word.value) })
      return { kind: 'list', of: TEXT }
    }
  }
  typing.refs.set(path, { kind: 'field', path: [head.name, ...restNames] })
  return fieldPath(path, env.fields, path.parts, undefined, typing, env)
}

function fieldPath(
  path: Path,
  view: FieldView,
  parts: readonly Ident[],
  owner: string | undefined,
  typing: Typing,
  env?: Environment,
): Type {
  const [head, ...rest] = parts
  const found = fieldType(view.lookup(head!.name), head!, view, owner, typing, env)
  if (found === undefined) return ANYTHING
  if (rest.length === 0) standIn(path, found, typing)
  return walk(path, found.type, rest, head!.name, typing, found.optional || found.default !== undefined)
}

function fieldType(
  looked: Lookup,
  head: Ident,
  view: FieldView,
  owner: string | undefined,
  typing: Typing,
  env: Environment | undefined,
): FieldType | undefined {
  const { report } = typing
  if (looked.kind === 'found') return looked.field
  if (looked.kind === 'some') {
    const shown = looked.lacking
      .slice(0, 3)
      .map((name) => `\`${name}\``)
      .join(', ')
    report.add(
      'P0114',
      head.span,
      `\`${head.name}\` is not a field of ${shown}`,
      'Write a rule of its own for the steps that have it.',
    )
  } else if (looked.kind === 'mixed') {
    report.add(
      'P0114',
      head.span,
      `\`${head.name}\` is ${looked.a} and ${looked.b}`,
      'Name the steps for which the rule speaks.',
    )
  } else {
    const known = [
      ...view.names,
      ...(env === undefined ? [] : [...env.named.keys(), ...(env.builtIns ? BUILT_INS : [])]),
    ]
    const close = nearest(head.name, known)
    const listed = view.names
      .slice(0, 6)
      .map((name) => `\`${name}\``)
      .join(', ')
    const help =
      close !== undefined
        ? `Did you mean \`${close}\`?`
        : listed === ''
          ? 'The step has no fields.'
          : `Fields: ${listed}.`
    if (owner === undefined)
      report.add(
        'P0108',
        head.span,
        `\`${head.name}\` is neither a field of the step nor a named value`,
        help,
      )
    else report.add('P0107', head.span, `\`${owner}\` has no field \`${head.name}\``, help)
  }
  return undefined
}

/** Notes what is read where the field is absent. */
function standIn(path: Path, field: FieldType, typing: Typing): void {
  if (field.default !== undefined) typing.defaults.set(path, field.default)
}

function walk(
  path: Path,
  type: Type,
  parts: readonly Ident[],
  owner: string,
  typing: Typing,
  mayLack = false,
): Type {
  let lacking = mayLack
  let current = type
  let of = owner
  for (const part of parts) {
    if (current.kind === 'anything') return ANYTHING
    const fields: Fields | undefined =
      current.kind === 'record'
        ? { named: current.fields }
        : current.kind === 'map'
          ? { named: {}, rest: current.of }
          : current.kind === 'money' && current.also !== undefined
            ? { named: { currency: currencyField(current) } }
            : undefined
    const field = fields === undefined ? undefined : fieldOf(fields, part.name)
    if (field === undefined) {
      const names = current.kind === 'record' ? Object.keys(current.fields) : []
      const close = nearest(part.name, names)
      const listed = names
        .slice(0, 6)
        .map((name) => `\`${name}\``)
        .join(', ')
      const advice =
        close !== undefined
          ? `Did you mean \`${close}\`?`
          : listed !== ''
            ? `Fields: ${listed}.`
            : current.kind === 'list'
              ? 'For a list: `some x in … has (x.…)`, `count of …`.'
              : undefined
      typing.report.add('P0107', part.span, `\`${of}\` has no field \`${part.name}\``, advice)
      return ANYTHING
    }
    // What lies in an absent record is unknown, whatever its own default.
    if (part === parts.at(-1) && !lacking) standIn(path, field, typing)
    lacking ||= field.optional || field.default !== undefined
    current = field.type
    of = part.name
  }
  return current
}

/** Money in several currencies says which one it is in. */
function currencyField(type: Type & { kind: 'money' }): FieldType {
  return { type: { kind: 'choice', options: [type.currency, ...(type.also ?? [])] }, optional: false }
}

/** A comparison with an absent field is unknown: worth a note unless the rule asks `is present`. */
export function noteOptional(expr: Expr, env: Environment, typing: Typing): void {
  if (expr.kind !== 'path') return
  const head = expr.parts[0]
  const looked = head === undefined || env.named.has(head.name) ? undefined : env.fields.lookup(head.name)
  if (head === undefined || looked?.kind !== 'found' || !looked.field.optional || env.asked.has(head.name))
    return
  if (looked.field.type.kind === 'anything') return
  typing.report.add(
    'P0301',
    expr.span,
    `\`${head.name}\` may be absent; the rule then takes its \`on error\``,
    `Ask first: \`${head.name} is present and …\`.`,
  )
}
