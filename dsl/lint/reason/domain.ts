/** The values one part of a condition can still have. Narrowed by tests; empty means that the tests contradict. */

import { fold } from '../../judge/text.ts'
import type { Compare, Shape } from '../../plan/plan.ts'

export type Constant = string | number | boolean

export type Domain =
  /** Between bounds. `whole`: integers only, so that bounds are always inclusive. */
  | {
      readonly kind: 'interval'
      readonly low: number
      readonly high: number
      readonly lowOpen: boolean
      readonly highOpen: boolean
      readonly whole: boolean
      readonly holes: readonly number[]
    }
  /** One of these; `folded`: texts stand for all that read the same. */
  | { readonly kind: 'finite'; readonly values: readonly Constant[]; readonly folded: boolean }
  | { readonly kind: 'open' }

export const OPEN: Domain = { kind: 'open' }

const EVERY_NUMBER = { low: -Infinity, high: Infinity, lowOpen: false, highOpen: false, holes: [] }

export function interval(whole: boolean, low = -Infinity, high = Infinity): Domain {
  return { kind: 'interval', ...EVERY_NUMBER, whole, low, high }
}

export function finite(values: readonly Constant[], folded = false): Domain {
  return { kind: 'finite', values, folded }
}

/** What a value that looks as declared can be. */
export function shapeDomain(shape: Shape): Domain {
  switch (shape.kind) {
    case 'flag':
      return finite([true, false])
    case 'choice':
      return finite(shape.options)
    case 'number':
    case 'money':
    case 'date':
    case 'time':
    case 'duration': {
      const { min, max, over, under } = shape.range
      const whole =
        shape.kind === 'money' || shape.kind === 'date' || (shape.kind === 'number' && shape.whole)
      let domain: Domain = interval(whole)
      if (min !== undefined) domain = narrow(domain, '>=', min)
      if (max !== undefined) domain = narrow(domain, '<=', max)
      if (over !== undefined) domain = narrow(domain, '>', over)
      if (under !== undefined) domain = narrow(domain, '<', under)
      return domain
    }
    default:
      return OPEN
  }
}

/** The numbers of `domain` for which `number cmp constant`; another kind of domain stays as it is. */
export function narrow(domain: Domain, cmp: Compare, constant: number): Domain {
  if (domain.kind !== 'interval') return domain
  switch (cmp) {
    case '==':
      return narrow(narrow(domain, '>=', constant), '<=', constant)
    case '!=':
      return { ...domain, holes: [...domain.holes, constant] }
    case '>':
    case '>=': {
      const open = cmp === '>'
      if (constant < domain.low) return domain
      if (domain.whole) return { ...domain, low: Math.max(domain.low, firstWhole(constant, open)) }
      return { ...domain, low: constant, lowOpen: constant === domain.low ? domain.lowOpen || open : open }
    }
    case '<':
    case '<=': {
      const open = cmp === '<'
      if (constant > domain.high) return domain
      if (domain.whole) return { ...domain, high: Math.min(domain.high, -firstWhole(-constant, open)) }
      return {
        ...domain,
        high: constant,
        highOpen: constant === domain.high ? domain.highOpen || open : open,
      }
    }
  }
}

/** The least integer at or above `constant`; above it when `open`. */
function firstWhole(constant: number, open: boolean): number {
  const whole = Math.ceil(constant)
  return open && whole === constant ? whole + 1 : whole
}

export function isEmpty(domain: Domain): boolean {
  if (domain.kind === 'finite') return domain.values.length === 0
  if (domain.kind === 'open') return false
  const { low, high, lowOpen, highOpen, holes } = domain
  if (low > high) return true
  return low === high && (lowOpen || highOpen || holes.includes(low))
}

/** What is in both. */
export function meet(first: Domain, second: Domain): Domain {
  if (first.kind === 'open') return second
  if (second.kind === 'open') return first
  if (first.kind === 'finite') return second.kind === 'finite' ? shared(first, second) : within(first, second)
  if (second.kind === 'finite') return within(second, first)
  const { low, high, lowOpen, highOpen, holes } = second
  const above = narrow(first, lowOpen ? '>' : '>=', low)
  const between = narrow(above, highOpen ? '<' : '<=', high)
  return holes.reduce<Domain>((domain, hole) => narrow(domain, '!=', hole), between)
}

type Finite = Domain & { kind: 'finite' }

function shared(first: Finite, second: Finite): Domain {
  if (first.folded === second.folded)
    return { ...first, values: first.values.filter((value) => second.values.includes(value)) }
  const [exact, loose] = first.folded ? [second, first] : [first, second]
  return { ...exact, values: exact.values.filter((value) => loose.values.includes(foldedOf(value))) }
}

function foldedOf(value: Constant): Constant {
  return typeof value === 'string' ? fold(value) : value
}

function within(some: Finite, range: Domain & { kind: 'interval' }): Domain {
  const inside = (value: number): boolean =>
    !isEmpty(narrow(range, '==', value)) && (!range.whole || Number.isInteger(value))
  return { ...some, values: some.values.filter((value) => typeof value === 'number' && inside(value)) }
}
