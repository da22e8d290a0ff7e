/** Whether a check can ever speak: at which sorts of step, for certain or at least undecided. */
import type { Action } from '../../plan/plan.ts'
import { type Assumed, type Condition, canBe, type Ground } from './conditions.ts'
import { isAllowed, type Place, permission, placesOf } from './places.ts'

export interface Speaks {
  readonly condition: Condition
  readonly action: Action
  readonly assumed: Assumed
}

/** Steps the pattern lets in that nothing else refuses beforehand. */
export function openPlaces({ condition, action, assumed }: Speaks, ground: Ground): Place[] {
  const { plan } = ground
  const places = placesOf(condition.when, plan)
  // What tells of denied steps is heard for them too.
  if (assumed === 'any') return places
  if (action.kind === 'allow') return places.filter((place) => !permission(place, plan).all)
  return places.filter((place) => isAllowed(place, plan))
}

/** `never`: it is false everywhere. `unknown`: it is nowhere true. */
export function reach(speaks: Speaks, ground: Ground): 'never' | 'unknown' | 'may' {
  const { condition, assumed } = speaks
  const { where } = condition.when
  const places = openPlaces(speaks, ground)
  const some = (certain: boolean): boolean =>
    places.some((place) =>
      canBe([{ expr: where, of: condition, wanted: true, certain }], place, assumed, ground),
    )
  if (some(true)) return 'may'
  return some(false) ? 'unknown' : 'never'
}
