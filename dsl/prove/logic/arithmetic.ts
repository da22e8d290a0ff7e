/**
 * The judge's arithmetic. Whole units (money, days, milliseconds, whole numbers) are exact; what doubles round is somewhere near
 * the exact result: within half a unit in the last place, and half a unit of what is counted in whole units.
 */
import { DAY_MS } from '../../judge/values.ts'
import type { Expr } from '../../plan/plan.ts'
import { fresh, type Numeric, type Reading, toReal } from './scene.ts'
import { and, eq, implies, not, type Question, real, type Term, whole } from './terms.ts'

const EXACT: ReadonlySet<string> = new Set(['money', 'date', 'time', 'duration'])
/** 2 ** -52: twice what one operation may be off by, so that two roundings in a row are within it too. */
const RELATIVE = Number.EPSILON
const SMALLEST = 2 ** -1_000

export function arithmetic(
  question: Question,
  { fn, type, left: { type: leftType }, right: { type: rightType } }: Expr & { op: 'arith' },
  left: Numeric,
  right: Numeric,
): Reading {
  const both = and(left.known, right.known)
  const areWhole = left.sort === 'Int' && right.sort === 'Int'
  const isDay = (kind: string): boolean => kind === 'date'
  if (isDay(leftType.kind) || isDay(rightType.kind)) {
    if (fn === '-' && isDay(leftType.kind) && isDay(rightType.kind))
      return safe(both, `(* ${DAY_MS} (- ${left.is} ${right.is}))`)
    if ((fn === '+' || fn === '-') && leftType.kind !== rightType.kind && areWhole) {
      const [days, ms] = isDay(leftType.kind) ? [left, right] : [right, left]
      return shifted(question, both, days.is, fn === '+' ? ms.is : `(- ${ms.is})`)
    }
  }
  if (fn === 'smaller' || fn === 'larger') {
    const [a, b] = areWhole ? [left.is, right.is] : [toReal(left), toReal(right)]
    const is = `(ite (${fn === 'smaller' ? '<=' : '>='} ${a} ${b}) ${a} ${b})`
    return { kind: 'number', sort: areWhole ? 'Int' : 'Real', known: both, is }
  }
  if (areWhole && fn !== '/' && EXACT.has(type.kind)) return safe(both, `(${fn} ${left.is} ${right.is})`)
  const exact = `(${fn} ${toReal(left)} ${toReal(right)})`
  const divides = fn === '/' ? not(eq(toReal(right), '0.0')) : 'true'
  const size = `(ite (>= ${exact} 0.0) ${exact} (- ${exact}))`
  const off = `(+ (* ${size} ${real(RELATIVE)}) ${real(SMALLEST)})`
  const maybe = question.fresh('Bool')
  const known = and(both, divides, maybe)
  if (EXACT.has(type.kind)) {
    const found = question.fresh('Int')
    question.assert(implies(known, near(`(to_real ${found})`, exact, `(+ 0.5 ${off})`)))
    question.assert(implies(and(both, divides, `(<= ${size} ${real(2 ** 52)})`), maybe))
    return safe(known, found)
  }
  const found = question.fresh('Real')
  question.assert(implies(known, near(found, exact, off)))
  question.assert(implies(and(both, divides, `(<= ${size} ${real(Number.MAX_SAFE_INTEGER)})`), maybe))
  // Whole numbers that are not too large are added and multiplied exactly.
  if (areWhole && fn !== '/')
    question.assert(implies(and(known, `(<= ${size} ${real(Number.MAX_SAFE_INTEGER)})`), eq(found, exact)))
  return { kind: 'number', sort: 'Real', known, is: found }
}

/** Outside the safe integers it is unknown. */
function safe(known: Term, is: Term): Reading {
  const limit = whole(Number.MAX_SAFE_INTEGER)
  return {
    kind: 'number',
    sort: 'Int',
    known: and(known, `(<= (- ${limit}) ${is} ${limit})`),
    is,
  }
}

function near(found: Term, exact: Term, off: Term): Term {
  return and(`(<= ${found} (+ ${exact} ${off}))`, `(>= ${found} (- ${exact} ${off}))`)
}

/** Parts of a day that a huge date loses when it is moved are taken for nothing. */
const LOST_MS = 1_000

/** By whole days it moves, by parts of a day it is unknown. */
function shifted(question: Question, both: Term, days: Term, ms: Term): Reading {
  const [found, maybe] = [question.fresh('Int'), question.fresh('Bool')]
  const exact = `(+ (* ${DAY_MS} ${days}) ${ms})`
  question.assert(implies(eq(`(mod ${ms} ${DAY_MS})`, '0'), and(maybe, eq(`(* ${DAY_MS} ${found})`, exact))))
  question.assert(implies(maybe, near(`(* ${DAY_MS} ${found})`, exact, String(LOST_MS))))
  return safe(and(both, maybe), found)
}

// ------------------------------------------------------------------ clocks

/** Clocks are never further from UTC, in any zone at any time. */
const OFFSET_MAX_MS = 18 * 3_600_000

/** What a clock shows at a time whose offset from UTC is anything. */
export function shown(question: Question): Term {
  const offset = question.fresh('Int')
  question.assert(`(<= (- ${OFFSET_MAX_MS}) ${offset} ${OFFSET_MAX_MS})`)
  return offset
}

export function dayOf(at: Numeric, offset: Term): Numeric {
  return { kind: 'number', sort: 'Int', known: at.known, is: `(div (+ ${at.is} ${offset}) ${DAY_MS})` }
}

export function clockOf(at: Numeric, offset: Term, part: 'hour' | 'clock'): Numeric {
  const clock = `(mod (+ ${at.is} ${offset}) ${DAY_MS})`
  return {
    kind: 'number',
    sort: 'Int',
    known: at.known,
    is: part === 'clock' ? clock : `(div ${clock} 3600000)`,
  }
}

export function weekdayOf(question: Question, at: Numeric, offset: Term, names: readonly string[]): Reading {
  const any = fresh(question, { kind: 'choice', options: names }, at.known)
  // The first of January 1970 was a Thursday.
  const index = `(mod (+ 3 (div (+ ${at.is} ${offset}) ${DAY_MS})) 7)`
  if (any.kind === 'text')
    for (const [i, name] of names.entries())
      question.assert(implies(eq(index, String(i)), eq(any.raw, question.text(name))))
  return any
}
