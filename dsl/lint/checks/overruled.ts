/** An `allow`, `ask` or repair that a denial answers whenever it speaks. */
import type { Action } from '../../plan/plan.ts'
import { implies } from '../reason/conditions.ts'
import { openPlaces, reach } from '../reason/reach.ts'
import type { Check, ConsistencySubject, Finding, RuleSubject, Subject } from '../subject.ts'

const SAID = {
  allow: 'grants',
  ask: 'asks',
  set: 'repairs',
  redact: 'repairs',
  trim: 'repairs',
  route: 'reroutes',
  fallBack: 'falls back',
  retry: 'gives another attempt',
} as const

export const overruled: Check = {
  code: 'L0005',
  find: (subject) =>
    subject.rules.flatMap((mild): Finding[] => {
      const { kind } = mild.action
      const { ground } = subject
      if (mild.shadow || !isMild(kind) || reach(mild, ground) !== 'may') return []
      const places = openPlaces(mild, ground)
      const winner = denials(subject).find((strong) =>
        places.every((place) => implies(mild.condition, strong.condition, place, { certain: true }, ground)),
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

/** What denies whenever its condition holds or cannot be decided: rules, and consistencies that say `never`. */
function denials({ rules, consistencies }: Subject): (RuleSubject | ConsistencySubject)[] {
  const never = consistencies.filter(
    ({ consistency: { form, forEach, during } }) =>
      form.kind === 'atMost' && form.times === 0 && forEach.length === 0 && during === undefined,
  )
  return [
    ...rules.filter(({ rule }) => rule.onError === 'deny'),
    ...never.filter(({ consistency }) => consistency.onError === 'deny'),
  ].filter(({ shadow, action }) => !shadow && (action.kind === 'deny' || action.kind === 'quarantine'))
}

function isMild(kind: Action['kind']): kind is keyof typeof SAID {
  return kind in SAID
}
