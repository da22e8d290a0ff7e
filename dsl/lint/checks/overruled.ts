/** An `allow`, `ask` or repair that a denial answers whenever it speaks. */
import type { Action } from '../../plan/plan.ts'
import { implies } from '../reason/conditions.ts'
import { openPlaces } from '../reason/reach.ts'
import type { Check, Finding } from '../subject.ts'

const SAID = { allow: 'grants', ask: 'asks', set: 'repairs', redact: 'repairs' } as const

export const overruled: Check = {
  code: 'L0005',
  find: ({ rules, ground }) =>
    rules.flatMap((mild): Finding[] => {
      const { kind } = mild.action
      if (mild.shadow || !isMild(kind)) return []
      const places = openPlaces(mild, ground)
      if (places.length === 0) return []
      const winner = rules.find(
        (strong) =>
          !strong.shadow &&
          (strong.action.kind === 'deny' || strong.action.kind === 'quarantine') &&
          strong.rule.onError === 'deny' &&
          places.every((place) =>
            implies(mild.condition, strong.condition, place, { certain: true }, ground),
          ),
      )
      if (winner === undefined) return []
      return [
        {
          span: mild.nameSpan,
          message: `whenever "${mild.name}" ${SAID[kind]}, "${winner.name}" denies: the denial wins`,
          help: 'The order of rules does not matter. Narrow the denial, or take this rule out.',
          related: [{ span: winner.nameSpan, message: 'this one wins' }],
        },
      ]
    }),
}

function isMild(kind: Action['kind']): kind is keyof typeof SAID {
  return kind in SAID
}
