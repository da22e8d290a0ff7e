/**
 * What must have come earlier, beyond the plain `needs`: a chain, one for each, or by several people. A step that may have
 * been an earlier one is no ground to permit anything.
 */
import type { Consistency, ConsistencyForm, JoinKey } from '../../plan/plan.ts'
import { comesFirst } from '../next.ts'
import { duration } from '../show.ts'
import type { Json, Step } from '../step.ts'
import { letter, type Machine } from './tracked.ts'

const joinsOf = ({ forEach }: Consistency, same: readonly JoinKey[]): readonly JoinKey[] => [
  ...forEach.map((path) => ({ here: path, there: path })),
  ...same,
]
const here = (same: readonly JoinKey[]) => same.map((key) => key.here)
const there = (same: readonly JoinKey[]) => same.map((key) => key.there)

/** State: for each length of chain begun, the latest time at which one of that length began, or null. */
export function createNeedsChain(
  consistency: Consistency,
  form: ConsistencyForm & { kind: 'needsChain' },
): Machine {
  const { what, chain, withinMs, same } = form
  const shown = chain.map((pattern) => pattern.shown).join(', then ')
  const startsOf = (state: Json | undefined): Json[] => (Array.isArray(state) ? state : chain.map(() => null))
  return {
    letters: [
      letter(what, { kept: true, side: here(same) }),
      ...chain.map((pattern) => letter(pattern, { side: there(same) })),
    ],
    check(state, step, [isWhat]) {
      if (isWhat === false) return undefined
      const starts = startsOf(state)
      const start = starts.at(-1)
      if (typeof start === 'number' && (withinMs === undefined || step.at - start <= withinMs))
        return undefined
      const done = starts.findLastIndex((at) => at !== null) + 1
      const missing = chain[Math.min(done, chain.length - 1)]!
      const found =
        typeof start === 'number'
          ? `the latest ${shown} began ${duration(step.at - start)} ago, over ${duration(withinMs ?? 0)}`
          : `no earlier ${shown}`
      return { letter: 0, found, next: comesFirst(missing, joinsOf(consistency, same), step, false) }
    },
    next(state, step, [, ...links]) {
      const starts = startsOf(state).slice()
      // From the far end, so that one step is one link only.
      for (let i = chain.length - 1; i >= 0; i--) {
        const start = i === 0 ? step.at : starts[i - 1]!
        if (links[i] === true && start !== null) starts[i] = start
      }
      return starts.some((start) => start !== null) ? starts : undefined
    },
    ...(withinMs !== undefined && {
      expired: (state: Json, step: Step) =>
        startsOf(state).every((start) => start === null || step.at - Number(start) > withinMs),
    }),
    describe: (state) =>
      `${startsOf(state).findLastIndex((at) => at !== null) + 1} of ${chain.length} steps of ${shown}`,
  }
}

/** State: the time of the latest Y since the last X. */
export function createNeedsEach(
  consistency: Consistency,
  form: ConsistencyForm & { kind: 'needsEach' },
): Machine {
  const { what, earlier, withinMs, same } = form
  const isFresh = (state: Json | undefined, step: Step) =>
    typeof state === 'number' && (withinMs === undefined || step.at - state <= withinMs)
  return {
    letters: [
      letter(what, { kept: true, doubt: true, side: here(same) }),
      letter(earlier, { side: there(same) }),
    ],
    check(state, step, [isWhat]) {
      if (isWhat === false || isFresh(state, step)) return undefined
      return {
        letter: 0,
        found:
          typeof state === 'number'
            ? `the latest ${earlier.shown} is ${duration(step.at - state)} ago, over ${duration(withinMs ?? 0)}`
            : `no ${earlier.shown} since the ${what.shown} before`,
        next: comesFirst(earlier, joinsOf(consistency, same), step, false),
      }
    },
    next: (state, step, [isWhat, isEarlier]) =>
      isEarlier === true ? step.at : isWhat === true ? undefined : state,
    ...(withinMs !== undefined && { expired: (state: Json, step: Step) => !isFresh(state, step) }),
    describe: (state, step) =>
      typeof state === 'number'
        ? `${earlier.shown} ${duration(step.at - state)} ago`
        : `no ${earlier.shown} since the ${what.shown} before`,
  }
}

/** State: the latest Y of each of the latest distinct actors, `[at, actor, …]`, newest first. */
export function createQuorum(consistency: Consistency, form: ConsistencyForm & { kind: 'quorum' }): Machine {
  const { what, earlier, people, bySomeoneElse, withinMs, same } = form
  // One more than needed: whoever takes the X may be among them.
  const kept = 2 * (people + (bySomeoneElse ? 1 : 0))
  const countOf = (state: Json | undefined, step: Step): number => {
    if (!Array.isArray(state)) return 0
    let count = 0
    for (let i = 0; i < state.length; i += 2) {
      if (withinMs !== undefined && step.at - Number(state[i]) > withinMs) continue
      if (!bySomeoneElse || state[i + 1] !== step.actor) count++
    }
    return count
  }
  return {
    letters: [letter(what, { kept: true, side: here(same) }), letter(earlier, { side: there(same) })],
    check(state, step, [isWhat]) {
      const count = countOf(state, step)
      if (isWhat === false || count >= people) return undefined
      const who = bySomeoneElse ? 'other people' : 'different people'
      return {
        letter: 0,
        found: `${earlier.shown} by ${count} ${who}, needed by ${people}`,
        next: comesFirst(earlier, joinsOf(consistency, same), step, true),
      }
    },
    next(state, step, [, isEarlier]) {
      const before = Array.isArray(state) ? state : []
      if (isEarlier !== true) return state
      const own = before.findIndex((value, i) => i % 2 === 1 && value === step.actor)
      const others = own < 0 ? before : before.filter((_, i) => i !== own && i !== own - 1)
      return [step.at, step.actor, ...others].slice(0, kept)
    },
    ...(withinMs !== undefined && {
      expired: (state: Json, step: Step) => Array.isArray(state) && step.at - Number(state[0]) > withinMs,
    }),
    describe: (state, step) => `${earlier.shown} by ${countOf(state, step)} of ${people}`,
  }
}
