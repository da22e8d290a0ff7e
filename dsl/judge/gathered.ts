/** Judging where what detectors say is at hand, or known not to be: no fleet, nothing to wait for. */
import type { Cells } from './cells.ts'
import { type Evidence, type EvidenceNeed, type Grounds, withGrounds } from './grounds.ts'
import type { Judge } from './judge.ts'
import type { Step } from './step.ts'
import type { Verdict } from './verdict.ts'

/** Cheap looks come first, so that dear ones are asked for later: so many times at most. */
const ROUNDS_MAX = 16

/** The verdict once everything wanted has been answered, and the grounds on which to advance. */
export function decideWith(
  judge: Pick<Judge, 'decide'>,
  cells: Cells,
  step: Step,
  answer: (need: EvidenceNeed) => Evidence,
  given?: Grounds,
): { readonly verdict: Verdict; readonly grounds: Grounds | undefined } {
  let grounds = given
  let verdict = judge.decide(cells, step, grounds)
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const needs = (verdict.needs ?? []).filter((need) => need.kind === 'evidence')
    if (needs.length === 0) break
    grounds = withGrounds(grounds, {
      evidence: Object.fromEntries(needs.map((need) => [need.key, answer(need)])),
    })
    verdict = judge.decide(cells, step, grounds)
  }
  return { verdict, grounds }
}
