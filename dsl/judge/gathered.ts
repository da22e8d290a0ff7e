/** Judging where what detectors say is at hand, or known not to be: no fleet, nothing to wait for. */
import type { Cells } from './cells.ts'
import { type Evidence, type EvidenceNeed, type Grounds, withGrounds } from './grounds.ts'
import type { Judge } from './judge.ts'
import type { Step } from './step.ts'
import type { Verdict } from './verdict.ts'

/** Cheap looks come first, so that dear ones are asked for later: so many times at most. */
const ROUNDS_MAX = 16

/** By the need's key. */
export type Answers = Readonly<Record<string, Evidence>>

export interface Decided {
  readonly verdict: Verdict
  readonly grounds: Grounds | undefined
}

/** The verdict once everything wanted has been answered, and the grounds on which to advance. */
export function decideWith(
  judge: Pick<Judge, 'decide'>,
  cells: Cells,
  step: Step,
  answer: (need: EvidenceNeed) => Evidence,
  given?: Grounds,
): Decided {
  return answered(deciding(judge, cells, step, given), answer)
}

/** The same for whoever has to wait for answers: asks by yielding, goes on with what it is given. */
export function* deciding(
  judge: Pick<Judge, 'decide'>,
  cells: Cells,
  step: Step,
  given?: Grounds,
): Generator<readonly EvidenceNeed[], Decided, Answers> {
  let grounds = given
  let verdict = judge.decide(cells, step, grounds)
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const needs = (verdict.needs ?? []).filter((need) => need.kind === 'evidence')
    if (needs.length === 0) break
    grounds = withGrounds(grounds, { evidence: yield needs })
    verdict = judge.decide(cells, step, grounds)
  }
  return { verdict, grounds }
}

/** Runs it to its end on answers that are at hand. */
export function answered<Result>(
  asking: Generator<readonly EvidenceNeed[], Result, Answers>,
  answer: (need: EvidenceNeed) => Evidence,
): Result {
  let next = asking.next()
  while (!next.done)
    next = asking.next(Object.fromEntries(next.value.map((need) => [need.key, answer(need)])))
  return next.value
}
