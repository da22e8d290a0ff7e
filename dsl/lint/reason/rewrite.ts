/** Expressions made comparable: named values written out, remembered steps named by what they remember, metas filled in. */
import type { Binding, Expr, Rule } from '../../plan/plan.ts'

/** Expressions under one; `depth` of named values used in each other is bounded by their order. */
export function rewrite(expr: Expr, replace: (expr: Expr) => Expr | undefined): Expr {
  const replaced = replace(expr)
  if (replaced !== undefined) return replaced
  const go = (inner: Expr): Expr => rewrite(inner, replace)
  switch (expr.op) {
    case 'literal':
    case 'field':
    case 'meta':
    case 'variable':
    case 'binding':
    case 'local':
      return expr
    case 'list':
      return { ...expr, items: expr.items.map(go) }
    case 'default':
      return { ...expr, of: go(expr.of), to: go(expr.to) }
    case 'get':
    case 'not':
    case 'present':
    case 'length':
    case 'keys':
    case 'day':
    case 'wall':
      return { ...expr, of: go(expr.of) }
    case 'and':
    case 'or':
      return { ...expr, of: expr.of.map(go) }
    case 'compare':
    case 'same':
    case 'arith':
      return { ...expr, left: go(expr.left), right: go(expr.right) }
    case 'in':
      return { ...expr, item: go(expr.item), list: go(expr.list) }
    case 'text':
      return { ...expr, subject: go(expr.subject), any: expr.any.map(go) }
    case 'score':
      return { ...expr, subject: go(expr.subject), ...(expr.to === undefined ? {} : { to: go(expr.to) }) }
    case 'matches':
    case 'detects':
      return { ...expr, subject: go(expr.subject) }
    case 'count':
      return {
        ...expr,
        list: go(expr.list),
        ...(expr.where === undefined ? {} : { where: go(expr.where) }),
      }
    case 'some':
    case 'every':
      return { ...expr, list: go(expr.list), where: go(expr.where) }
    case 'total':
      return { ...expr, list: go(expr.list), of: go(expr.of) }
    case 'lookup':
      return { ...expr, keys: expr.keys.map(go) }
  }
}

/** Prefix of the variable that stands for a remembered step; no name in a policy contains it. */
const REMEMBERED = '\u0000'

/** What earlier steps come to and is never below zero: how many there are, and what a total or a length of time is. */
const COUNTED = `${REMEMBERED}#`
const MEASURED = `${REMEMBERED}+`

function variableOf({ id, tally }: Binding): string {
  switch (tally?.fn) {
    case 'count':
    case 'distinct':
      return COUNTED + id
    case 'total':
    case 'since':
      return MEASURED + id
    default:
      return REMEMBERED + id
  }
}

/** Of a variable: undefined if it may be below zero. */
export function fromZero(name: string): 'whole' | 'any' | undefined {
  return name.startsWith(COUNTED) ? 'whole' : name.startsWith(MEASURED) ? 'any' : undefined
}

/** A rule's condition on its own: two rules that read the same remembered step read the same variable. */
export function standalone(expr: Expr, rule: Pick<Rule, 'bindings' | 'locals'>): Expr {
  return rewrite(expr, (node) => {
    if (node.op === 'local') {
      const local = rule.locals[node.index]
      // Named values may use those before them only, so this ends.
      return local === undefined ? node : standalone(local.value, rule)
    }
    if (node.op !== 'binding') return undefined
    const { span, type } = node
    const binding = rule.bindings[node.index]
    return binding === undefined ? node : { op: 'variable', name: variableOf(binding), span, type }
  })
}

const keys = new WeakMap<Expr, string>()

/** The same text for expressions that mean the same wherever they stand. */
export function keyOf(expr: Expr): string {
  let key = keys.get(expr)
  if (key === undefined) {
    key = JSON.stringify(expr, (name, value: unknown) => (name === 'span' ? undefined : value))
    keys.set(expr, key)
  }
  return key
}
