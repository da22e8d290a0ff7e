/** What a run did, counted from its committed records: the same figures live, after a crash, or read from the log. */
import type { Reason } from '#dsl/judge/verdict.ts'
import type { CommitRecord, TurnOutcome, TurnRecord } from '#runtime/fleet/record.ts'
import { Spending } from './spending.ts'

export interface CheckTally {
  readonly check: string
  readonly kind: string
  denied: number
  asked: number
  repaired: number
  warned: number
  shadow: number
  /** Fired because something could not be decided. */
  unknown: number
  /** One reason as it was given, to show. */
  example: string
}

/** Counted by name; what speaks beyond them is counted together. */
export const CHECKS_MAX = 10_000
export const OTHER_CHECKS = 'other checks'

export class Tally {
  records = 0
  turns = 0
  steps = 0
  messages = 0
  readonly outcomes: Partial<Record<TurnOutcome, number>> = {}
  readonly checks = new Map<string, CheckTally>()
  conversationsStarted = 0
  conversationsEnded = 0
  readonly spending = new Spending()
  readonly decisions = { granted: 0, refused: 0 }
  /** A turn in which a rule stopped something, as `parapet explain` takes it. */
  example: string | undefined

  add(record: CommitRecord): void {
    // It says who serves, not what was done.
    if (record.claim) return
    this.records++
    for (const turn of record.turns) {
      this.turns++
      this.steps += turn.steps
      this.spending.add(turn)
      this.outcomes[turn.outcome] = (this.outcomes[turn.outcome] ?? 0) + 1
      // A conversation counts its turns.
      if (turn.turn === 1) this.conversationsStarted++
      if (turn.input.kind === 'message') this.messages++
      if (turn.input.kind === 'decision' && turn.outcome !== 'ignored')
        this.decisions[turn.input.grant ? 'granted' : 'refused']++
      for (const change of turn.changes) if (change.kind === 'end') this.conversationsEnded++
      for (const { step, verdict } of turn.judged ?? [])
        if (verdict.kind === 'deny' && turn.outcome === 'denied')
          this.example ??= `${step.conversation}#${step.turn}`
      // What waits to know more is judged again, all of it.
      if (turn.outcome === 'gathering') continue
      for (const { verdict } of turn.judged ?? [])
        for (const reason of verdict.reasons) if (!isGranted(turn, reason)) this.#reason(reason)
    }
  }

  #reason(reason: Reason): void {
    // A message that no policy declares is named by whoever sends it.
    const check = this.checks.size < CHECKS_MAX || this.checks.has(reason.check) ? reason.check : OTHER_CHECKS
    let tally = this.checks.get(check)
    if (!tally) {
      tally = {
        check,
        kind: reason.checkKind,
        denied: 0,
        asked: 0,
        repaired: 0,
        warned: 0,
        shadow: 0,
        unknown: 0,
        example: '',
      }
      this.checks.set(check, tally)
    }
    if (tally.example === '') tally.example = reason.found
    if (reason.outcome === 'unknown') tally.unknown++
    if (reason.shadow) tally.shadow++
    else if (reason.action === 'deny' || reason.action === 'quarantine') tally.denied++
    else if (reason.action === 'ask') tally.asked++
    else if (reason.action === 'repair') tally.repaired++
    else if (reason.action === 'warn' || reason.action === 'alert') tally.warned++
  }
}

/** It was asked in an earlier turn, and counted there. */
function isGranted({ grounds }: TurnRecord, { action, check }: Reason): boolean {
  return action === 'ask' && grounds?.approved?.includes(check) === true
}
