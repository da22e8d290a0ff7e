/**
 * Two that go together or exclude each other, in whatever order: `X requires Y`, `X and Y only together`,
 * `not both X and Y`, `either X or else Y`. State: `[x, y]`, which of them there has been.
 */
import type { Consistency, ConsistencyForm } from '../../plan/plan.ts'
import type { Json } from '../step.ts'
import { letter, type Machine, opening } from './tracked.ts'

export function createPair(
  consistency: Consistency,
  { how, what, other, same }: ConsistencyForm & { kind: 'pair' },
): Machine {
  const seenOf = (state: Json | undefined): [boolean, boolean] =>
    Array.isArray(state) ? [state[0] === 1, state[1] === 1] : [false, false]
  const excludes = how === 'apart' || how === 'either'
  // What may have been an X owes or excludes a Y; what may have been a Y excludes an X and meets nothing.
  const doubtX = how === 'either' ? 'unknown' : true
  const doubtY = how === 'apart' ? true : how === 'requires' ? false : 'unknown'
  return {
    letters: [
      letter(what, { kept: true, doubt: doubtX, side: same.map((key) => key.here) }),
      letter(other, { kept: how !== 'requires', doubt: doubtY, side: same.map((key) => key.there) }),
      ...(how === 'either' ? opening(consistency) : []),
    ],
    check(state, _step, [isX, isY]) {
      if (!excludes) return undefined
      const [x, y] = seenOf(state)
      if (isX !== false && (y || isY === true))
        return { letter: 0, found: `there has been ${other.shown}, which excludes it` }
      if (isY !== false && (x || isX === true))
        return { letter: 1, found: `there has been ${what.shown}, which excludes it` }
      return undefined
    },
    next(state, _step, [isX, isY]) {
      const [x, y] = seenOf(state)
      return [x || isX === true ? 1 : 0, y || isY === true ? 1 : 0]
    },
    ...(how !== 'apart' && {
      owing(state: Json | undefined) {
        const [x, y] = seenOf(state)
        if (how === 'either')
          return x || y ? undefined : `neither ${what.shown} nor ${other.shown} has happened`
        if (x && !y) return `there was ${what.shown} and no ${other.shown}`
        return how === 'together' && y && !x ? `there was ${other.shown} and no ${what.shown}` : undefined
      },
    }),
    describe(state) {
      const [x, y] = seenOf(state)
      return `${x ? '' : 'no '}${what.shown}, ${y ? '' : 'no '}${other.shown}`
    },
  }
}
