/** Conditions taken apart into what `and` and `or` join, and whether each was seen to hold and to fail. */
import type { Expr, Span } from '../plan/plan.ts'

export interface Seen {
  readonly holds: boolean
  readonly fails: boolean
}

export interface OperandCoverage extends Seen {
  /** Into the policy text; of a fact it lies in the fact's declaration. */
  readonly span: Span
}

export class Operands {
  readonly #seen: ReadonlyMap<string, { readonly span: Span; holds: boolean; fails: boolean }>

  constructor(conditions: readonly Expr[]) {
    const spans = conditions.flatMap(operandsOf).map(({ span }) => span)
    this.#seen = new Map(spans.map((span) => [keyOf(...span), { span, holds: false, fails: false }]))
  }

  /** Sub-expressions in reading order; undefined: no truth value, or unknown. */
  note(parts: readonly { readonly span: Span; readonly value: boolean | undefined }[]): void {
    parts.forEach(({ span, value }, index) => {
      const before = parts[index - 1]?.span
      // `is not one of` is a negation of the same words: the outer value is the one that is read there.
      if (before?.[0] === span[0] && before[1] === span[1]) return
      const operand = this.#seen.get(keyOf(...span))
      if (operand === undefined || value === undefined) return
      if (value) operand.holds = true
      else operand.fails = true
    })
  }

  /** In the text's order. */
  report(): OperandCoverage[] {
    return Array.from(this.#seen.values(), (operand) => ({ ...operand }))
  }
}

const keyOf = (start: number, end: number): string => `${start}:${end}`

/** What `and` and `or` join, through negations and into what is asked of a list's items. */
function operandsOf(expr: Expr): Expr[] {
  switch (expr.op) {
    case 'and':
    case 'or':
      // `is between` is two comparisons of the same words, and one to the reader.
      return expr.of.some((one) => sameSpan(one, expr) || outside(one, expr))
        ? [expr]
        : expr.of.flatMap(operandsOf)
    case 'not': {
      const inner = operandsOf(expr.of)
      return inner.length > 1 && !sameSpan(expr, expr.of) ? inner : [expr]
    }
    case 'some':
    case 'every':
    case 'count': {
      const inner = expr.where === undefined ? [] : operandsOf(expr.where)
      return inner.length > 1 ? [expr, ...inner] : [expr]
    }
    default:
      return [expr]
  }
}

function sameSpan(a: Expr, b: Expr): boolean {
  return a.span[0] === b.span[0] && a.span[1] === b.span[1]
}

/** Not written where it stands: the compiler added it. */
function outside(inner: Expr, outer: Expr): boolean {
  return inner.span[0] === inner.span[1] && outer.span[0] !== outer.span[1]
}
