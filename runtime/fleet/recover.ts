/**
 * Bringing a partition back: its newest whole snapshot, and the commit records after it.
 *
 * Invariants:
 * 1. What is read is dense: a missing slot is said, never passed over.
 * 2. A snapshot that is not whole counts for nothing; whole means that its last part stands in its slot.
 */
import { type FleetLog, LogClosed, type Slot } from '#runtime/log/port.ts'
import { KEEPING } from './keeping.ts'
import { PartitionState } from './partition-state.ts'
import type { CommitRecord } from './record.ts'
import { SnapshotReader } from './snapshot.ts'
import { type Cut, decodeSlot } from './snapshot-format.ts'

/** Reading starts over when another owner forgets slots meanwhile; that it does so again and again is not to be waited for. */
const TRIES_MAX = 5

export interface Standing {
  readonly state: PartitionState
  /** Base of the newest whole snapshot; 0 when there is none. */
  readonly whole: number
  readonly cuts: readonly Cut[]
  /** Bytes of that snapshot; of the slots since its base, and of the records among them. */
  readonly wholeBytes: number
  readonly bytesSince: number
  readonly recordBytesSince: number
}

export type Recovered = ({ readonly kind: 'recovered'; readonly records: number } & Standing) | Refused

interface Refused {
  readonly kind: 'refused'
  readonly message: string
}

/** `onRecord` hears of the records folded, in order, once each. */
export async function recover(
  log: FleetLog,
  partition: number,
  onRecord: (record: CommitRecord) => void,
  awakeMax = KEEPING.awakeMax,
): Promise<Recovered> {
  let told = 0
  const tell = (record: CommitRecord) => {
    if (record.rev <= told) return
    told = record.rev
    onRecord(record)
  }
  for (let tries = 1; ; tries++) {
    const newest = await log.newest(partition)
    const whole = newest === undefined ? 0 : wholeBy(newest)
    if (typeof whole !== 'number') return whole
    const read = await readFrom(log, partition, whole, tell, awakeMax)
    if (read.kind === 'recovered' || tries === TRIES_MAX) return read
    if ((await log.newest(partition))?.rev === newest?.rev) return read
  }
}

/** Base of the newest whole snapshot, as the newest slot names it. */
function wholeBy(newest: Slot): number | Refused {
  const slot = decodeSlot(newest.record)
  if (slot.kind === 'refused') return unreadable(newest, slot.message)
  if (slot.kind === 'record') return slot.record.whole ?? 0
  return slot.head.last ? slot.head.base : slot.head.whole
}

async function readFrom(
  log: FleetLog,
  partition: number,
  base: number,
  onRecord: (record: CommitRecord) => void,
  awakeMax: number,
): Promise<Recovered> {
  let state = base === 0 ? new PartitionState() : undefined
  let cuts: readonly Cut[] = []
  let whole = base
  let wholeBytes = 0
  let records = 0
  let rev = base
  /** Bytes of slots read, of the records among them, and of the parts of the snapshot being read. */
  const bytes = { read: 0, records: 0, parts: 0 }
  let began = { read: 0, records: 0 }
  let since = began
  const reader = new SnapshotReader()
  /** Records that stand between the parts of the snapshot they come after. */
  let held: CommitRecord[] = []
  const fold = (record: CommitRecord) => {
    state!.fold(record)
    records++
    onRecord(record)
  }
  try {
    for await (const slot of log.read(partition, base + 1)) {
      if (slot.rev !== rev + 1) return missing(partition, rev + 1, slot.rev)
      rev = slot.rev
      const decoded = decodeSlot(slot.record)
      if (decoded.kind === 'refused') return unreadable(slot, decoded.message)
      if (decoded.kind === 'record') {
        bytes.records += slot.record.length
        if (state) fold(decoded.record)
        else held.push(decoded.record)
      } else {
        if (decoded.head.index === 0) {
          bytes.parts = 0
          began = { ...bytes }
        }
        bytes.parts += slot.record.length
        const read = reader.take(decoded)
        if (read) {
          whole = decoded.head.base
          wholeBytes = bytes.parts
          since = began
          cuts = read.cuts
          if (!state) {
            state = read.state
            for (const record of held) fold(record)
            held = []
          }
        }
      }
      bytes.read += slot.record.length
      state?.rest(awakeMax)
    }
  } catch (cause) {
    if (cause instanceof LogClosed) throw cause
    return { kind: 'refused', message: (cause as Error).message }
  }
  if (!state)
    return {
      kind: 'refused',
      message: `partition ${partition}: the snapshot after slot ${base} is not whole`,
    }
  state.rev = rev
  return {
    kind: 'recovered',
    records,
    state,
    whole,
    cuts,
    wholeBytes,
    bytesSince: bytes.read - since.read,
    recordBytesSince: bytes.records - since.records,
  }
}

function missing(partition: number, wanted: number, found: number): Refused {
  return {
    kind: 'refused',
    message: `partition ${partition}: slot ${wanted} is missing (found ${found})`,
  }
}

function unreadable({ partition, rev }: Slot, message: string): Refused {
  return { kind: 'refused', message: `slot ${rev} of partition ${partition}: ${message}` }
}
