/** What a partition keeps, where, and for how long. */
import { SLOT_KEPT_MS_MIN } from '#runtime/log/port.ts'
import type { Cut } from './snapshot-format.ts'

export interface Keeping {
  /** Conversations kept as objects, some kilobytes each, by all partitions of a process together; the others are bytes. */
  readonly awakeMax: number
  /** A snapshot is taken once the records since the last one take so many bytes, or as many as that snapshot did. */
  readonly snapshotAfterBytes: number
  /** Bytes in one part of a snapshot: commits wait for one part at a time. */
  readonly snapshotPartBytes: number
  /** Slots behind the newest whole snapshot are kept for audits for this long … */
  readonly slotsKeptMs: number
  /** … or until all slots take more than this; those of the last minute or so are kept whatever they take. */
  readonly slotsKeptBytes: number
  /** Inbox messages held in memory: the reader pauses there, and goes on from half of it. */
  readonly inboxMax: number
}

const DAY_MS = 24 * 60 * 60 * 1000

/** But for `awakeMax`, of one partition. */
export const KEEPING: Keeping = {
  awakeMax: 32_768,
  snapshotAfterBytes: 32 * 1024 * 1024,
  snapshotPartBytes: 512 * 1024,
  slotsKeptMs: 7 * DAY_MS,
  slotsKeptBytes: 256 * 1024 * 1024,
  inboxMax: 2_000,
}

/** What the log itself keeps, and a little for clocks that differ. */
const TOO_YOUNG_MS = SLOT_KEPT_MS_MIN + 5_000

/** The newest cut behind which everything is too old or too much. */
export function lastToDrop(
  cuts: readonly Cut[],
  now: number,
  bytesSince: number,
  { slotsKeptMs, slotsKeptBytes }: Keeping,
): Cut | undefined {
  let kept = bytesSince
  for (const cut of cuts.toReversed()) {
    const age = now - cut.at
    if (age > slotsKeptMs || (kept > slotsKeptBytes && age > TOO_YOUNG_MS)) return cut
    kept += cut.bytes
  }
  return undefined
}
