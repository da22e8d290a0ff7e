/** Whether two checks of the plan mean the same, whatever they are called and wherever they stand. */
import type { Consistency, Meta, Rule } from '../plan/plan.ts'

export function sameMeaning(one: Rule | Consistency, other: Rule | Consistency): boolean {
  return meaningOf(one) === meaningOf(other)
}

type Told = keyof Meta | 'shown' | 'bound'

const TOLD: ReadonlySet<string> = new Set<Told>([
  'id',
  'name',
  'because',
  'remedy',
  'severity',
  'span',
  'line',
  'shown',
  'bound',
])

/** Without names of its own, places in the text and words for people. */
export function meaningOf(check: Rule | Consistency): string {
  const own: object =
    'when' in check
      ? { ...check, ids: check.bindings.map(({ id }) => id), locals: check.locals.map(({ value }) => value) }
      : check
  return JSON.stringify(own, function (this: unknown, key, value: unknown) {
    // A read's own `name` is part of the meaning.
    const isTold = isExpression(this) ? key === 'span' : TOLD.has(key)
    return isTold ? undefined : value
  })
}

function isExpression(holder: unknown): boolean {
  return typeof holder === 'object' && holder !== null && 'op' in holder
}
