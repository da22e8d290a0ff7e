/** Which units go together, and what comes of it. */
import type { Type } from '../plan/plan.ts'
import type { Expr } from '../syntax/ast.ts'
import { checkUnits } from './comparisons.ts'
import { ANYTHING } from './model.ts'
import { showType } from './type-text.ts'
import type { Typing } from './typing.ts'
import { sameDimension } from './units.ts'

const NUMBER: Type = { kind: 'number' }
const DURATION: Type = { kind: 'duration' }

export function arithType(
  expr: Extract<Expr, { kind: 'arith' }>,
  left: Type,
  right: Type,
  typing: Typing,
): Type {
  const { fn } = expr
  if (left.kind === 'anything' && right.kind === 'anything') return ANYTHING
  const known = left.kind === 'anything' ? right : left
  if (left.kind === 'anything' || right.kind === 'anything') {
    const unknown = left.kind === 'anything' ? expr.left : expr.right
    if (fn === '+' || fn === '-' || fn === 'smaller' || fn === 'larger') typing.types.set(unknown, known)
    else typing.types.set(unknown, NUMBER)
    // With a time or a length of time either may come of it: what it is compared with says which.
    const either = ['time', 'date', 'duration'].includes(known.kind) && (fn === '+' || fn === '-')
    return either ? ANYTHING : known
  }
  const pair = `${left.kind} ${fn} ${right.kind}`
  const sameUnit = left.kind === right.kind
  if (left.kind === 'money' && right.kind === 'money' && left.currency !== right.currency) {
    typing.report.add(
      'P0203',
      expr.span,
      `this joins ${left.currency} with ${right.currency}`,
      'Keep to one currency; a policy has no exchange rate.',
    )
    return ANYTHING
  }
  if (left.kind === 'number' && right.kind === 'number') return numberType(expr, left, right, typing)
  if (
    (fn === '+' || fn === '-') &&
    sameUnit &&
    (left.kind === 'number' || left.kind === 'money' || left.kind === 'duration')
  )
    return left
  if (fn === '-' && sameUnit && (left.kind === 'time' || left.kind === 'date')) return DURATION
  if (
    (left.kind === 'time' || left.kind === 'date') &&
    right.kind === 'duration' &&
    (fn === '+' || fn === '-')
  )
    return left
  if ((right.kind === 'time' || right.kind === 'date') && left.kind === 'duration' && fn === '+') return right
  if (fn === '*' && right.kind === 'number' && ['number', 'money', 'duration'].includes(left.kind))
    return left
  if (fn === '*' && left.kind === 'number' && ['money', 'duration'].includes(right.kind)) return right
  if (fn === '/' && right.kind === 'number' && ['number', 'money', 'duration'].includes(left.kind))
    return left
  if (fn === '/' && sameUnit && (left.kind === 'money' || left.kind === 'duration')) return NUMBER
  if (
    (fn === 'smaller' || fn === 'larger') &&
    sameUnit &&
    ['number', 'money', 'duration', 'date', 'time'].includes(left.kind)
  )
    return left
  if (
    (pair.startsWith('money') && pair.endsWith('number')) ||
    (pair.startsWith('number') && pair.endsWith('money'))
  ) {
    typing.report.add(
      'P0202',
      expr.span,
      'this joins money with a plain number',
      'Give the number its currency, such as `5 USD`.',
    )
  } else {
    typing.report.add(
      'P0205',
      expr.span,
      `${showType(left)} \`${fn}\` ${showType(right)} means nothing`,
      help(left, right),
    )
  }
  return ANYTHING
}

/** Units go through sums, and cancel in a quotient of two. */
function numberType(
  expr: Extract<Expr, { kind: 'arith' }>,
  left: Type & { kind: 'number' },
  right: Type & { kind: 'number' },
  typing: Typing,
): Type {
  const { fn } = expr
  if (fn === '*' || fn === '/') {
    if (right.unit === undefined) return left
    if (fn === '*' && left.unit === undefined) return right
    if (fn === '/' && left.unit !== undefined && sameDimension(left.unit, right.unit)) return NUMBER
    typing.report.add(
      'P0221',
      expr.span,
      `${showType(left)} \`${fn}\` ${showType(right)} has no unit this language knows`,
    )
    return ANYTHING
  }
  checkUnits(left.unit, right.unit, expr.left, expr.right, typing.report)
  return left
}

function help(left: Type, right: Type): string | undefined {
  const kinds = [left.kind, right.kind]
  if (kinds.includes('time') && kinds.includes('date'))
    return 'Take the day of the time first: `day of … in "ZONE"`.'
  if (kinds.includes('list'))
    return 'Count a list with `count of …`, or add it up with `total of x.field for x in …`.'
  if (kinds.includes('duration') && kinds.includes('number'))
    return 'Give the number a unit, such as `2 hours`.'
  return undefined
}
