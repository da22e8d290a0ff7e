/**
 * How long ago something was that data tell: `now - created_at > 24 hours`. Between the moments at which such a comparison turns over
 * nothing tells times apart; there are few of them, as each comes of a time that is tried and of the durations beside it.
 */
import { children } from '#dsl/judge/children.ts'
import type { Json } from '#dsl/judge/step.ts'
import type { Expr, Rule } from '#dsl/plan/plan.ts'

export interface Ages {
  /** In milliseconds since the epoch, in order. */
  readonly moments: readonly number[]
  /** Why there may be others. */
  readonly gaps: readonly string[]
}

/** Durations in one comparison that are followed. */
const DURATIONS_MAX = 3

/** `values`: what is tried in fields. */
export function agesOf(conditions: readonly Expr[], values: readonly Json[]): Ages {
  const comparisons = conditions.flatMap((one) => comparisonsWithNow(one))
  const followed = comparisons.flatMap((one) => readComparison(one) ?? [])
  const told = [...new Set(values.flatMap(timesIn))]
  const moments = followed.flatMap(({ durations, times, readsData }) => {
    const offsets = durations.reduce((sums, each) => sums.flatMap((sum) => [sum - each, sum + each]), [0])
    return [...times, ...(readsData ? told : [])].flatMap((time) =>
      offsets.flatMap((offset) => [time + offset, time + offset + 1]),
    )
  })
  return {
    moments: [...new Set(moments)].toSorted((a, b) => a - b),
    gaps:
      followed.length < comparisons.length
        ? ['the time is reckoned with otherwise than by adding what is written out']
        : [],
  }
}

/** Wherever `now` stands, the comparison around it, or itself; what a clock on the wall shows then is another matter. */
function comparisonsWithNow(expr: Expr, around: Expr = expr): Expr[] {
  if (expr.op === 'meta') return expr.name === 'now' ? [around] : []
  if (expr.op === 'wall' && expr.of.op === 'meta') return []
  const next = expr.op === 'compare' ? expr : around
  return children(expr).flatMap((part) => comparisonsWithNow(part, next))
}

interface Comparison {
  readonly durations: readonly number[]
  readonly times: readonly number[]
  readonly readsData: boolean
}

/** Undefined: `now` is no plain part of it. */
function readComparison(expr: Expr): Comparison | undefined {
  if (expr.op !== 'compare') return undefined
  const leaves = leavesOf(expr)
  const durations: number[] = []
  const times: number[] = []
  let data = 0
  let now = 0
  for (const leaf of leaves) {
    if (leaf.op === 'meta' && leaf.name === 'now') now++
    else if (leaf.op === 'field' || (leaf.op === 'get' && leaf.of.op === 'binding')) data++
    else if (leaf.op === 'literal' && typeof leaf.value === 'number')
      (leaf.type.kind === 'time' ? times : durations).push(leaf.value)
    else return undefined
  }
  if (now !== 1 || data + times.length > 1 || durations.length > DURATIONS_MAX) return undefined
  return { durations, times, readsData: data > 0 }
}

/** Durations that the time since an earlier step is compared with; undefined: it is used otherwise. */
export function sinceOf({ bindings, when, locals }: Rule): readonly number[] | undefined {
  const ofSince = new Set(bindings.flatMap(({ tally }, i) => (tally?.fn === 'since' ? [i] : [])))
  const durations: number[] = []
  let isPlain = true
  const visit = (expr: Expr, around: Expr | undefined): void => {
    for (const part of children(expr)) visit(part, expr)
    if (expr.op !== 'binding' || !ofSince.has(expr.index) || around?.op === 'present') return
    const beside = around?.op === 'compare' ? children(around).find((one) => one !== expr) : undefined
    if (beside?.op === 'literal' && typeof beside.value === 'number') durations.push(beside.value)
    else isPlain = false
  }
  for (const expr of [...(when.where ? [when.where] : []), ...locals.map(({ value }) => value)])
    visit(expr, undefined)
  return isPlain ? durations : undefined
}

function leavesOf(expr: Expr): Expr[] {
  if (expr.op === 'compare' || (expr.op === 'arith' && (expr.fn === '+' || expr.fn === '-')))
    return [...leavesOf(expr.left), ...leavesOf(expr.right)]
  return [expr]
}

/** With its offset: what is written without is read in some zone. */
const TIME = /^\d{4}-\d{2}-\d{2}T.*(?:Z|[+-]\d{2}:\d{2})$/

function timesIn(value: Json): number[] {
  if (typeof value === 'string') return TIME.test(value) ? [Date.parse(value)].filter(Number.isFinite) : []
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(timesIn)
}
