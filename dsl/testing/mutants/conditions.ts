/** Conditions that are not quite the one that is written. */
import { shown } from '../../judge/show.ts'
import type { Compare, Expr, Span } from '../../plan/plan.ts'
import { type Change, each, eachLeftOut, inside } from './change.ts'
import { shifted } from './numbers.ts'

/** Lists longer than this are taken for data: their items are not left out one by one. */
const ITEMS_MAX = 12

const OTHERS: Readonly<Record<Compare, Compare>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '==': '!=',
  '!=': '==',
}

type Node<Op extends Expr['op']> = Extract<Expr, { readonly op: Op }>

export function otherConditions(expr: Expr): Change<Expr>[] {
  switch (expr.op) {
    case 'and':
    case 'or':
      return joined(expr)
    case 'not':
      return [
        { to: expr.of, span: expr.span, says: 'without its `not`' },
        ...inside(
          otherConditions(expr.of).filter(({ to }) => !(to.op === 'not' && to.of === expr.of)),
          (of): Expr => ({ ...expr, of }),
        ),
      ]
    case 'compare':
      return comparison(expr)
    case 'some':
    case 'every': {
      const op = expr.op === 'some' ? 'every' : 'some'
      return [
        { to: { ...expr, op }, span: expr.span, says: `\`${op}\` in place of \`${expr.op}\`` },
        ...inside(otherConditions(expr.where), (where): Expr => ({ ...expr, where })),
      ]
    }
    case 'in':
      return [negated(expr), ...among(expr)]
    case 'text':
      return [negated(expr), ...inside(fewer(expr.any, expr.span), (any): Expr => ({ ...expr, any }))]
    default:
      return [negated(expr)]
  }
}

function joined(expr: Node<'and' | 'or'>): Change<Expr>[] {
  const parts = inside(each(expr.of, otherConditions), (of): Expr => ({ ...expr, of }))
  // What the compiler joined reads as one condition; its halves are nobody's to leave out.
  if (expr.of.some((one) => isMadeUp(one, expr))) return parts
  const op = expr.op === 'and' ? 'or' : 'and'
  const leftOut = eachLeftOut(
    expr.of,
    () => 'left out',
    ({ span }) => span,
  )
  return [
    { to: { ...expr, op }, span: expr.span, says: `\`${op}\` in place of \`${expr.op}\`` },
    ...inside(leftOut, (of): Expr => (of.length === 1 ? of[0]! : { ...expr, of })),
    ...parts,
  ]
}

/** Stands for the same words as what it is a part of, or for none. */
function isMadeUp({ span }: Expr, whole: Expr): boolean {
  return span[0] === span[1] || (span[0] === whole.span[0] && span[1] === whole.span[1])
}

function comparison(expr: Node<'compare'>): Change<Expr>[] {
  const { cmp, left, right, span } = expr
  const other = OTHERS[cmp]
  return [
    { to: { ...expr, cmp: other }, span, says: `${words(other)} in place of ${words(cmp)}` },
    // `is` in place of `is not` is the opposite already.
    ...(other === '!=' || other === '==' ? [] : [negated(expr)]),
    ...inside(operand(left, span), (to): Expr => ({ ...expr, left: to })),
    ...inside(operand(right, span), (to): Expr => ({ ...expr, right: to })),
  ]
}

const words = (cmp: Compare): string => (cmp === '==' ? '`is`' : cmp === '!=' ? '`is not`' : `\`${cmp}\``)

/** Thresholds, and what is counted. */
function operand(expr: Expr, span: Span): Change<Expr>[] {
  if (expr.op === 'literal' && typeof expr.value === 'number')
    return shifted(expr.value, expr.type).map(({ to, says }) => ({ to: { ...expr, value: to }, span, says }))
  if (expr.op === 'count' && expr.where !== undefined)
    return inside(otherConditions(expr.where), (where): Expr => ({ ...expr, where }))
  return []
}

function among(expr: Node<'in'>): Change<Expr>[] {
  const { list } = expr
  if (list.op !== 'list') return []
  return inside(fewer(list.items, expr.span), (items): Expr => ({ ...expr, list: { ...list, items } }))
}

function fewer(items: readonly Expr[], span: Span): Change<readonly Expr[]>[] {
  if (items.length > ITEMS_MAX) return []
  return eachLeftOut(
    items,
    (item) =>
      item.op === 'literal' ? `without ${JSON.stringify(shown(item.value, item.type))}` : 'one left out',
    () => span,
  )
}

function negated(expr: Expr): Change<Expr> {
  return {
    to: { op: 'not', of: expr, span: expr.span, type: { kind: 'flag' } },
    span: expr.span,
    says: 'the opposite',
  }
}
