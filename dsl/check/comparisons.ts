/** What may be compared with what: one type, one unit, one currency, an option that exists. */
import type { Report } from '../diagnostic.ts'
import type { Type } from '../plan/plan.ts'
import type { Comparison, Expr } from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { ANYTHING } from './model.ts'
import { showType } from './type-text.ts'
import { sameDimension } from './units.ts'

export interface Comparing {
  readonly types: Map<Expr, Type>
  readonly report: Report
}

/** Both sides have been typed. A side of type `anything` is read as the other one's type. */
export function checkComparison(cmp: Comparison, left: Expr, right: Expr, comparing: Comparing): void {
  const { types, report } = comparing
  const a = types.get(left) ?? ANYTHING
  const b = types.get(right) ?? ANYTHING
  if (a.kind === 'anything' || b.kind === 'anything') {
    if (b.kind === 'anything' && a.kind !== 'anything') types.set(right, a)
    else if (a.kind === 'anything' && b.kind !== 'anything') types.set(left, b)
    return
  }
  const ordered = cmp !== '==' && cmp !== '!='
  if (a.kind === 'choice' && right.kind === 'text' && !ordered)
    return checkOption(right, a.options, comparing)
  if (b.kind === 'choice' && left.kind === 'text' && !ordered) return checkOption(left, b.options, comparing)
  const texts = (type: Type): boolean => type.kind === 'text' || type.kind === 'choice'
  if (texts(a) && texts(b)) {
    if (ordered)
      report.add(
        'P0201',
        right.span,
        'text has no order',
        'Compare numbers, money, dates or times; for text use `is`, `contains`, `starts with`.',
      )
    return
  }
  if (a.kind === 'number' && b.kind === 'number') return checkUnits(a.unit, b.unit, left, right, report)
  if (a.kind === 'money' && b.kind === 'money') {
    if (a.also !== undefined && b.also === undefined && a.also.includes(b.currency))
      return readAs(left, { kind: 'money', currency: b.currency }, types)
    if (b.also !== undefined && a.also === undefined && b.also.includes(a.currency))
      return readAs(right, { kind: 'money', currency: a.currency }, types)
    if (a.also !== undefined && b.also !== undefined)
      report.add(
        'P0203',
        right.span,
        'both sides may be in several currencies',
        'Compare each with an amount of its own currency.',
      )
    else if (a.currency !== b.currency)
      report.add(
        'P0203',
        right.span,
        `this compares ${a.currency} with ${b.currency}`,
        `Write the amount in ${a.currency}; a policy has no exchange rate.`,
      )
    return
  }
  const kinds = [a.kind, b.kind]
  if (kinds.includes('money') && kinds.includes('number')) {
    const currency = a.kind === 'money' ? a.currency : b.kind === 'money' ? b.currency : 'USD'
    const plain = a.kind === 'number' ? left : right
    const example = plain.kind === 'number' ? `${plain.value} ${currency}` : `100 ${currency}`
    report.add(
      'P0202',
      plain.span,
      'this compares money with a plain number',
      `Give it a currency: \`${example}\`.`,
    )
    return
  }
  if (a.kind === b.kind && (a.kind === 'date' || a.kind === 'time' || a.kind === 'duration')) return
  if (a.kind === 'flag' && b.kind === 'flag') {
    if (ordered) report.add('P0201', right.span, 'yes and no have no order', 'Use `is`.')
    return
  }
  report.add(
    'P0201',
    right.span,
    `${showType(a)} cannot be compared with ${showType(b)}`,
    helpFor(a, b, right),
  )
}

/** A field in several currencies is read in the one it is compared with; in another one it is unknown. */
function readAs(of: Expr, type: Type, types: Map<Expr, Type>): void {
  types.set(of, type)
  if (of.kind === 'group') readAs(of.of, type, types)
}

export function checkUnits(
  a: string | undefined,
  b: string | undefined,
  left: Expr,
  right: Expr,
  report: Report,
): void {
  if (a === b || (a !== undefined && b !== undefined && sameDimension(a, b))) return
  const plain = a === undefined ? left : right
  if (a === undefined || b === undefined)
    report.add(
      'P0221',
      plain.span,
      `this number has no unit, the other side is in ${a ?? b}`,
      plain.kind === 'number'
        ? `Write \`${plain.value} ${a ?? b}\`.`
        : `Declare it as \`number in ${a ?? b}\`.`,
    )
  else report.add('P0221', right.span, `${a} and ${b} measure different things`)
}

function helpFor(a: Type, b: Type, right: Expr): string | undefined {
  const kinds = [a.kind, b.kind]
  if (kinds.includes('date') && kinds.includes('time'))
    return 'Take the day of the time: `day of … in "ZONE"`.'
  if (kinds.includes('duration') && kinds.includes('number'))
    return 'Give the number a unit, such as `24 hours`.'
  if (kinds.includes('list') && kinds.includes('number')) return 'Count it: `count of …`.'
  if (kinds.includes('flag') && right.kind === 'text') return 'Write `yes` or `no` without quotes.'
  if (kinds.includes('list')) return 'For lists: `is in`, `some x in … has (…)`, `is the same as`.'
  if (kinds.includes('text') && right.kind !== 'text') return 'Text is written in double quotes.'
  return undefined
}

export function checkOption(literal: Expr, options: readonly string[], comparing: Comparing): void {
  if (literal.kind !== 'text' || options.includes(literal.value)) return
  const close = nearest(literal.value, options)
  const listed = options
    .slice(0, 6)
    .map((option) => `"${option}"`)
    .join(', ')
  comparing.report.add(
    'P0204',
    literal.span,
    `\`${literal.value}\` is not one of the options`,
    close === undefined ? `Options: ${listed}.` : `Did you mean "${close}"?`,
  )
}
