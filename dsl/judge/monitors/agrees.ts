/**
 * `F in X agrees with G in the latest Y`, and `F of X stays the same`: values across steps.
 * State: the value to hold to, or null when the latest Y had none, which nothing can be compared with.
 */
import type { ConsistencyForm, Expr } from '../../plan/plan.ts'
import { duration, inWords } from '../show.ts'
import type { Json } from '../step.ts'
import { fold } from '../text.ts'
import type { ValueOf } from './monitor.ts'
import { letter, type Machine } from './tracked.ts'

type Agrees = ConsistencyForm & { kind: 'agrees' }

const WORDS = {
  agrees: 'does not agree with',
  equals: 'does not equal',
  notBelow: 'is below',
  notAbove: 'is above',
} as const

export function createAgrees(form: Agrees, readValue: ValueOf): Machine {
  const { what, of, latest, to, same, how } = form
  return {
    letters: [
      letter(what, { kept: true, side: same.map((key) => key.here) }),
      letter(latest, { kept: true, doubt: 'unknown', side: same.map((key) => key.there) }),
    ],
    check(state, step, [isWhat]) {
      if (isWhat === false || state === undefined) return undefined
      const value = readValue(of, step)
      if (value === undefined || value === null)
        return { letter: 0, found: `the value of ${what.shown} to compare is missing`, undecided: true }
      if (state === null)
        return {
          letter: 0,
          found: `the latest ${latest.shown} has no value to compare with`,
          undecided: true,
        }
      if (holds(form, value, state)) return undefined
      const found = `${inWords(value, of.type)} ${WORDS[how]} ${inWords(state, to.type)} in the latest ${latest.shown}`
      return { letter: 0, found: found + toleranceShown(form) }
    },
    next: (state, step, [, isLatest]) => (isLatest === true ? scalar(readValue(to, step)) : state),
    describe: (state) =>
      state === undefined
        ? `no ${latest.shown} yet`
        : `the latest ${latest.shown} has ${inWords(state, to.type)}`,
  }
}

export function createSteady(form: ConsistencyForm & { kind: 'steady' }, readValue: ValueOf): Machine {
  const { what, of } = form
  return {
    letters: [letter(what, { kept: true, doubt: 'unknown' })],
    check(state, step, [isWhat]) {
      if (isWhat === false) return undefined
      const value = scalar(readValue(of, step))
      if (value === null)
        return {
          letter: 0,
          found: `the value of ${what.shown} that stays the same is missing`,
          undecided: true,
        }
      if (state === undefined || alike(value, state, of)) return undefined
      return { letter: 0, found: `${inWords(value, of.type)}, and it was ${inWords(state, of.type)} before` }
    },
    next: (state, step, [isWhat]) =>
      isWhat === true ? (state ?? scalar(readValue(of, step)) ?? undefined) : state,
    describe: (state) =>
      state === undefined ? 'nothing to hold to yet' : `holds to ${inWords(state, of.type)}`,
  }
}

/** Longest text that is kept. */
const TEXT_MAX = 1_000

function scalar(value: Json | undefined): Json {
  if (typeof value === 'string') return value.length > TEXT_MAX ? null : value
  return typeof value === 'number' || typeof value === 'boolean' ? value : null
}

/** Text as people read it; everything else to the letter. */
function alike(a: Json, b: Json, { type }: Expr): boolean {
  return type.kind === 'text' && typeof a === 'string' && typeof b === 'string'
    ? fold(a) === fold(b)
    : a === b
}

function holds({ how, of, tolerance }: Agrees, value: Json, before: Json): boolean {
  if (typeof value === 'number' && typeof before === 'number') {
    const room =
      tolerance === undefined
        ? 0
        : tolerance.kind === 'amount'
          ? tolerance.value
          : (Math.abs(before) * tolerance.value) / 100
    const more = value - before
    if (how === 'notBelow') return more >= -room
    return how === 'notAbove' ? more <= room : Math.abs(more) <= room
  }
  return how === 'equals' ? value === before : alike(value, before, of)
}

function toleranceShown({ tolerance, of }: Agrees): string {
  if (tolerance === undefined) return ''
  if (tolerance.kind === 'percent') return ` by more than ${tolerance.value} %`
  const isTime = of.type.kind === 'time' || of.type.kind === 'duration'
  return ` by more than ${isTime ? duration(tolerance.value) : inWords(tolerance.value, of.type)}`
}
