/** What a library's parameters are worth: as its user sets them, or as it says by default. */
import { checkConstraints, checkLiteral, checkTypeExpr } from '../check/constraints.ts'
import { convert, sameDimension } from '../check/units.ts'
import type { Report } from '../diagnostic.ts'
import type { Span } from '../plan/plan.ts'
import type { Constraint, Entry, Expr, FieldNode, ParameterDecl } from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'

/** `at`: where a missing one is reported. */
export function parameterValues(
  declared: readonly ParameterDecl[],
  settings: readonly Entry[],
  at: Span,
  report: Report,
): ReadonlyMap<string, Expr> {
  const values = new Map<string, Expr>()
  const fields = new Map<string, FieldNode>()
  for (const { field } of declared) {
    if (field === undefined) continue
    const { name } = field.name
    const first = fields.get(name)
    if (first !== undefined) {
      report.add('P0101', field.name.span, `\`${name}\` is declared twice`, 'Rename one of them.', [
        { span: first.name.span, message: 'declared here first' },
      ])
      continue
    }
    fields.set(name, field)
    checkTypeExpr(field.type, report)
    checkConstraints(field, report)
    const standing = field.constraints.find(({ kind }) => kind === 'default')
    if (standing?.kind === 'default') values.set(name, standing.value)
  }
  const set = new Set<string>()
  for (const { name, value, span } of settings) {
    const field = fields.get(name.name)
    if (field === undefined) unknown(name.name, name.span, fields, report)
    else if (set.has(name.name))
      report.add('P0012', span, `\`${name.name}\` is set twice`, 'Keep one of them.')
    else if (fits(field, value, report)) values.set(name.name, value)
    set.add(name.name)
  }
  for (const [name, field] of fields) {
    if (values.has(name) || set.has(name)) continue
    report.add('P0243', at, `\`${name}\` has no value`, 'It has no default: say `with NAME = …`.', [
      { span: field.span, message: 'declared here' },
    ])
  }
  // Whatever was wrong with it has been said.
  for (const name of fields.keys()) if (!values.has(name)) values.set(name, { kind: 'broken', span: at })
  return values
}

function unknown(name: string, span: Span, fields: ReadonlyMap<string, FieldNode>, report: Report): void {
  const close = nearest(name, fields.keys())
  const listed = Array.from(fields.keys(), (one) => `\`${one}\``).join(', ')
  const help =
    close !== undefined
      ? `Did you mean \`${close}\`?`
      : listed === ''
        ? 'It has no parameters.'
        : `Parameters: ${listed}.`
  report.add('P0244', span, `the library has no parameter \`${name}\``, help)
}

function fits(field: FieldNode, value: Expr, report: Report): boolean {
  const before = report.diagnostics.length
  checkLiteral(value, report)
  const standing: Constraint = { kind: 'default', value, span: value.span }
  const own = field.constraints.filter(({ kind }) => kind === 'optional')
  checkConstraints({ ...field, constraints: [...own, standing] }, report)
  if (report.diagnostics.length > before) return false
  const broken = field.constraints.find((constraint) => !within(value, constraint))
  if (broken === undefined) return true
  report.add(
    'P0216',
    value.span,
    `this is no value of \`${field.name.name}\`: it is out of bounds`,
    undefined,
    [{ span: broken.span, message: 'bounded here' }],
  )
  return false
}

function within(value: Expr, constraint: Constraint): boolean {
  switch (constraint.kind) {
    case 'least':
      return compare(value, constraint.value, (a, b) => a >= b)
    case 'most':
      return compare(value, constraint.value, (a, b) => a <= b)
    case 'over':
    case 'after':
      return compare(value, constraint.value, (a, b) => a > b)
    case 'under':
    case 'before':
      return compare(value, constraint.value, (a, b) => a < b)
    case 'between':
      return (
        compare(value, constraint.low, (a, b) => a >= b) && compare(value, constraint.high, (a, b) => a <= b)
      )
    default:
      return true
  }
}

function compare(value: Expr, bound: Expr, holds: (a: number, b: number) => boolean): boolean {
  const a = value.kind === 'text' ? value.value.length : measured(value, bound)
  const b = measured(bound, bound)
  return a === undefined || b === undefined || holds(a, b)
}

function measured(value: Expr, like: Expr): number | undefined {
  if (value.kind === 'number') {
    const from = value.unit?.name
    const to = like.kind === 'number' ? like.unit?.name : undefined
    if (from === undefined || to === undefined || !sameDimension(from, to)) return value.value
    return convert(value.value, from, to)
  }
  if (value.kind === 'money' || value.kind === 'duration' || value.kind === 'date' || value.kind === 'time')
    return value.value
  return undefined
}
