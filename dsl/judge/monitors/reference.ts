/**
 * What each consistency form means, said over the whole history: slow, without state, for the monitors to be compared
 * with. Steps are of the form the tests make: one pattern is one name, conditions are a flag field.
 */
import type { Consistency, ConsistencyForm, Limit, StepPattern } from '../../plan/plan.ts'
import type { Step } from '../step.ts'
import type { Truth } from '../values.ts'

type RestsForm = ConsistencyForm & { kind: 'rests' }
export type Outcome = 'quiet' | 'fired' | 'unknown'

/** `history`: the steps let through before, oldest first. */
export function outcome(consistency: Consistency, history: readonly Step[], step: Step): Outcome {
  const { form, forEach } = consistency
  const what = matches(form.what, step)
  const scoped = history.filter((one) => inScope(consistency, one, step))
  const keyOf = (one: Step, paths: readonly (readonly string[])[]) => key(one, [...forEach, ...paths])
  switch (form.kind) {
    case 'needs': {
      if (what === false) return 'quiet'
      const wanted = keyOf(
        step,
        form.same.map((join) => join.here),
      )
      if (wanted === undefined) return 'unknown'
      const satisfied = scoped.some(
        (one) =>
          matches(form.earlier, one) === true &&
          keyOf(
            one,
            form.same.map((join) => join.there),
          ) === wanted &&
          (form.withinMs === undefined || step.at <= one.at + form.withinMs) &&
          (!form.bySomeoneElse || one.actor !== step.actor),
      )
      return satisfied ? 'quiet' : breach(what)
    }
    case 'atMost': {
      if (what === false) return 'quiet'
      if (form.times === 0) return breach(what)
      const wanted = keyOf(step, [])
      if (wanted === undefined) return 'unknown'
      const before = scoped.filter(
        (one) => counts(form.what, one, step, form.inMs) && keyOf(one, []) === wanted,
      )
      const most = limitOf(form.times, step)
      if (most === undefined) return 'unknown'
      return before.length < most ? 'quiet' : breach(what)
    }
    case 'total': {
      if (what === false) return 'quiet'
      const wanted = keyOf(step, [])
      const more = amount(step)
      if (more === undefined || wanted === undefined) return 'unknown'
      const before = scoped.filter(
        (one) => counts(form.what, one, step, form.inMs) && keyOf(one, []) === wanted,
      )
      const sum = before.reduce((total, one) => total + (amount(one) ?? 0), more)
      const most = limitOf(form.atMost, step)
      if (most === undefined) return 'unknown'
      return sum <= most ? 'quiet' : breach(what)
    }
    case 'neverAfter':
    case 'rests': {
      const after = matches(form.after, step)
      const there = form.same.map((join) => join.there)
      if (what !== false) {
        const wanted = keyOf(
          step,
          form.same.map((join) => join.here),
        )
        if (wanted === undefined) return 'unknown'
        const before = scoped.filter(
          (one) => matches(form.after, one) !== false && keyOf(one, there) === wanted,
        )
        if (form.kind === 'neverAfter' ? before.length > 0 : rests(form, before, step)) return breach(what)
      }
      return after !== false && keyOf(step, there) === undefined ? 'unknown' : 'quiet'
    }
    case 'followedBy':
      if (what === false) return 'quiet'
      return what === undefined ||
        keyOf(
          step,
          form.same.map((join) => join.there),
        ) === undefined
        ? 'unknown'
        : 'quiet'
    default:
      throw new Error(`${form.kind} is defined in ltlf.ts`)
  }
}

/** Deadlines still owed after `history`, oldest first: for each key, that of the first X after the last Y in time. */
export function owed(consistency: Consistency, history: readonly Step[]): number[] {
  const { form, forEach } = consistency
  if (form.kind !== 'followedBy') return []
  const open: { readonly step: Step; readonly wanted: string; readonly dueAt: number }[] = []
  for (const step of history) {
    const met = key(step, [...forEach, ...form.same.map((join) => join.here)])
    if (matches(form.by, step) === true) {
      const index = open.findIndex(
        (one) => one.wanted === met && inScope(consistency, one.step, step) && step.at <= one.dueAt,
      )
      if (index >= 0) open.splice(index, 1)
    }
    const wanted = key(step, [...forEach, ...form.same.map((join) => join.there)])
    if (matches(form.what, step) !== true || wanted === undefined) continue
    if (open.some((one) => one.wanted === wanted && inScope(consistency, one.step, step))) continue
    open.push({ step, wanted, dueAt: step.at + form.withinMs })
  }
  return open.map((one) => one.dueAt).sort((a, b) => a - b)
}

/** Some Y, not too long ago, was the last of so many. */
function rests(
  { times, inMs = Number.POSITIVE_INFINITY, forMs = Number.POSITIVE_INFINITY }: RestsForm,
  before: readonly Step[],
  step: Step,
): boolean {
  return before.some(
    (last, i) =>
      step.at - last.at <= forMs &&
      before.slice(0, i + 1).filter((one) => last.at - one.at < inMs).length >= times,
  )
}

function breach(what: Truth): Outcome {
  return what === true ? 'fired' : 'unknown'
}

/** What may have been an X counts as one. */
function counts(pattern: StepPattern, one: Step, step: Step, inMs: number | undefined): boolean {
  return matches(pattern, one) !== false && (inMs === undefined || step.at - one.at < inMs)
}

function matches(pattern: StepPattern, step: Step): Truth {
  if (pattern.any[0]?.names?.[0] !== step.name) return false
  if (pattern.where === undefined) return true
  return typeof step.fields.sure === 'boolean' ? step.fields.sure : undefined
}

function inScope({ scope }: Consistency, one: Step, step: Step): boolean {
  if (scope === 'conversation') return true
  return one.actor === step.actor && (scope === 'agent' || one.turn === step.turn)
}

function key(step: Step, paths: readonly (readonly string[])[]): string | undefined {
  const parts = paths.map(([name = '']) => step.fields[name])
  return parts.every((part) => typeof part === 'string' || typeof part === 'number')
    ? JSON.stringify(parts)
    : undefined
}

function limitOf(limit: Limit, step: Step): number | undefined {
  if (typeof limit === 'number') return limit
  const value = limit.op === 'field' ? step.fields[limit.path[0] ?? ''] : undefined
  return typeof value === 'number' ? value : undefined
}

function amount(step: Step): number | undefined {
  return typeof step.fields.n === 'number' ? Math.max(0, step.fields.n) : undefined
}
