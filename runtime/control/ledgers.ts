/** Limits across the fleet as an operator asks for them: what is counted, whose outcome is open, and a person's word on it. */
import type { JsonObject } from '#dsl/judge/step.ts'
import type { People } from '#runtime/fleet/definition.ts'
import type { LedgerEntry } from '#runtime/fleet/ledger/entries.ts'

export interface LedgerLine {
  readonly ledger: string
  readonly check: string
  readonly counted: string
  readonly holds: readonly HoldLine[]
}

export interface HoldLine {
  readonly hold: string
  readonly agent: string
  readonly since: string
  readonly step: string
  readonly fields: JsonObject
  readonly overdue: boolean
  /** Why nobody knows what became of it. */
  readonly unsure?: string
}

export function ledgerLine({ ledger, check, counted, holds }: LedgerEntry): LedgerLine {
  return {
    ledger,
    check: check ?? 'of no policy in force',
    counted,
    holds: holds.map(({ id, since, ...hold }) => ({
      hold: id,
      since: new Date(since).toISOString(),
      ...hold,
    })),
  }
}

/** Holds that want a person: those nobody knows the outcome of, and those open for long. */
export function overdueHolds(entries: readonly LedgerEntry[]): number {
  return entries
    .flatMap(({ holds }) => holds)
    .filter(({ overdue, unsure }) => overdue || unsure !== undefined).length
}

/** Why `by` may not say what became of a step; undefined when they may. */
export function mayResolve(people: People | undefined, by: string): string | undefined {
  if (people && Object.hasOwn(people, by)) return undefined
  return `the fleet file knows nobody called \`${by}\``
}
