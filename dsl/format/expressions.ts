/** The layout of expressions: a chain of `and`, `or` or sums breaks before each connective, lists after each comma. */
import type { Entry, Expr } from '../syntax/ast.ts'
import { Minus } from '../syntax/tokens.ts'
import { type Doc, group, indent } from './doc.ts'
import type { Tape } from './tape.ts'

export function expression(tape: Tape, expr: Expr): Doc {
  switch (expr.kind) {
    case 'broken':
    case 'path':
    case 'date':
    case 'time':
    case 'text':
    case 'flag':
    case 'today':
      return tape.take(expr.span[1])
    case 'number':
    case 'money':
    case 'duration':
      return [signs(tape), tape.take(expr.span[1])]
    case 'list':
      return list(tape, expr.items, expr.span[1])
    case 'record':
      return record(tape, expr.entries, expr.span[1])
    case 'group':
      return group([tape.next(), indent(2, [chain(tape, expr.of), tape.take(expr.span[1])])])
    case 'not':
      return around(tape, expr, [expr.of])
    case 'and':
    case 'or':
    case 'arith':
      return group(indent(2, chain(tape, expr)))
    case 'compare':
    case 'same':
      return around(tape, expr, [expr.left, expr.right])
    case 'apart':
      return around(tape, expr, [expr.of, expr.by, expr.from])
    case 'between':
      return around(tape, expr, [expr.of, expr.low, expr.high])
    case 'hasRole':
      return [expression(tape, expr.of), wrapped(tape, expr.roles), tape.take(expr.span[1])]
    case 'oneOf':
      return [expression(tape, expr.of), wrapped(tape, expr.items), tape.take(expr.span[1])]
    case 'textTest':
      return [expression(tape, expr.of), wrapped(tape, expr.any), tape.take(expr.span[1])]
    case 'in':
      return around(tape, expr, [expr.of, expr.list])
    case 'present':
    case 'matches':
    case 'like':
    case 'length':
    case 'keys':
    case 'day':
    case 'weekday':
    case 'hour':
    case 'clock':
    case 'onDays':
      return around(tape, expr, [expr.of])
    case 'count':
      return [around(tape, expr.list, [expr.list]), condition(tape, expr.where), tape.take(expr.span[1])]
    case 'quantified':
      return [around(tape, expr.list, [expr.list]), condition(tape, expr.has), tape.take(expr.span[1])]
    case 'total':
      return around(tape, expr, [expr.of, expr.list])
    case 'lookup':
      return around(tape, expr, expr.keys)
    case 'scored':
      return around(tape, expr, expr.over === undefined ? [expr.of] : [expr.of, expr.over])
    case 'meaning': {
      const over = expr.over === undefined ? '' : around(tape, expr.over, [expr.over])
      return [expression(tape, expr.of), wrapped(tape, expr.to), over, tape.take(expr.span[1])]
    }
    default:
      return unplaced(expr)
  }
}

/** The links of a chain, whose lines end or stay with the group around it. */
export function chain(tape: Tape, expr: Expr): Doc {
  if (expr.kind === 'and' || expr.kind === 'or') return linked(tape, expr.of)
  if (expr.kind !== 'arith' || expr.fn === 'smaller' || expr.fn === 'larger') {
    return expr.kind === 'arith' ? around(tape, expr, [expr.left, expr.right]) : expression(tape, expr)
  }
  // `-x` is read as `0 - x`, both at the place of the whole.
  if (expr.left.span[1] >= expr.right.span[0]) return [signs(tape), expression(tape, expr.right)]
  return [chain(tape, expr.left), link(tape, expr.right)]
}

function linked(tape: Tape, links: readonly Expr[]): Doc {
  return links.map((each, index) => (index === 0 ? expression(tape, each) : link(tape, each)))
}

/** A line that may end, the connective, and what it connects. */
export function link(tape: Tape, expr: Expr): Doc {
  return [tape.line(), tape.take(expr.span[0]), expression(tape, expr)]
}

/** Expressions with the words around them on one line, as far as they let it. */
export function around(
  tape: Tape,
  whole: { readonly span: readonly [number, number] },
  parts: readonly Expr[],
): Doc {
  return [parts.map((part) => [tape.take(part.span[0]), expression(tape, part)]), tape.take(whole.span[1])]
}

/** A condition in parentheses of its own: if it is long it starts below them. */
function condition(tape: Tape, of: Expr | undefined): Doc {
  if (of === undefined) return ''
  const open = tape.take(of.span[0])
  return [open, group(indent(2, [tape.line(), expression(tape, of)]))]
}

function signs(tape: Tape): Doc {
  const made: Doc[] = []
  while (tape.peek()?.tokenType === Minus) {
    made.push(tape.next())
    tape.tight()
  }
  return made
}

/** Operands after a comma each. */
function wrapped(tape: Tape, items: readonly Expr[]): Doc {
  const last = items.at(-1)
  if (last === undefined) return ''
  return indent(2, tape.fill(last.span[1], partsOf(tape, items)))
}

function partsOf(tape: Tape, items: readonly Expr[]) {
  return items.map((item) => ({ span: item.span, doc: () => expression(tape, item) }))
}

/** Several records or lists stand below each other, other items as many on a line as fit. */
function list(tape: Tape, items: readonly Expr[], end: number): Doc {
  const open = tape.next()
  const [only] = items
  if (only === undefined) return [open, tape.take(end)]
  if (items.length === 1) return [open, indent(1, expression(tape, only)), tape.take(end)]
  const isLong = items.some((item) => item.kind === 'record' || item.kind === 'list')
  if (!isLong) return [open, indent(1, tape.fill(end, partsOf(tape, items)))]
  const line = tape.line()
  const inside = items.map((item, index) => [
    index === 0 ? '' : [tape.take(item.span[0]), tape.line()],
    expression(tape, item),
  ])
  return group([open, indent(2, [line, inside, tape.beforeClose(false)]), tape.line(), tape.next()])
}

function record(tape: Tape, entries: readonly Entry[], end: number): Doc {
  const open = tape.next()
  const parts = entries.map((each) => ({ span: each.span, doc: () => entry(tape, each) }))
  return [open, indent(2, tape.fill(end, parts))]
}

/** `name = value`. */
export function entry(tape: Tape, of: Pick<Entry, 'value'>): Doc {
  return [tape.take(of.value.span[0]), expression(tape, of.value)]
}

function unplaced(node: never): never {
  throw new Error(`no layout for ${JSON.stringify(node)}`)
}
