/** What has been seen of a candidate in one partition, counted from its records. */
import type { Candidate } from '#runtime/deploy/rollout.ts'
import type { CommitRecord, TurnOutcome } from './record.ts'

export interface Trial {
  /** Steps judged by both policies, and those with another verdict. */
  steps: number
  changed: number
  /** Steps of which the one beside could not tell, as only a detector or a ledger could; not among `steps`. */
  unknown: number
  /** Turns, and those that were denied or not let in, by who judged. */
  standingTurns: number
  standingDenied: number
  candidateTurns: number
  candidateDenied: number
}

export const noTrial = (): Trial => ({
  steps: 0,
  changed: 0,
  unknown: 0,
  standingTurns: 0,
  standingDenied: 0,
  candidateTurns: 0,
  candidateDenied: 0,
})

const DENIED: ReadonlySet<TurnOutcome> = new Set<TurnOutcome>(['denied', 'refused', 'quarantined'])

/** Counts a record's turns; those in which nothing was judged say nothing. */
export function countTrial(
  trial: Trial,
  { hash }: Candidate,
  { policy, turns }: Pick<CommitRecord, 'policy' | 'turns'>,
): void {
  for (const turn of turns) {
    if (turn.steps === 0) continue
    const denied = DENIED.has(turn.outcome) ? 1 : 0
    const unknown = turn.beside?.unknown ?? 0
    trial.steps += turn.steps - unknown
    trial.unknown += unknown
    trial.changed += turn.beside?.changed ?? 0
    if ((turn.policy ?? policy) === hash) {
      trial.candidateTurns++
      trial.candidateDenied += denied
    } else {
      trial.standingTurns++
      trial.standingDenied += denied
    }
  }
}
