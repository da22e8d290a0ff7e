/** What the runtime tells a machine of what was decided about it, and what became of what was owed. */
import type { Cells } from '#dsl/judge/cells.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import type { Reason, Verdict } from '#dsl/judge/verdict.ts'
import type { Event } from './situation.ts'

export const UNPAID = 'the budget is spent'

export function errorEvent(id: string, error: string): Event {
  return { type: `xstate.error.actor.${id}`, actorId: id, error: { message: error } }
}

/** `attempts`: denials in a row, with this one. */
export function deniedEvent(reasons: readonly Reason[], attempts: number): Event {
  return {
    type: 'parapet.denied',
    what: namesOf(reasons),
    reasons: reasons.map(({ check, found, because, remedy }) => ({
      check,
      found,
      ...(because !== undefined && { because }),
      ...(remedy !== undefined && { remedy }),
    })),
    next: reasons.flatMap(({ next }) => next.map((one) => ({ ...one, with: { ...one.with } }))),
    attempts,
  }
}

export function namesOf(reasons: readonly Reason[]): string {
  return [...new Set(reasons.map(({ check }) => check))].join(', ')
}

/** What is said of obligations that were owed until `at`, in milliseconds since the epoch. */
export function brokenBy(judge: Judge, cells: Cells, at: number): readonly Verdict[] {
  return [...cells.entries()].flatMap(([cell]) => judge.overdue(cells, cell, at) ?? [])
}
