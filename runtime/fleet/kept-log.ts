/**
 * A partition's log as it is kept, for those who look back: from its first slot on, or, when slots have been forgotten, from
 * the state that the oldest snapshot gives.
 */
import type { FleetLog } from '#runtime/log/port.ts'
import type { PartitionState } from './partition-state.ts'
import type { CommitRecord } from './record.ts'
import { SnapshotReader } from './snapshot.ts'
import { decodeSlot } from './snapshot-format.ts'

export type Kept =
  /** Slots up to `forgotten` are gone; `state` is what they came to. */
  | {
      readonly kind: 'begins'
      readonly partition: number
      readonly forgotten: number
      readonly state: PartitionState
    }
  | { readonly kind: 'record'; readonly record: CommitRecord }
  | { readonly kind: 'refused'; readonly rev: number; readonly message: string }

/** Ends after the first slot that is refused. */
export async function* keptLog(log: FleetLog, partition: number): AsyncGenerator<Kept> {
  const reader = new SnapshotReader()
  /** Records between the parts of the first snapshot; nothing is held once that is whole, or when nothing is gone. */
  let held: CommitRecord[] | undefined
  let first = true
  for await (const { rev, record: bytes } of log.read(partition, 1)) {
    if (first && rev > 1) held = []
    first = false
    const slot = decodeSlot(bytes)
    if (slot.kind === 'refused') {
      yield { ...slot, rev }
      return
    }
    if (slot.kind === 'record') {
      if (held) held.push(slot.record)
      else yield { kind: 'record', record: slot.record }
    } else if (held) {
      const read = reader.take(slot)
      if (!read) continue
      yield { kind: 'begins', partition, forgotten: slot.head.base, state: read.state }
      for (const record of held) yield { kind: 'record', record }
      held = undefined
    }
  }
  if (held)
    yield { kind: 'refused', rev: 0, message: 'no snapshot is whole, and what was before it is forgotten' }
}
