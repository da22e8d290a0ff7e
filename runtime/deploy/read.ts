/** Rollouts as they come over the wire: what is no rollout is nothing. */
import { isPolicyHash } from './bundle.ts'
import type { Bound, Candidate, Rollout, Stage } from './rollout.ts'
import { SHARE_WHOLE } from './rollout.ts'

/** Stages of one rollout. */
const STAGES_MAX = 10
const TEXT_CHARS_MAX = 2_000

export function readRollout(value: unknown): Rollout | undefined {
  if (!isRecord(value)) return undefined
  const { number, id, by, why, at, standing, before, candidate, warmUp } = value
  if (!isCount(number) || number < 1 || !isCount(at)) return undefined
  if (!isText(id) || !isText(by) || !isText(why) || !isPolicyHash(standing)) return undefined
  if (warmUp !== 'none' && warmUp !== 'replay') return undefined
  if (before !== undefined && !isPolicyHash(before)) return undefined
  const tried = candidate === undefined ? undefined : readCandidate(candidate)
  if (candidate !== undefined && tried === undefined) return undefined
  return {
    number,
    id,
    by,
    why,
    at,
    standing,
    ...(before !== undefined && { before }),
    ...(tried && { candidate: tried }),
    warmUp,
  }
}

function readCandidate(value: unknown): Candidate | undefined {
  if (!isRecord(value)) return undefined
  const { hash, stage, share, until, after, bound } = value
  if (!isPolicyHash(hash) || (stage !== 'shadow' && stage !== 'canary') || !isShare(share)) return undefined
  if (until !== undefined && !isCount(until)) return undefined
  const stages = readStages(after)
  const limits = bound === undefined ? undefined : readBound(bound)
  if (stages === undefined || (bound !== undefined && limits === undefined)) return undefined
  return {
    hash,
    stage,
    share,
    ...(until !== undefined && { until }),
    after: stages,
    ...(limits && { bound: limits }),
  }
}

export function readStages(value: unknown): Stage[] | undefined {
  if (!Array.isArray(value) || value.length > STAGES_MAX) return undefined
  const stages = value.map(readStage)
  return stages.includes(undefined) ? undefined : stages.filter((each) => each !== undefined)
}

function readStage(value: unknown): Stage | undefined {
  if (!isRecord(value)) return undefined
  const { stage, share, forMs } = value
  if ((stage !== 'shadow' && stage !== 'canary' && stage !== 'enforce') || !isShare(share)) return undefined
  if (forMs !== undefined && !isCount(forMs)) return undefined
  return { stage, share, ...(forMs !== undefined && { forMs }) }
}

export function readBound(value: unknown): Bound | undefined {
  if (!isRecord(value)) return undefined
  const { changedMost, deniedMost } = value
  if (changedMost !== undefined && !isPart(changedMost)) return undefined
  if (deniedMost !== undefined && !isPart(deniedMost)) return undefined
  return {
    ...(changedMost !== undefined && { changedMost }),
    ...(deniedMost !== undefined && { deniedMost }),
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= TEXT_CHARS_MAX
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
const isShare = (value: unknown): value is number => isCount(value) && value <= SHARE_WHOLE
const isPart = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1
