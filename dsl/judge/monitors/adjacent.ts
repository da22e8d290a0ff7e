/**
 * Neighbours: the steps of the kinds that the constraint names, one directly after the other; steps of other kinds (what
 * came back, what was spent) do not stand between them. Also the first and the last of them.
 */
import type { ConsistencyForm, JoinKey, StepPattern } from '../../plan/plan.ts'
import type { Json, Step, StepKind } from '../step.ts'
import { walk } from '../values.ts'
import { letter, type Machine } from './tracked.ts'

function amongOf(kinds: readonly StepKind[]): StepPattern {
  return { any: [{ kinds }], shown: `a step that ${kinds.join(' or ')}` }
}

/** The join's values on one side as text; undefined when one is missing. */
function joined(step: Step, paths: readonly (readonly string[])[]): string | undefined {
  const values = paths.map((path) => walk(step.fields, path))
  return values.every(
    (value) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean',
  )
    ? JSON.stringify(values)
    : undefined
}

/**
 * State: `[key, at]` of the neighbour before if it was the one that comes first: its join values and its time. Which of X
 * and Y comes first depends on the form.
 */
export function createAdjacent(form: ConsistencyForm & { kind: 'adjacent' }): Machine {
  const { how, what, other, among, same, withinMs = Number.POSITIVE_INFINITY, afterMs = 0 } = form
  const here = same.map((key: JoinKey) => key.here)
  const there = same.map((key: JoinKey) => key.there)
  // `next` and `both` speak of an X and the Y behind it, the others of an X and the Y before it.
  const xFirst = how === 'next' || how === 'both'
  const firstKey = (step: Step) => joined(step, xFirst ? here : there)
  const secondKey = (step: Step) => joined(step, xFirst ? there : here)
  const [first, second] = xFirst ? [what, other] : [other, what]
  /** The neighbour before was a first, and this one is its second by their keys. */
  const meets = (state: Json | undefined, step: Step): boolean => {
    if (!Array.isArray(state) || state[0] !== secondKey(step)) return false
    const gap = step.at - Number(state[1])
    return gap >= afterMs && gap <= withinMs
  }
  const owes = how === 'next' || how === 'both'
  return {
    letters: [
      letter(first, { doubt: owes ? 'unknown' : how === 'never', kept: owes || how === 'never' }),
      letter(second, { kept: how !== 'next' }),
      letter(amongOf(among)),
    ],
    check(state, step, [isFirst, isSecond]) {
      if (same.length > 0) {
        const lacks =
          (isFirst !== false && (owes || how === 'never') && firstKey(step) === undefined) ||
          (isSecond !== false && how !== 'next' && secondKey(step) === undefined)
        if (lacks) return { letter: 0, found: 'a value that joins the steps is missing', undecided: true }
      }
      if (how === 'never')
        return isSecond !== false && meets(state, step)
          ? { letter: 1, found: `${first.shown} is directly before it` }
          : undefined
      if (owes && Array.isArray(state) && !(isSecond === true && meets(state, step)))
        return { letter: 2, found: `${first.shown} must be directly followed by ${second.shown}` }
      if (how !== 'next' && isSecond !== false && !meets(state, step))
        return { letter: 1, found: `${first.shown} is not directly before it` }
      return undefined
    },
    next(_state, step, [isFirst]) {
      const key = isFirst === true ? firstKey(step) : undefined
      return key === undefined ? undefined : [key, step.at]
    },
    ...(owes && {
      owing: (state: Json | undefined) =>
        Array.isArray(state) ? `${first.shown} was not directly followed by ${second.shown}` : undefined,
    }),
    describe: (state) => `the step before was ${Array.isArray(state) ? '' : 'not '}${first.shown}`,
  }
}

/** State: for `first`, that there has been one; for `last`, 1 when the last one was an X. */
export function createEdge(form: ConsistencyForm & { kind: 'edge' }): Machine {
  const { which, what, among } = form
  return {
    letters: [letter(what), letter(amongOf(among), { kept: 'keyed' })],
    check(state, _step, [isWhat, isAmong]) {
      if (which === 'last' || isAmong === false || state !== undefined || isWhat === true) return undefined
      return isWhat === undefined
        ? { letter: 0, found: '' }
        : { letter: 1, found: `the first must be ${what.shown}` }
    },
    next: (_state, _step, [isWhat]) => (which === 'first' || isWhat === true ? 1 : 0),
    ...(which === 'last' && {
      owing: (state: Json | undefined) => (state === 0 ? `the last was not ${what.shown}` : undefined),
    }),
    describe: (state) =>
      state === undefined
        ? 'none yet'
        : which === 'first'
          ? 'begun'
          : `the last was ${state === 1 ? '' : 'not '}${what.shown}`,
  }
}
