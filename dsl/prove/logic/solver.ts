/** The door to a solver of SMT-LIB questions, and what it says back. */
import type { Question, Term } from './terms.ts'

/** Steps of the solver's own reckoning for one question: the same answer on every machine, unlike a time. */
export const SOLVER_STEPS_MAX = 200_000

export interface Solver {
  /** Runs commands of SMT-LIB 2.6 one after the other and gives what they print; each call begins with nothing declared. */
  run(commands: string): string
}

export type Solved =
  | { readonly kind: 'cannot' }
  /** `values`: of the terms asked for, in order. */
  | { readonly kind: 'can'; readonly values: readonly SolvedValue[] }
  | { readonly kind: 'unknown'; readonly why: string }

/** Undefined: a value no double is, such as a root. */
export type SolvedValue = number | boolean | undefined

export function solve(solver: Solver, question: Question, values: readonly Term[] = []): Solved {
  const asked = values.length === 0 ? '' : `(get-value (${values.join(' ')}))`
  const printed = solver.run(
    `(set-option :rlimit ${SOLVER_STEPS_MAX})\n${question.script()}\n(check-sat)\n${asked}`,
  )
  const [verdict, ...rest] = readAll(printed)
  if (verdict === 'unsat') return { kind: 'cannot' }
  if (verdict === 'unknown') return { kind: 'unknown', why: 'the solver gave up' }
  if (verdict !== 'sat')
    throw new Error(`the solver does not understand a question: ${printed.slice(0, 500)}`)
  const pairs = rest[0]
  if (values.length === 0) return { kind: 'can', values: [] }
  if (!Array.isArray(pairs)) return { kind: 'unknown', why: 'the solver gave no values' }
  return { kind: 'can', values: pairs.map((pair) => (Array.isArray(pair) ? valueIn(pair[1]) : undefined)) }
}

type Printed = string | readonly Printed[]

function readAll(printed: string): Printed[] {
  const tokens = printed.match(/[()]|[^\s()]+/g) ?? []
  const read = (at: number): readonly [Printed, number] => {
    if (tokens[at] !== '(') return [tokens[at] ?? '', at + 1]
    const items: Printed[] = []
    let next = at + 1
    while (next < tokens.length && tokens[next] !== ')') {
      const [item, after] = read(next)
      items.push(item)
      next = after
    }
    return [items, next + 1]
  }
  const all: Printed[] = []
  for (let at = 0; at < tokens.length; ) {
    const [item, after] = read(at)
    all.push(item)
    at = after
  }
  return all
}

function valueIn(printed: Printed | undefined): SolvedValue {
  if (printed === undefined) return undefined
  if (typeof printed !== 'string') {
    const [sign, left, right] = printed
    const of = valueIn(left)
    if (typeof of !== 'number') return undefined
    if (sign === '-' && right === undefined) return -of
    const by = valueIn(right)
    return sign === '/' && typeof by === 'number' ? of / by : undefined
  }
  if (printed === 'true' || printed === 'false') return printed === 'true'
  return /^\d+(\.\d+)?$/.test(printed) ? Number(printed) : undefined
}
