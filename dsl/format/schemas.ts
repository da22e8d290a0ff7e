/** The layout of types: a record that fits stands on one line, else its fields stand below each other, types in a column. */
import type { Constraint, FieldNode, RecordType, TypeExpr } from '../syntax/ast.ts'
import { Colon } from '../syntax/tokens.ts'
import { type Doc, either, group, indent } from './doc.ts'
import { around, chain } from './expressions.ts'
import { body, type Part } from './members.ts'
import type { Tape } from './tape.ts'

export function typeDoc(tape: Tape, type: TypeExpr): Doc {
  switch (type.kind) {
    case 'record':
      return record(tape, type, 'ifLong')
    case 'list':
      return [tape.take(type.of.span[0]), typeDoc(tape, type.of)]
    case 'map': {
      const values = [tape.take(type.of.span[0]), typeDoc(tape, type.of)]
      return type.keys === undefined
        ? values
        : [values, tape.take(type.keys.span[0]), typeDoc(tape, type.keys)]
    }
    case 'nullable':
      return [typeDoc(tape, type.of), tape.take(type.span[1])]
    case 'constant':
      return around(tape, type, [type.value])
    case 'union':
    case 'choice':
      return tape.fill(type.span[1])
    case 'named':
    case 'text':
    case 'number':
    case 'money':
    case 'date':
    case 'duration':
    case 'flag':
    case 'anything':
    case 'json-schema':
    case 'time':
    case 'broken':
      return tape.take(type.span[1])
    default:
      return unplaced(type)
  }
}

/** From its `{`. `ifMany`: on one line only if it has one member. A check stands on a line of its own. */
export function record(tape: Tape, type: RecordType, breaks: 'ifMany' | 'ifLong'): Doc {
  const column = columnOf(type.fields)
  const fields = type.fields.map(
    (field): Part => ({ span: field.span, starts: true, doc: () => fieldDoc(tape, field, column) }),
  )
  const checks = type.checks.map(
    (check): Part => ({
      span: check.span,
      starts: true,
      doc: () => group(indent(2, [tape.take(check.holds.span[0]), chain(tape, check.holds)])),
    }),
  )
  return body(tape, type.span[1], [...fields, ...checks].sort(byPlace), {
    // A gap has no fields: what stands there is `and more`.
    starters: ['and'],
    separator: ',',
    alwaysBreaks: (members) => members.length > 1 && (breaks === 'ifMany' || type.checks.length > 0),
    member: ({ parts, end }) => [parts.map((part) => part.doc()), tape.take(end)],
  })
}

/** Columns from the start of a field to its type. */
function columnOf(fields: readonly FieldNode[]): number {
  return Math.max(0, ...fields.map(({ name }) => name.span[1] - name.span[0])) + 2
}

/** `name: type, constraint, …`; what does not fit on the line goes on below the type. */
export function fieldDoc(tape: Tape, field: FieldNode, column: number | undefined): Doc {
  const name = tape.take(field.name.span[1])
  const colon = tape.peek()?.tokenType === Colon ? tape.next() : ''
  const missing = column === undefined ? 0 : column - 2 - (field.name.span[1] - field.name.span[0])
  const parts = [
    { span: field.type.span, doc: () => typeDoc(tape, field.type) },
    ...field.constraints.map((each) => ({ span: each.span, doc: () => constraint(tape, each) })),
  ]
  const rest = tape.fill(field.span[1], parts)
  return [
    name,
    colon,
    either(' '.repeat(missing), ''),
    indent(hasRecord(field.type) ? 0 : (column ?? 2), rest),
  ]
}

function hasRecord(type: TypeExpr): boolean {
  if (type.kind === 'list' || type.kind === 'map' || type.kind === 'nullable') return hasRecord(type.of)
  return type.kind === 'record'
}

function constraint(tape: Tape, of: Constraint): Doc {
  switch (of.kind) {
    case 'optional':
    case 'unique':
    case 'plain':
    case 'distinct':
      return tape.take(of.span[1])
    case 'default':
    case 'least':
    case 'most':
    case 'over':
    case 'under':
    case 'before':
    case 'after':
      return around(tape, of, [of.value])
    case 'between':
      return around(tape, of, [of.low, of.high])
    default:
      return unplaced(of)
  }
}

export function byPlace(a: { readonly span: readonly [number, number] }, b: typeof a): number {
  return a.span[0] - b.span[0]
}

function unplaced(node: never): never {
  throw new Error(`no layout for ${JSON.stringify(node)}`)
}
