/** Approvals that the one who needs them gives. */
import { asksOf } from '../asks.ts'
import { openPlaces } from '../reason/reach.ts'
import type { Check, Finding } from '../subject.ts'

export const asksItself: Check = {
  code: 'L0012',
  find: (subject) =>
    asksOf(subject).flatMap(({ by, ask, node }): Finding[] => {
      if (!openPlaces(by, subject.ground).some((place) => place.agent === ask.who)) return []
      return [
        {
          span: node.who.span,
          message: `"${by.name}" may ask \`${ask.who}\` about a step of its own`,
          help: 'Ask someone else, or leave this agent out of `when`.',
        },
      ]
    }),
}
