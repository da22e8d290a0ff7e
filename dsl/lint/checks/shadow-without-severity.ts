/** Rules on trial whose findings cannot be ordered. */
import type { Check, Finding } from '../subject.ts'

export const shadowWithoutSeverity: Check = {
  code: 'L0011',
  find: ({ rules, consistencies }) =>
    [...rules, ...consistencies].flatMap(({ name, nameSpan, notes }): Finding[] => {
      if (notes.shadow !== true || notes.severity !== undefined) return []
      return [
        {
          span: nameSpan,
          message: `"${name}" is in \`mode shadow\` and does not say how severe it is`,
          help: 'Add `severity low`, `medium`, `high` or `critical`.',
        },
      ]
    }),
}
