/** Characters in compared text that the comparison does not see. */
import { comparesFolded } from '../../judge/operations.ts'
import { plain } from '../../judge/text.ts'
import type { Expr } from '../../plan/plan.ts'
import { expressionsOf } from '../expressions.ts'
import type { Check, Finding } from '../subject.ts'

export const foldedAway: Check = {
  code: 'L0015',
  find({ plan }) {
    const told = new Set<string>()
    return expressionsOf(plan)
      .flatMap(comparedLoosely)
      .flatMap((literal): Finding[] => {
        const { value, span } = literal
        if (typeof value !== 'string' || plain(value) === value) return []
        const key = JSON.stringify([value, span])
        if (told.has(key)) return []
        told.add(key)
        return [
          {
            span,
            message:
              plain(value) === ''
                ? `\`${value}\` holds nothing that is compared`
                : `\`${value}\` is compared as \`${plain(value)}\``,
            help: 'Write it that way, or add `exactly` if the difference matters.',
          },
        ]
      })
  },
}

type Literal = Expr & { op: 'literal' }

function comparedLoosely(expr: Expr): Literal[] {
  if (expr.op === 'text') return expr.exactly ? [] : literals(expr.any)
  if (expr.op === 'compare' && comparesFolded(expr.left.type, expr.right.type))
    return literals([expr.left, expr.right])
  return []
}

function literals(exprs: readonly Expr[]): Literal[] {
  return exprs.filter((expr): expr is Literal => expr.op === 'literal')
}
