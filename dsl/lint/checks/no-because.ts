/** Rules and consistencies that give no reason. */
import type { Check, Finding } from '../subject.ts'

export const noBecause: Check = {
  code: 'L0008',
  find: ({ rules, consistencies }) =>
    [...rules, ...consistencies].flatMap(({ name, nameSpan, notes }): Finding[] => {
      if (notes.because !== undefined) return []
      return [
        {
          span: nameSpan,
          message: `"${name}" does not say why`,
          help: 'Name where it comes from: `because "Refund manual 3.2"`.',
        },
      ]
    }),
}
