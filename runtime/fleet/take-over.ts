/**
 * Taking a partition over. To have read its log to the end is not enough: the last append of the owner before may still be on
 * its way, and a new owner that has nothing to write would go on without ever knowing of it. So it writes first.
 *
 * Invariants:
 * 1. The claim stands in the slot after the last one read: from then on whatever a former owner still had on its way is fenced,
 *    and nothing is served, sent or carried out before.
 * 2. A daemon that cannot serve the partition claims nothing, and fences nobody.
 * 3. It ends, whatever the log does; what a silent log answers later is neither told nor claimed.
 */
import { attended, type Silent, type TakingLog } from './attend.ts'
import type { Clock } from './clock.ts'
import type { PartitionState } from './partition-state.ts'
import { type CommitRecord, encodeRecord, RECORD_VERSION } from './record.ts'
import { type Recovered, type Refused, read, type Standing } from './recover.ts'

/** Every lost claim means that somebody else wrote; one who writes this often meanwhile is alive and will hear of its lease. */
export const CLAIMS_MAX = 64
/** A replica that lags does not show the slot that fenced us yet: it is asked again after this. */
const LAG_MS = 50

export interface Claimant {
  readonly writer: string
  readonly clock: Clock
  readonly awakeMax: number
  /** Why it cannot serve a partition in this state; undefined when it can. */
  readonly whyNot: (state: PartitionState) => string | undefined
  /** Hash of the policy with the say. */
  readonly standing: (state: PartitionState) => string
}

export type TakenOver =
  | (Extract<Recovered, { kind: 'recovered' }> & { readonly claim: CommitRecord })
  | Refused
  /** Somebody alive writes there; a later try may find the partition given up. */
  | { readonly kind: 'contested' }
  | Silent

/** `onRecord` hears of the records that stood there, in order, once each; the claim of one's own is in the answer. */
export async function takeOver(
  log: TakingLog,
  partition: number,
  claimant: Claimant,
  onRecord: (record: CommitRecord) => void,
): Promise<TakenOver> {
  return attended(log, claimant.clock, (heard) => taking(heard, partition, claimant, onRecord))
}

async function taking(
  log: TakingLog,
  partition: number,
  claimant: Claimant,
  onRecord: (record: CommitRecord) => void,
): Promise<Exclude<TakenOver, Silent>> {
  const { awakeMax, clock, whyNot } = claimant
  const reading = await read(log, partition, onRecord, awakeMax)
  let { recovered } = reading
  for (let claims = 1; claims <= CLAIMS_MAX; claims++) {
    if (recovered.kind === 'refused') return recovered
    const unfit = whyNot(recovered.state)
    if (unfit !== undefined) return { kind: 'refused', message: unfit }
    const claimed = await claim(log, partition, claimant, recovered)
    if (claimed !== undefined) return { ...recovered, ...claimed }
    const { rev } = recovered.state
    recovered = await reading.on()
    if (recovered.kind === 'recovered' && recovered.state.rev === rev)
      await new Promise<void>((resolve) => clock.after(LAG_MS, resolve))
  }
  return { kind: 'contested' }
}

/** What stands in the log with the claim; undefined when another was first. */
async function claim(
  log: TakingLog,
  partition: number,
  { writer, clock, standing }: Claimant,
  { state, whole, bytesSince, recordBytesSince }: Standing,
): Promise<(Pick<Standing, 'bytesSince' | 'recordBytesSince'> & { claim: CommitRecord }) | undefined> {
  const rev = state.rev + 1
  const parts = rev - state.recordRev - 1
  const record: CommitRecord = {
    version: RECORD_VERSION,
    partition,
    rev,
    at: Math.max(clock.now(), state.at),
    policy: standing(state),
    position: state.position,
    sentThrough: state.sentThrough,
    ...(whole > 0 ? { whole } : {}),
    ...(parts > 0 ? { parts } : {}),
    claim: true,
    turns: [],
  }
  const bytes = encodeRecord(record)
  const appended = await log.append({
    partition,
    rev,
    id: `${writer}.${partition}.${rev}.claim`,
    record: bytes,
  })
  if (appended.kind !== 'owned') return undefined
  state.fold(record)
  return {
    claim: record,
    bytesSince: bytesSince + bytes.length,
    recordBytesSince: recordBytesSince + bytes.length,
  }
}
