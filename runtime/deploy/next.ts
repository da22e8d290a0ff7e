/** What becomes of a rollout: made by hand, by time, or by its bound. Pure: who makes one passes its name and the time. */
import type { Bound, Candidate, Rollout, Stage, WarmUp } from './rollout.ts'

/** Below so many steps or turns a share says nothing yet. */
export const SAMPLE_MIN = 20

/** Who makes a rollout, and when. */
export interface Making {
  readonly id: string
  readonly by: string
  readonly at: number
}

/** What was seen of a candidate in all partitions together. */
export interface Seen {
  readonly steps: number
  readonly changed: number
  readonly standingTurns: number
  readonly standingDenied: number
  readonly candidateTurns: number
  readonly candidateDenied: number
}

/** What judges now: the newest rollout, or the fleet file's policy before the first. */
export interface Standing {
  readonly hash: string
  readonly rollout: Rollout | undefined
}

/** A version on its way: the first of `stages` begins at once. One that is tried already gives way to it. */
export function deployed(
  now: Standing,
  hash: string,
  stages: readonly Stage[],
  given: { readonly bound?: Bound; readonly warmUp: WarmUp },
  making: Making,
): Rollout {
  const [first, ...after] = stages
  const base = { number: numberAfter(now), ...making, standing: now.hash, warmUp: given.warmUp }
  const before = now.rollout?.before
  if (first === undefined || first.stage === 'enforce')
    return { ...base, why: 'deployed', standing: hash, before: now.hash }
  const candidate = candidateAt(hash, first, after, given.bound, making.at)
  return {
    ...base,
    why: `deployed to the ${first.stage}`,
    ...(before !== undefined && { before }),
    candidate,
  }
}

/** The candidate is given up; or, when there is none, the last known good judges again. Undefined: there is nowhere to go back to. */
export function rolledBack(now: Rollout, why: string, warmUp: WarmUp, making: Making): Rollout | undefined {
  const { number, standing, before, candidate } = now
  const base = { number: number + 1, ...making, why, warmUp }
  if (candidate) return { ...base, standing, ...(before !== undefined && { before }) }
  return before === undefined ? undefined : { ...base, standing: before }
}

/** The rollout that follows by itself: back when a bound is passed, on when the stage's time is over. */
export function next(now: Rollout, seen: Seen, making: Making): Rollout | undefined {
  const { candidate } = now
  if (candidate === undefined) return undefined
  const broken = whyOver(candidate.bound, seen)
  if (broken !== undefined) return rolledBack(now, `taken back: ${broken}`, 'none', making)
  if (candidate.until === undefined || making.at < candidate.until) return undefined
  const [stage, ...after] = candidate.after
  if (stage === undefined) return undefined
  const standing = { hash: now.standing, rollout: now }
  const given = { ...(candidate.bound && { bound: candidate.bound }), warmUp: now.warmUp }
  return deployed(standing, candidate.hash, [stage, ...after], given, making)
}

/** Which bound is passed, in words. */
function whyOver(bound: Bound | undefined, seen: Seen): string | undefined {
  const { changedMost, deniedMost } = bound ?? {}
  if (changedMost !== undefined && seen.steps >= SAMPLE_MIN && seen.changed > changedMost * seen.steps)
    return `${seen.changed} of ${seen.steps} verdicts changed, over ${percent(changedMost)}`
  if (deniedMost === undefined || seen.candidateTurns < SAMPLE_MIN) return undefined
  const denied = seen.candidateDenied / seen.candidateTurns
  const usual = seen.standingTurns === 0 ? 0 : seen.standingDenied / seen.standingTurns
  if (denied - usual <= deniedMost) return undefined
  return `${percent(denied)} of its turns were denied, ${percent(usual)} of the others; over ${percent(deniedMost)} more`
}

export const percent = (part: number): string => `${Number((part * 100).toFixed(2))}%`

function numberAfter({ rollout }: Standing): number {
  return (rollout?.number ?? 0) + 1
}

function candidateAt(
  hash: string,
  { stage, share, forMs }: Stage,
  after: readonly Stage[],
  bound: Bound | undefined,
  at: number,
): Candidate {
  return {
    hash,
    stage: stage === 'canary' ? 'canary' : 'shadow',
    share: stage === 'canary' ? share : 0,
    ...(forMs !== undefined && { until: at + forMs }),
    after,
    ...(bound && { bound }),
  }
}
