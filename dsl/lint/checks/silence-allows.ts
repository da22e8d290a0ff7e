/** Questions whose lapse lets the step through. */
import { asksOf } from '../asks.ts'
import type { Check, Finding } from '../subject.ts'

export const silenceAllows: Check = {
  code: 'L0017',
  find: (subject) =>
    asksOf(subject).flatMap(({ by, ask, node }): Finding[] => {
      if (ask.otherwise !== 'allow') return []
      return [
        {
          span: node.span,
          message: `if \`${ask.who}\` does not answer, "${by.name}" lets the step through`,
          help: 'Write `otherwise deny`, or say in a comment why silence is consent.',
        },
      ]
    }),
}
