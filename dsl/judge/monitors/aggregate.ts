/**
 * `distinct F of X at most M`, and the like: what a field adds up to over the steps of a scope or window. What one more
 * step can never repair is refused at once; `total`, `distinct` and `highest … at least` and `lowest … at most` are known at
 * the end. A step that may be an X counts against a bound.
 */
import type { Consistency, ConsistencyForm } from '../../plan/plan.ts'
import { encode } from '../keys.ts'
import { inWords } from '../show.ts'
import type { Json, Step } from '../step.ts'
import type { ValueOf } from './monitor.ts'
import { type Breach, letter, type Machine, opening } from './tracked.ts'
import { add, latest, sumAt, windowShown } from './window.ts'

type Aggregate = ConsistencyForm & { kind: 'aggregate' }

export function createAggregate(consistency: Consistency, form: Aggregate, readValue: ValueOf): Machine {
  const { what, bound, fn } = form
  const machine = fn === 'distinct' ? distinct(form) : fn === 'average' ? average(form) : extreme(form)
  const owes = machine.owing !== undefined && (fn === 'total' || fn === 'distinct')
  return {
    letters: [
      letter(what, { kept: true, doubt: bound === 'atMost' ? true : 'unknown' }),
      ...(owes ? opening(consistency) : []),
    ],
    check(state, step, [isWhat]) {
      if (isWhat === false) return undefined
      const value = readValue(form.of, step)
      if (value === undefined || value === null)
        return { letter: 0, found: `the value of ${what.shown} that counts is missing`, undecided: true }
      return machine.check(state, value, step)
    },
    next(state, step, [isWhat]) {
      const value = isWhat === true ? readValue(form.of, step) : undefined
      return value === undefined || value === null
        ? (state ?? machine.empty)
        : machine.next(state, value, step)
    },
    ...(machine.owing !== undefined && { owing: machine.owing }),
    ...(machine.expired !== undefined && { expired: machine.expired }),
    describe: (state, step) => machine.describe(state, step),
  }
}

interface Fold {
  /** What an opened slice starts with. */
  readonly empty: Json
  check(state: Json | undefined, value: Json, step: Step): Breach | undefined
  next(state: Json | undefined, value: Json, step: Step): Json | undefined
  owing?(state: Json | undefined): string | undefined
  expired?(state: Json, step: Step): boolean
  describe(state: Json | undefined, step: Step): string
}

const UNREADABLE: Breach = { letter: 0, found: 'the value that counts cannot be read', undecided: true }

function boundShown({ bound, limit, of, fn }: Aggregate): string {
  const shown = fn === 'distinct' ? String(limit) : inWords(limit, of.type)
  return `${bound === 'atMost' ? 'at most' : 'at least'} ${shown}`
}

/** State: `[value, at, …]`, the latest time of each value, newest first; no more than the bound. */
function distinct(form: Aggregate): Fold {
  const { bound, limit, inMs } = form
  const live = (state: Json | undefined, step: Step): Json[] => {
    if (!Array.isArray(state) || inMs === undefined) return Array.isArray(state) ? state : []
    return state.filter((_, i) => step.at - Number(state[i - (i % 2) + 1]) < inMs)
  }
  const said = (count: number) => `${count} different values${windowShown(form)}, ${boundShown(form)}`
  return {
    empty: [],
    check(state, value, step) {
      const key = encode(value)
      if (key === undefined) return UNREADABLE
      const values = live(state, step)
      if (bound === 'atLeast' || values.includes(key) || values.length / 2 < limit) return undefined
      return { letter: 0, found: `this would be one more than ${said(values.length / 2)}` }
    },
    next(state, value, step) {
      const key = encode(value)
      const values = live(state, step)
      if (key === undefined) return values
      const at = values.indexOf(key)
      const others = at < 0 ? values : values.filter((_, i) => i !== at && i !== at + 1)
      return [key, step.at, ...others].slice(0, 2 * limit)
    },
    ...(bound === 'atLeast' && {
      owing(state: Json | undefined) {
        const count = Array.isArray(state) ? state.length / 2 : 0
        return count >= limit ? undefined : said(count)
      },
    }),
    ...(inMs !== undefined && {
      expired: (state: Json, step: Step) => live(state, step).length === 0,
    }),
    describe: (state, step) => said(live(state, step).length / 2),
  }
}

