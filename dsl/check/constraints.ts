/** Types as written, and the constraints on them: units, ranges, patterns, formats. */
import type { Report } from '../diagnostic.ts'
import { compileLinear } from '../linear.ts'
import type { Expr, FieldNode, Ident, TextNode, TypeExpr } from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { CURRENCIES, FORMATS, isTimeZone } from './prelude.ts'
import { convert, sameDimension, UNITS } from './units.ts'

export function checkTypeExpr(type: TypeExpr, report: Report): void {
  if (type.kind === 'money')
    for (const code of [...(type.currency === undefined ? [] : [type.currency]), ...(type.others ?? [])])
      checkCurrency(code.name, code.span, report)
  if (type.kind === 'number' && type.unit !== undefined) checkUnit(type.unit, report)
  if (type.kind === 'constant') {
    checkLiteral(type.value, report)
    if (!['text', 'number', 'flag', 'broken'].includes(type.value.kind))
      report.add('P0211', type.value.span, 'a constant is text, a number, yes or no')
  }
  if (type.kind === 'time' && type.zone !== undefined) checkZone(type.zone, report)
  if (type.kind !== 'text') return
  if (type.matching !== undefined) checkRegex(type.matching, report)
  if (type.format !== undefined && !FORMATS.some((format) => format === type.format?.name)) {
    const close = nearest(type.format.name, FORMATS)
    const help =
      close === undefined
        ? `Formats: ${FORMATS.map((name) => `\`${name}\``).join(', ')}.`
        : `Did you mean \`${close}\`?`
    report.add('P0110', type.format.span, `\`${type.format.name}\` is not a format`, help)
  }
}

function checkUnit(unit: Ident, report: Report): void {
  if (UNITS.has(unit.name)) return
  const close = nearest(unit.name, UNITS.keys())
  report.add(
    'P0221',
    unit.span,
    `\`${unit.name}\` is no unit`,
    close === undefined ? `Units: ${Array.from(UNITS.keys()).join(', ')}.` : `Did you mean \`${close}\`?`,
  )
}

export function checkCurrency(code: string, span: readonly [number, number], report: Report): void {
  if (CURRENCIES.has(code)) return
  const close = CURRENCIES.has(code.toUpperCase()) ? code.toUpperCase() : undefined
  report.add(
    'P0112',
    span,
    `\`${code}\` is not a currency`,
    close === undefined ? 'Use an ISO 4217 code such as `USD` or `EUR`.' : `Did you mean \`${close}\`?`,
  )
}

export function checkZone(zone: TextNode, report: Report): void {
  if (!isTimeZone(zone.value))
    report.add(
      'P0117',
      zone.span,
      `\`${zone.value}\` is not a time zone`,
      'Use an IANA name such as "America/New_York", or "UTC".',
    )
}

/** What linear-time engines cannot do: look-around and back-references. Only names what was found not to be linear. */
const NOT_LINEAR = /\(\?<?[=!]|\\[1-9]|\\k</

export function checkRegex(pattern: TextNode, report: Report): void {
  const malformed = whyMalformed(pattern.value)
  if (malformed !== undefined)
    return report.add(
      'P0213',
      pattern.span,
      `this is not a regular expression: ${malformed}`,
      'Escape signs that stand for themselves: `\\\\.`',
    )
  if (compileLinear(pattern.value, true, true) !== undefined) return
  const construct = NOT_LINEAR.exec(pattern.value)?.[0]
  if (construct === undefined)
    report.add(
      'P0213',
      pattern.span,
      'part of this regular expression cannot be matched in linear time',
      'Known are classes like `[A-Z]`, `\\\\d` and `\\\\p{L}`, groups, `|`, and counts up to 1000.',
    )
  else
    report.add(
      'P0213',
      pattern.span,
      `\`${construct}\` cannot be matched in linear time`,
      'Say it without look-around and back-references.',
    )
}

function whyMalformed(pattern: string): string | undefined {
  try {
    new RegExp(pattern, 'u')
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^.*: /, '').toLowerCase() : 'unreadable'
  }
}

/** The kind of literal that bounds a type, and how it is called. */
const BOUNDED_BY: Readonly<
  Partial<Record<TypeExpr['kind'], { readonly kinds: readonly Expr['kind'][]; readonly called: string }>>
> = {
  text: { kinds: ['number'], called: 'a number of characters' },
  number: { kinds: ['number'], called: 'a plain number' },
  money: { kinds: ['money', 'number'], called: 'an amount of money' },
  date: { kinds: ['date'], called: 'a date' },
  time: { kinds: ['time', 'date'], called: 'a time' },
  duration: { kinds: ['duration'], called: 'a length of time' },
  list: { kinds: ['number'], called: 'a number of items' },
  map: { kinds: ['number'], called: 'a number of entries' },
}

/** How lengths are bounded. */
const SIZES: ReadonlySet<string> = new Set(['least', 'most', 'between'])

