/** A part of a rule's condition that what is declared already implies. */
import type { Expr } from '../../plan/plan.ts'
import { canBe } from '../reason/conditions.ts'
import { openPlaces } from '../reason/reach.ts'
import type { Check, Finding } from '../subject.ts'

export const alwaysHolds: Check = {
  code: 'L0002',
  find: ({ rules, ground }) =>
    rules.flatMap((one): Finding[] => {
      const { condition, assumed, name } = one
      const { where } = condition.when
      const places = openPlaces(one, ground)
      if (where === undefined || places.length === 0) return []
      const parts = conjuncts(where)
      const always = parts.filter((part) =>
        places.every(
          (place) =>
            !canBe([{ expr: part, of: condition, wanted: false, certain: false }], place, assumed, ground),
        ),
      )
      if (always.length === parts.length)
        return [
          {
            span: where.span,
            message: `the condition of "${name}" holds for every such step`,
            help: 'Leave it out, or say what you meant to tell apart.',
          },
        ]
      return always.map(({ span }) => ({
        span,
        message: `this part of "${name}" holds for every such step`,
        help: 'Leave it out, or say what you meant to tell apart.',
      }))
    }),
}

/** As written; the guards that narrowing adds share a span with what they guard. */
function conjuncts(where: Expr): readonly Expr[] {
  if (where.op !== 'and') return [where]
  const spans = new Set(where.of.map((part) => part.span.join()))
  return spans.size < where.of.length || spans.has(where.span.join()) ? [where] : where.of
}
