/** A denial after one that denies the same steps and more. */
import type { Action } from '../../plan/plan.ts'
import { implies } from '../reason/conditions.ts'
import { openPlaces, reach } from '../reason/reach.ts'
import { sameMeaning } from '../same-meaning.ts'
import type { Check, Finding, RuleSubject, Subject } from '../subject.ts'

export const shadowed: Check = {
  code: 'L0004',
  find: ({ rules, ground }) =>
    rules.flatMap((later, index): Finding[] => {
      if (later.shadow || stopping(later.action) === 0 || reach(later, ground) !== 'may') return []
      const earlier = rules.slice(0, index).find((one) => shadows(one, later, ground))
      if (earlier === undefined) return []
      return [
        {
          span: later.nameSpan,
          message: `"${later.name}" stops nothing that "${earlier.name}" does not stop already`,
          help: 'Take it out, or narrow the earlier rule if this one was to differ from it.',
          related: [{ span: earlier.nameSpan, message: 'this one is enough' }],
        },
      ]
    }),
}

function stopping(action: Action): number {
  return action.kind === 'quarantine' ? 2 : action.kind === 'deny' ? 1 : 0
}

function shadows(earlier: RuleSubject, later: RuleSubject, ground: Subject['ground']): boolean {
  // Undecided, the earlier rule must still deny; a quarantine that cannot be decided only denies.
  if (earlier.shadow || stopping(earlier.action) < stopping(later.action) || earlier.rule.onError !== 'deny')
    return false
  if (later.action.kind === 'quarantine' || sameMeaning(earlier.rule, later.rule)) return false
  const places = openPlaces({ ...later, assumed: 'declared' }, ground)
  return (
    places.length > 0 &&
    places.every((place) => implies(later.condition, earlier.condition, place, { certain: false }, ground))
  )
}
