/**
 * What must follow: by a deadline, by the end, before another, in turns. Of what is owed only the earliest deadline is kept:
 * one Y meets all. A Y after the deadline comes too late.
 */
import type { ConsistencyForm, JoinKey } from '../../plan/plan.ts'
import { duration } from '../show.ts'
import type { Json, Step } from '../step.ts'
import { letter, type Machine } from './tracked.ts'

const within = (ms: number | undefined) => (ms === undefined ? '' : ` within ${duration(ms)}`)
/** The X is the step remembered, so that its side of a join is `there`. */
const asked = (same: readonly JoinKey[]) => same.map((key) => key.there)
const given = (same: readonly JoinKey[]) => same.map((key) => key.here)
/** Owed by the end; stands for a deadline where there is none. */
const OPEN = 'open'

function earlier(a: Json | undefined, b: Json | undefined): Json {
  if (typeof a === 'number' && typeof b === 'number') return Math.min(a, b)
  return a ?? b ?? null
}

function inTime(due: Json | undefined, step: Step): boolean {
  return due === OPEN || (typeof due === 'number' && step.at <= due)
}

/** State: for each link of the chain, the earliest deadline of those who wait for it, or null. */
export function createLeadsTo(form: ConsistencyForm & { kind: 'leadsTo' }): Machine {
  const { what, chain, withinMs, alone, same } = form
  const shown = chain.map((pattern) => pattern.shown).join(', then ')
  const waitingOf = (state: Json | undefined): Json[] =>
    Array.isArray(state) ? state : chain.map(() => null)
  const isOwed = (state: Json | undefined) => waitingOf(state).some((due) => due !== null)
  const dueOf = (state: Json): number | undefined => {
    const due = waitingOf(state).reduce(earlier, null)
    return typeof due === 'number' ? due : undefined
  }
  return {
    letters: [
      letter(what, { kept: true, doubt: 'unknown', side: asked(same) }),
      ...chain.map((pattern) => letter(pattern, { side: given(same) })),
    ],
    check(state, step, [isWhat, ...links]) {
      if (!alone || isWhat === false || !isOwed(state)) return undefined
      // What is the last thing owed and an X at once meets the one and begins the other.
      const last = chain.length - 1
      const others = waitingOf(state).slice(0, last)
      if (links[last] === true && others.every((due) => due === null) && inTime(waitingOf(state)[last], step))
        return undefined
      return { letter: 0, found: `${what.shown} before it has not been followed by ${shown}` }
    },
    next(state, step, [isWhat, ...links]) {
      const waiting = waitingOf(state).slice()
      for (let i = chain.length - 1; i >= 0; i--) {
        const due = waiting[i]!
        if (links[i] !== true || !inTime(due, step)) continue
        waiting[i] = null
        if (i + 1 < chain.length) waiting[i + 1] = earlier(waiting[i + 1], due)
      }
      if (isWhat === true)
        waiting[0] = earlier(waiting[0], withinMs === undefined ? OPEN : step.at + withinMs)
      return waiting.some((due) => due !== null) ? waiting : undefined
    },
    owing: (state) =>
      isOwed(state) ? `${what.shown} was not followed by ${shown}${within(withinMs)}` : undefined,
    ...(withinMs !== undefined && { due: dueOf }),
    describe: (state) => (isOwed(state) ? `${shown} is owed` : 'nothing owed'),
  }
}

/** State: `[due, seen]`, the deadline of what is owed or null, and whether there has been an X. */
export function createSuccession(form: ConsistencyForm & { kind: 'succession' }): Machine {
  const { what, by, withinMs, alternate, same } = form
  const dueOf = (state: Json | undefined): Json => (Array.isArray(state) ? (state[0] ?? null) : null)
  const isSeen = (state: Json | undefined) => Array.isArray(state) && state[1] === 1
  return {
    letters: [
      letter(what, { kept: true, doubt: 'unknown', side: asked(same) }),
      letter(by, { kept: true, side: given(same) }),
    ],
    check(state, step, [isWhat, isBy]) {
      const owed = dueOf(state) !== null
      if (isBy !== false && (alternate ? !owed : !isSeen(state)))
        return { letter: 1, found: `no ${what.shown} for it to answer` }
      if (alternate && isWhat !== false && owed && !(isBy === true && inTime(dueOf(state), step)))
        return { letter: 0, found: `${what.shown} before it has not been followed by ${by.shown}` }
      return undefined
    },
    next(state, step, [isWhat, isBy]) {
      let due = dueOf(state)
      if (isBy === true && inTime(due, step)) due = null
      if (isWhat === true) due = earlier(due, withinMs === undefined ? OPEN : step.at + withinMs)
      const seen = isSeen(state) || isWhat === true
      if (due === null && (alternate || !seen)) return undefined
      return [due, seen ? 1 : 0]
    },
    owing: (state) =>
      dueOf(state) === null ? undefined : `${what.shown} was not followed by ${by.shown}${within(withinMs)}`,
    ...(withinMs !== undefined && {
      due(state: Json) {
        const due = dueOf(state)
        return typeof due === 'number' ? due : undefined
      },
    }),
    describe: (state) => (dueOf(state) === null ? 'nothing owed' : `${by.shown} is owed`),
  }
}