export function checkConstraints(field: FieldNode, report: Report): void {
  const type = field.type.kind === 'nullable' ? field.type.of : field.type
  let low = Number.NEGATIVE_INFINITY
  let high = Number.POSITIVE_INFINITY
  for (const constraint of field.constraints) {
    if (constraint.kind === 'optional' || type.kind === 'broken') continue
    if (constraint.kind === 'unique' || constraint.kind === 'distinct' || constraint.kind === 'plain') {
      const wanted = constraint.kind === 'plain' ? 'text' : 'list'
      if (type.kind !== wanted)
        report.add('P0211', constraint.span, `this is for a ${wanted}, \`${field.name.name}\` is none`)
      continue
    }
    if (constraint.kind === 'default') {
      checkDefault(constraint.value, type, field, report)
      continue
    }
    const values = constraint.kind === 'between' ? [constraint.low, constraint.high] : [constraint.value]
    const bounded = BOUNDED_BY[type.kind]
    const sized = type.kind === 'text' || type.kind === 'list' || type.kind === 'map'
    if (bounded === undefined || (sized && !SIZES.has(constraint.kind))) {
      report.add(
        'P0211',
        constraint.span,
        `this constraint does not fit the type of \`${field.name.name}\``,
        sized ? 'Lengths are bounded by `at least`, `at most` and `from … to …`.' : undefined,
      )
      continue
    }
    for (const value of values) {
      if (value.kind === 'broken') continue
      checkLiteral(value, report)
      if (!bounded.kinds.includes(value.kind)) {
        report.add('P0211', value.span, `\`${field.name.name}\` is bounded by ${bounded.called}`)
      } else if (
        value.kind === 'money' &&
        type.kind === 'money' &&
        value.currency.name !== type.currency?.name &&
        type.others?.some((other) => other.name === value.currency.name) !== true
      ) {
        report.add(
          'P0203',
          value.span,
          `\`${field.name.name}\` is in ${type.currency?.name}, its bound is in ${value.currency.name}`,
          'Write the bound in the same currency.',
        )
      } else if (value.kind === 'number' && type.kind === 'number' && value.unit !== undefined) {
        if (type.unit === undefined || !sameDimension(value.unit.name, type.unit.name))
          report.add('P0221', value.span, `\`${field.name.name}\` is not measured in ${value.unit.name}`)
      }
    }
    // Bounds in several currencies say nothing of each other.
    if (type.kind === 'money' && type.others !== undefined) continue
    const unit = type.kind === 'number' ? type.unit?.name : undefined
    const numbers = values.map((value) => plainValue(value, unit))
    if (constraint.kind === 'between') [low, high] = [Math.max(low, numbers[0]!), Math.min(high, numbers[1]!)]
    else if (constraint.kind === 'least' || constraint.kind === 'over' || constraint.kind === 'after')
      low = Math.max(low, numbers[0]!)
    else high = Math.min(high, numbers[0]!)
  }
  if (low > high)
    report.add(
      'P0212',
      field.span,
      `no value of \`${field.name.name}\` satisfies both bounds`,
      'Exchange them, or drop one.',
    )
}

/** A default is a plain value of the field's type; it is judged like any other when it is filled in. */
function checkDefault(value: Expr, type: TypeExpr, field: FieldNode, report: Report): void {
  checkLiteral(value, report)
  const fits =
    type.kind === 'choice'
      ? value.kind === 'text' && type.options.some((option) => option.value === value.value)
      : type.kind === value.kind ||
        (type.kind === 'constant' && type.value.kind === value.kind) ||
        value.kind === 'broken'
  const money = type.kind === 'money' && value.kind === 'money' ? type : undefined
  if (
    !fits ||
    (money !== undefined && money.currency?.name !== (value as { currency?: Ident }).currency?.name)
  )
    report.add('P0216', value.span, `this is no value of \`${field.name.name}\``)
  else if (value.kind === 'number' && value.unit !== undefined && type.kind === 'number') {
    if (type.unit === undefined || !sameDimension(value.unit.name, type.unit.name))
      report.add('P0221', value.span, `\`${field.name.name}\` is not measured in ${value.unit.name}`)
  }
}

function plainValue(value: Expr, unit: string | undefined): number {
  if (value.kind === 'number' && value.unit !== undefined && unit !== undefined)
    return convert(value.value, value.unit.name, unit)
  if (value.kind === 'number') return value.value
  if (value.kind === 'money') return value.value / 1_000_000
  if (value.kind === 'duration' || value.kind === 'date' || value.kind === 'time') return value.value
  return Number.NaN
}

/** Currencies that exist, days and moments that exist. */
export function checkLiteral(value: Expr, report: Report): void {
  if (value.kind === 'money') checkCurrency(value.currency.name, value.currency.span, report)
  if ((value.kind === 'date' || value.kind === 'time') && Number.isNaN(value.value)) {
    const offset = value.kind === 'time' && !/(?:Z|[+-]\d{2}:\d{2})$/.test(value.written)
    report.add(
      'P0008',
      value.span,
      offset ? `\`${value.written}\` has no offset` : `there is no ${value.kind} \`${value.written}\``,
      offset ? `Write \`${value.written}Z\`, or an offset such as \`-05:00\`.` : undefined,
    )
  }
}
