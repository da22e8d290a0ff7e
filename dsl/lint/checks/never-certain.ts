/** A rule whose condition can at most be undecided. */
import { reach } from '../reason/reach.ts'
import type { Check, Finding } from '../subject.ts'

const TAKEN = { deny: 'denies', allow: 'lets pass', warn: 'warns of' } as const

export const neverCertain: Check = {
  code: 'L0016',
  find: ({ rules, ground }) =>
    rules.flatMap((one): Finding[] => {
      const { where } = one.condition.when
      if (where === undefined || reach(one, ground) !== 'unknown') return []
      return [
        {
          span: one.nameSpan,
          message: `the condition of "${one.name}" never holds; where it cannot be decided, the rule ${TAKEN[one.rule.onError]} the step`,
          help: 'If missing fields are what you mean, ask for them: `… is missing`.',
          related: [{ span: where.span, message: 'no step can meet this' }],
        },
      ]
    }),
}
