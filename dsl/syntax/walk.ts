/** Walks an expression and everything inside it, in reading order. */
import type { Expr } from './ast.ts'

/** `visit` returns false to leave a node's inside out. */
export function walk(expr: Expr, visit: (node: Expr) => boolean): void {
  if (visit(expr)) for (const inner of parts(expr)) walk(inner, visit)
}

/** The expressions directly inside another. */
export function parts(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'broken':
    case 'path':
    case 'number':
    case 'money':
    case 'duration':
    case 'date':
    case 'time':
    case 'text':
    case 'flag':
    case 'today':
      return []
    case 'apart':
      return [expr.of, expr.by, expr.from]
    case 'list':
      return expr.items
    case 'record':
      return expr.entries.map((entry) => entry.value)
    case 'group':
    case 'not':
    case 'present':
    case 'length':
    case 'keys':
    case 'day':
    case 'weekday':
    case 'hour':
    case 'clock':
    case 'onDays':
    case 'matches':
    case 'like':
      return [expr.of]
    case 'and':
    case 'or':
      return expr.of
    case 'compare':
    case 'same':
    case 'arith':
      return [expr.left, expr.right]
    case 'between':
      return [expr.of, expr.low, expr.high]
    case 'hasRole':
      return [expr.of, ...expr.roles]
    case 'oneOf':
      return [expr.of, ...expr.items]
    case 'in':
      return [expr.of, expr.list]
    case 'textTest':
      return [expr.of, ...expr.any]
    case 'count':
      return expr.where === undefined ? [expr.list] : [expr.list, expr.where]
    case 'quantified':
      return [expr.list, expr.has]
    case 'total':
      return [expr.of, expr.list]
    case 'lookup':
      return expr.keys
    case 'scored':
      return expr.over === undefined ? [expr.of] : [expr.of, expr.over]
    case 'meaning':
      return expr.over === undefined ? [expr.of, ...expr.to] : [expr.of, ...expr.to, expr.over]
  }
}