/** State: `[sum, count]`, with a window each as the amounts that still count. Judged with the step itself. */
function average(form: Aggregate): Fold {
  const { bound, limit, inMs, of } = form
  const partsOf = (state: Json | undefined): [Json | undefined, Json | undefined] =>
    Array.isArray(state) ? [state[0], state[1]] : [undefined, undefined]
  const sum = (part: Json | undefined, step: Step): number =>
    inMs === undefined ? (typeof part === 'number' ? part : 0) : sumAt(part, step.at, inMs)
  const plus = (part: Json | undefined, amount: number, step: Step): Json =>
    inMs === undefined ? sum(part, step) + amount : add(part, step.at, amount, inMs)
  return {
    empty: [0, 0],
    check(state, value, step) {
      if (typeof value !== 'number') return UNREADABLE
      const [sums, counts] = partsOf(state)
      const mean = (sum(sums, step) + value) / (sum(counts, step) + 1)
      if (!Number.isFinite(mean)) return UNREADABLE
      if (bound === 'atMost' ? mean <= limit : mean >= limit) return undefined
      const shown = inWords(of.type.kind === 'number' ? mean : Math.round(mean), of.type)
      return { letter: 0, found: `the average${windowShown(form)} would be ${shown}, ${boundShown(form)}` }
    },
    next(state, value, step) {
      const [sums, counts] = partsOf(state)
      return typeof value === 'number' ? [plus(sums, value, step), plus(counts, 1, step)] : state
    },
    ...(inMs !== undefined && {
      expired: (state: Json, step: Step) => step.at - latest(partsOf(state)[1] ?? null) >= inMs,
    }),
    describe: (state, step) => `${sum(partsOf(state)[1], step)} counted, ${boundShown(form)} on average`,
  }
}

/** Sums and single values. State: what has been reached of the bound. */
function extreme(form: Aggregate): Fold {
  const { fn, bound, limit, what, of } = form
  // Each step alone decides; or some step must, by the end.
  const each = (fn === 'highest' && bound === 'atMost') || (fn === 'lowest' && bound === 'atLeast')
  const better = (a: number, b: number): number =>
    fn === 'total' ? a + Math.max(0, b) : fn === 'highest' ? Math.max(a, b) : Math.min(a, b)
  const reached = (value: number) => (bound === 'atLeast' ? value >= limit : value <= limit)
  return {
    empty: fn === 'total' ? 0 : [],
    check(_state, value) {
      if (typeof value !== 'number') return UNREADABLE
      if (!each || reached(value)) return undefined
      return { letter: 0, found: `${inWords(value, of.type)}, ${boundShown(form)}` }
    },
    next(state, value) {
      if (each || typeof value !== 'number') return undefined
      const before = typeof state === 'number' ? state : fn === 'total' ? 0 : value
      const after = better(before, value)
      return Number.isFinite(after) ? Math.min(after, Number.MAX_SAFE_INTEGER) : before
    },
    ...(!each && {
      owing(state: Json | undefined) {
        // Of no values there is no highest; their total is nothing.
        if (typeof state !== 'number')
          return fn === 'total' ? `there was no ${what.shown}, ${boundShown(form)}` : undefined
        return reached(state)
          ? undefined
          : `the ${fn} of ${what.shown} is ${inWords(state, of.type)}, ${boundShown(form)}`
      },
    }),
    describe: (state) =>
      typeof state === 'number' ? `${inWords(state, of.type)}, ${boundShown(form)}` : boundShown(form),
  }
}
