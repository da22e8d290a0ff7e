/** A rule or consistency whose condition no step can meet. */
import { openPlaces, reach } from '../reason/reach.ts'
import type { Check, Finding } from '../subject.ts'

export const neverSpeaks: Check = {
  code: 'L0001',
  find: ({ rules, consistencies, ground }) =>
    [...rules, ...consistencies.filter((one) => one.heldBack)].flatMap((one): Finding[] => {
      const open = openPlaces(one, ground)
      // Where permission is all there is to say, L0003 says it.
      if (open.length === 0 && one.condition.when.any.length > 0) return []
      if (reach(one, ground) !== 'never') return []
      const where = one.condition.when.where?.span ?? one.nameSpan
      return [
        {
          span: one.nameSpan,
          message: `"${one.name}" never speaks`,
          help: 'Its condition contradicts itself or what is declared of the step; widen it, or take the check out.',
          related: where === one.nameSpan ? [] : [{ span: where, message: 'no step can meet this' }],
        },
      ]
    }),
}
