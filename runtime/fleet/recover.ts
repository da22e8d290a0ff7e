/**
 * Bringing a partition back: its newest whole snapshot, and the commit records after it. Who only reads does not own what it has
 * read: another slot may be on its way (`take-over.ts`).
 *
 * Invariants:
 * 1. What is read is dense: a missing slot is said, never passed over.
 * 2. A snapshot that is not whole counts for nothing; whole means that all its parts stand in their slots as they were written.
 *    One that is damaged is passed over for the one before it, as long as the slots since then are kept.
 */
import { type FleetLog, LogClosed, type Slot } from '#runtime/log/port.ts'
import { PartitionState } from './partition-state.ts'
import type { CommitRecord } from './record.ts'
import { SnapshotReader } from './snapshot.ts'
import { type Cut, decodeSlot } from './snapshot-format.ts'

/** What is asked of a log to read it. */
type ReadLog = Pick<FleetLog, 'newest' | 'read'>

/** Reading starts over when another owner forgets slots meanwhile; that it does so again and again is not to be waited for. */
const TRIES_MAX = 5

/** Conversations awake while a partition is read, unless said otherwise. */
const AWAKE_MAX = 8_192

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

/** `records`: those folded, claims left out. */
export type Recovered = ({ readonly kind: 'recovered'; readonly records: number } & Standing) | Refused

export interface Refused {
  readonly kind: 'refused'
  readonly message: string
}

/** `onRecord` hears of the records folded, in order, once each. */
export async function recover(
  log: ReadLog,
  partition: number,
  onRecord: (record: CommitRecord) => void,
  awakeMax = AWAKE_MAX,
): Promise<Recovered> {
  return (await read(log, partition, onRecord, awakeMax)).recovered
}

export interface Read {
  readonly recovered: Recovered
  /** Reads what has been written since; the state is the same one, further on. */
  readonly on: () => Promise<Recovered>
}

export async function read(
  log: ReadLog,
  partition: number,
  onRecord: (record: CommitRecord) => void,
  awakeMax: number,
): Promise<Read> {
  let told = 0
  const tell = (record: CommitRecord) => {
    if (record.rev <= told) return
    told = record.rev
    onRecord(record)
  }
  for (let tries = 1; ; tries++) {
    const newest = await log.newest(partition)
    const whole = newest === undefined ? 0 : wholeBy(newest)
    if (typeof whole !== 'number') return { recovered: whole, on: async () => whole }
    let reading = new Reading(log, partition, whole, tell, awakeMax)
    let recovered = await reading.on()
    for (; recovered.kind === 'refused' && reading.before !== undefined; recovered = await reading.on())
      reading = new Reading(log, partition, reading.before, tell, awakeMax)
    if (recovered.kind === 'refused' && reading.base !== whole)
      recovered = damaged(partition, whole, recovered)
    const done =
      recovered.kind === 'recovered' ||
      tries === TRIES_MAX ||
      (await log.newest(partition))?.rev === newest?.rev
    if (done) return { recovered, on: () => reading.on() }
  }
}

/** Base of the newest whole snapshot, as the newest slot names it. */
function wholeBy(newest: Slot): number | Refused {
  const slot = decodeSlot(newest.record)
  if (slot.kind === 'refused') return unreadable(newest, slot.message)
  if (slot.kind === 'record') return slot.record.whole ?? 0
  return slot.head.last ? slot.head.base : slot.head.whole
}

class Reading {
  readonly #log: ReadLog
  readonly #partition: number
  readonly base: number
  /** Base of the snapshot before the one at `base`, once that has been found damaged. */
  before: number | undefined
  readonly #onRecord: (record: CommitRecord) => void
  readonly #awakeMax: number
  readonly #reader = new SnapshotReader()
  #state: PartitionState | undefined
  #cuts: readonly Cut[] = []
  #whole: number
  #wholeBytes = 0
  #records = 0
  #rev: number
  /** Bytes of slots read, of the records among them, and of the parts of the snapshot being read. */
  readonly #bytes = { read: 0, records: 0, parts: 0 }
  #began = { read: 0, records: 0 }
  #since = this.#began
  /** Records that stand between the parts of the snapshot they come after. */
  #held: CommitRecord[] = []

  constructor(
    log: ReadLog,
    partition: number,
    base: number,
    onRecord: (record: CommitRecord) => void,
    awakeMax: number,
  ) {
    this.#log = log
    this.#partition = partition
    this.base = base
    this.#onRecord = onRecord
    this.#awakeMax = awakeMax
    this.#whole = base
    this.#rev = base
    if (base === 0) this.#state = new PartitionState()
  }

  async on(): Promise<Recovered> {
    try {
      for await (const slot of this.#log.read(this.#partition, this.#rev + 1)) {
        const refused = this.#take(slot)
        if (refused) return refused
      }
    } catch (cause) {
      if (cause instanceof LogClosed) throw cause
      return { kind: 'refused', message: (cause as Error).message }
    }
    const state = this.#state
    if (!state)
      return {
        kind: 'refused',
        message: `partition ${this.#partition}: the snapshot after slot ${this.base} is not whole`,
      }
    state.rev = this.#rev
    return {
      kind: 'recovered',
      records: this.#records,
      state,
      whole: this.#whole,
      cuts: this.#cuts,
      wholeBytes: this.#wholeBytes,
      bytesSince: this.#bytes.read - this.#since.read,
      recordBytesSince: this.#bytes.records - this.#since.records,
    }
  }

  #take(slot: Slot): Refused | undefined {
    if (slot.rev !== this.#rev + 1) return missing(this.#partition, this.#rev + 1, slot.rev)
    this.#rev = slot.rev
    const decoded = decodeSlot(slot.record)
    if (decoded.kind === 'refused') return unreadable(slot, decoded.message)
    if (decoded.kind === 'record') {
      this.#bytes.records += slot.record.length
      if (this.#state) this.#fold(this.#state, decoded.record)
      else this.#held.push(decoded.record)
    } else {
      if (decoded.head.index === 0) {
        this.#bytes.parts = 0
        this.#began = { ...this.#bytes }
      }
      this.#bytes.parts += slot.record.length
      const { base, whole } = decoded.head
      if (decoded.damaged && base === this.base && whole < base) this.before = whole
      const read = this.#reader.take(decoded)
      if (read) {
        this.#whole = decoded.head.base
        this.#wholeBytes = this.#bytes.parts
        this.#since = this.#began
        this.#cuts = read.cuts
        if (!this.#state) {
          this.#state = read.state
          for (const record of this.#held) this.#fold(read.state, record)
          this.#held = []
        }
      }
    }
    this.#bytes.read += slot.record.length
    this.#state?.rest(this.#awakeMax)
    return undefined
  }

  #fold(state: PartitionState, record: CommitRecord): void {
    state.fold(record)
    this.#records += record.claim ? 0 : 1
    this.#onRecord(record)
  }
}

function missing(partition: number, wanted: number, found: number): Refused {
  return {
    kind: 'refused',
    message: `partition ${partition}: slot ${wanted} is missing (found ${found})`,
  }
}

function damaged(partition: number, whole: number, { message }: Refused): Refused {
  return {
    kind: 'refused',
    message: `partition ${partition}: the snapshot after slot ${whole} is damaged, and there is none before it to begin from: ${message}`,
  }
}

function unreadable({ partition, rev }: Slot, message: string): Refused {
  return { kind: 'refused', message: `slot ${rev} of partition ${partition}: ${message}` }
}
