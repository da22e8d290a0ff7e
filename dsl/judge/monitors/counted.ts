/**
 * `X at least N times` and `X exactly N times`: existence. Too many are refused at once, too few are known at the end.
 * State: a count, up to N.
 */
import type { Consistency, ConsistencyForm } from '../../plan/plan.ts'
import { times } from '../show.ts'
import type { Json } from '../step.ts'
import { letter, type Machine, opening } from './tracked.ts'

export function createCounted(
  consistency: Consistency,
  { what, times: wanted, kind }: ConsistencyForm & { kind: 'atLeast' | 'exactly' },
): Machine {
  const bound = `${kind === 'exactly' ? 'exactly' : 'at least'} ${times(wanted)}`
  const countOf = (state: Json | undefined): number => (typeof state === 'number' ? state : 0)
  return {
    letters: [
      letter(what, { kept: true, doubt: kind === 'exactly' ? 'unknown' : false }),
      ...opening(consistency),
    ],
    check(state, _step, [isWhat]) {
      if (isWhat === false || kind === 'atLeast' || countOf(state) < wanted) return undefined
      return { letter: 0, found: `${what.shown} has happened ${times(countOf(state))}, ${bound}` }
    },
    next: (state, _step, [isWhat]) => Math.min(wanted, countOf(state) + (isWhat === true ? 1 : 0)),
    owing(state) {
      const count = countOf(state)
      const few = count === 0 ? 'has not happened' : `has happened ${times(count)}`
      return count >= wanted ? undefined : `${what.shown} ${few}, ${bound}`
    },
    describe: (state) => `${times(countOf(state))}, ${bound}`,
  }
}
