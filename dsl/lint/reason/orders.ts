/** How pairs of values may stand to each other: less, equal, more. */
import type { Compare, Expr } from '../../plan/plan.ts'
import { keyOf } from './rewrite.ts'

export type Order = '<' | '=' | '>'

const ALLOWED: Readonly<Record<Compare, readonly Order[]>> = {
  '==': ['='],
  '!=': ['<', '>'],
  '<': ['<'],
  '<=': ['<', '='],
  '>': ['>'],
  '>=': ['>', '='],
}
const TURNED: Readonly<Record<Order, Order>> = { '<': '>', '=': '=', '>': '<' }

export interface Pair {
  readonly left: Expr
  readonly right: Expr
  readonly may: Set<Order>
}

export function createOrders() {
  const pairs = new Map<string, Pair>()
  return {
    pairs: (): readonly Pair[] => Array.from(pairs.values()),
    /** False when no order is left. `folded` comparisons of text say nothing about exact ones. */
    restrict(left: Expr, right: Expr, cmp: Compare, folded: boolean): boolean {
      const [a, b] = [keyOf(left), keyOf(right)]
      if (a === b) return ALLOWED[cmp].includes('=')
      const turned = a > b
      const key = JSON.stringify([turned ? b : a, turned ? a : b, folded])
      const pair = pairs.get(key) ?? {
        left: turned ? right : left,
        right: turned ? left : right,
        may: new Set<Order>(['<', '=', '>']),
      }
      const allowed = new Set(ALLOWED[cmp].map((order) => (turned ? TURNED[order] : order)))
      for (const order of pair.may) if (!allowed.has(order)) pair.may.delete(order)
      pairs.set(key, pair)
      return pair.may.size > 0
    },
  }
}
