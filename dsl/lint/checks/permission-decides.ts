/** A rule about steps that `may` lines settle already. */
import { openPlaces } from '../reason/reach.ts'
import type { Check, Finding } from '../subject.ts'

export const permissionDecides: Check = {
  code: 'L0003',
  find: ({ rules, consistencies, ground }) =>
    [...rules, ...consistencies.filter((one) => one.heldBack)].flatMap((one): Finding[] => {
      if (one.condition.when.any.length === 0 || openPlaces(one, ground).length > 0) return []
      const grants = one.action.kind === 'allow'
      return [
        {
          span: one.nameSpan,
          message: grants
            ? `"${one.name}" grants what its agents may do already`
            : `"${one.name}" speaks of steps that no agent may take`,
          help: grants
            ? 'An `allow` only adds to `may`; it does not overrule a denial. Take it out.'
            : `What \`may\` does not list is denied anyway. Take it out, or let an agent do it.`,
        },
      ]
    }),
}
