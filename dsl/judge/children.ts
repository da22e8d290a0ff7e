import type { Expr } from '../plan/plan.ts'

/** The expressions directly inside one, in reading order. */
export function children(expr: Expr): readonly Expr[] {
  switch (expr.op) {
    case 'literal':
    case 'field':
    case 'meta':
    case 'variable':
    case 'binding':
    case 'local':
      return []
    case 'list':
      return expr.items
    case 'get':
    case 'not':
    case 'present':
    case 'length':
    case 'keys':
    case 'day':
    case 'wall':
      return [expr.of]
    case 'and':
    case 'or':
      return expr.of
    case 'compare':
    case 'same':
    case 'arith':
      return [expr.left, expr.right]
    case 'default':
      return [expr.of, expr.to]
    case 'in':
      return [expr.item, expr.list]
    case 'text':
      return [expr.subject, ...expr.any]
    case 'score':
      return expr.to === undefined ? [expr.subject] : [expr.subject, expr.to]
    case 'matches':
    case 'detects':
      return [expr.subject]
    case 'count':
      return expr.where === undefined ? [expr.list] : [expr.list, expr.where]
    case 'some':
    case 'every':
      return [expr.list, expr.where]
    case 'total':
      return [expr.list, expr.of]
    case 'lookup':
      return expr.keys
  }
}
