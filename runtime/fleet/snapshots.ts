/**
 * When a partition takes snapshots, and how much of its log it keeps behind them.
 *
 * Invariants:
 * 1. Slots are dropped only up to the base of a snapshot that is whole, so that what is left always begins with one.
 * 2. Writing snapshots takes at most about as many bytes as writing records: the next one is due when the records since the
 *    last take as much as it did.
 */
import type { FleetLog } from '#runtime/log/port.ts'
import { type Keeping, lastToDrop } from './keeping.ts'
import type { Standing } from './recover.ts'
import { SnapshotWriter } from './snapshot.ts'
import { type Cut, encodePart } from './snapshot-format.ts'

export class Snapshots {
  readonly #log: Pick<FleetLog, 'forgetSlots'>
  readonly #partition: number
  readonly #standing: Standing
  readonly #keeping: Keeping
  #cuts: readonly Cut[]
  #whole: number
  #wholeBytes: number
  #since: { slots: number; records: number }
  #writer: SnapshotWriter | undefined
  #partBytes = 0
  /** Bytes since the snapshot under way was begun. */
  #sinceBegun = { slots: 0, records: 0 }
  #last = false

  constructor(log: Pick<FleetLog, 'forgetSlots'>, partition: number, standing: Standing, keeping: Keeping) {
    this.#log = log
    this.#partition = partition
    this.#standing = standing
    this.#keeping = keeping
    this.#cuts = standing.cuts
    this.#whole = standing.whole
    this.#wholeBytes = standing.wholeBytes
    this.#since = { slots: standing.bytesSince, records: standing.recordBytesSince }
  }

  /** Base of the newest whole snapshot; 0 when there is none. */
  get whole(): number {
    return this.#whole
  }

  get busy(): boolean {
    return this.#writer !== undefined
  }

  /** What to write into the next slot, when it is a snapshot's turn. To be asked between two batches only. */
  next(): Uint8Array | undefined {
    if (!this.#writer && this.#due) {
      const { state } = this.#standing
      const cut = { rev: state.rev, at: state.at, bytes: this.#since.slots }
      this.#writer = new SnapshotWriter(
        state,
        this.#whole,
        [...this.#cuts, cut],
        this.#keeping.snapshotPartBytes,
      )
      this.#cuts = [...this.#cuts, cut]
      this.#partBytes = 0
      this.#sinceBegun = { slots: 0, records: 0 }
    }
    if (!this.#writer) return undefined
    const part = this.#writer.next()
    this.#last = part.head.last
    const bytes = encodePart(part)
    this.#partBytes += bytes.length
    return bytes
  }

  /** A slot of so many bytes is written: a record's, or the part given last. */
  wrote(bytes: number, kind: 'record' | 'part'): void {
    for (const since of [this.#since, this.#sinceBegun]) {
      since.slots += bytes
      if (kind === 'record') since.records += bytes
    }
    if (!this.#writer) return
    if (kind === 'record' || !this.#last) return
    this.#whole = this.#writer.base
    this.#wholeBytes = this.#partBytes
    this.#since = this.#sinceBegun
    this.#sinceBegun = { slots: 0, records: 0 }
    this.#writer = undefined
    this.#last = false
    this.#forget()
  }

  stop(): void {
    this.#writer?.close()
  }

  get #due(): boolean {
    return this.#since.records >= Math.max(this.#keeping.snapshotAfterBytes, this.#wholeBytes)
  }

  #forget(): void {
    const { state } = this.#standing
    const cut = lastToDrop(this.#cuts, state.at, this.#since.slots, this.#keeping)
    if (!cut) return
    this.#cuts = this.#cuts.filter(({ rev }) => rev >= cut.rev)
    // When it fails, the next snapshot's does it too.
    this.#log.forgetSlots(this.#partition, cut.rev).catch(() => {})
  }
}
