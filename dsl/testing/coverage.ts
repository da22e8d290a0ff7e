/**
 * What the tests have seen of a policy: each check speaking and silent on a step it applies to, and each operand of its `and`s and
 * `or`s holding and not. Only judged steps count: what is given is let through without a verdict, so nothing is asserted of it.
 */
import type { Explanation } from '../judge/judge.ts'
import type { Expr, Meta, Plan, Span } from '../plan/plan.ts'

export interface Seen {
  readonly holds: boolean
  readonly fails: boolean
}

export interface OperandCoverage extends Seen {
  /** Into the policy text; of a fact it lies in the fact's declaration. */
  readonly span: Span
}

export interface CheckCoverage {
  readonly check: string
  readonly line: number
  /** The library it comes from; its conditions are for the tests of the library. */
  readonly library?: string
  readonly fired: boolean
  /** It applied to a judged step and had nothing to say. */
  readonly quiet: boolean
  /** In the text's order; a condition without `and` and `or` is its own single operand. */
  readonly operands: readonly OperandCoverage[]
}

interface Tally {
  readonly check: Pick<Meta, 'name' | 'line' | 'library'>
  readonly operands: ReadonlyMap<string, { readonly span: Span; holds: boolean; fails: boolean }>
  fired: boolean
  quiet: boolean
}

export class Coverage {
  private readonly tallies: readonly Tally[]

  constructor(plan: Plan) {
    const tally = (check: Tally['check'], condition?: Expr): Tally => {
      const spans =
        condition === undefined || check.library !== undefined
          ? []
          : operandsOf(condition).map(({ span }) => span)
      const operands = spans.map((span) => [keyOf(...span), { span, holds: false, fails: false }] as const)
      return { check, operands: new Map(operands), fired: false, quiet: false }
    }
    this.tallies = [
      ...plan.rules.map((rule) => tally(rule, rule.when.where)),
      ...plan.consistencies.map((consistency) => tally(consistency)),
      ...plan.flows.map((flow) => tally(flow)),
    ]
  }

  see({ verdict, checks }: Explanation): void {
    for (const tally of this.tallies) {
      const { name, line } = tally.check
      if (verdict.reasons.some((reason) => reason.check === name && reason.at.line === line))
        tally.fired = true
      for (const trace of checks) {
        if (trace.check !== name || trace.line !== line) continue
        if (trace.outcome === 'fired') tally.fired = true
        if (trace.outcome === 'quiet') tally.quiet = true
        trace.parts.forEach((part, index) => {
          const before = trace.parts[index - 1]
          // `is not one of` is a negation of the same words: the outer value is the one that is read there.
          if (before?.start === part.start && before.end === part.end) return
          const operand = tally.operands.get(keyOf(part.start, part.end))
          if (operand === undefined) return
          if (part.value === 'yes') operand.holds = true
          if (part.value === 'no') operand.fails = true
        })
      }
    }
  }

  report(): CheckCoverage[] {
    return this.tallies.map(({ check: { name, line, library }, fired, quiet, operands }) => ({
      check: name,
      line,
      ...(library === undefined ? {} : { library }),
      fired,
      quiet,
      operands: Array.from(operands.values(), (operand) => ({ ...operand })),
    }))
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
