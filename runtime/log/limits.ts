/** Bounds every implementation holds its callers to. Crossing one is a bug of the caller, or of the store, so these throw. */
import { MESSAGE_BYTES_MAX, type Outgoing, RECORD_BYTES_MAX, type Slot } from './port.ts'

/** Each partition is a stream of its own: on a cluster, a replicated group that elects its leader. */
export const PARTITIONS_MAX = 64
/** An agent's instance id or a source's name, in UTF-8 bytes. */
export const AGENT_BYTES_MAX = 512
export const SOURCE_BYTES_MAX = 255
/** A record's id, in UTF-16 units; it travels in a header, so printable ASCII only. */
export const SLOT_ID_MAX = 200

const SLOT_ID = /^[\x21-\x7e]+$/

export function checkMessage(message: Outgoing, partitions: number): void {
  checkPartition(message.partition, partitions)
  checkName('agent', message.agent, AGENT_BYTES_MAX)
  checkName('source', message.source, SOURCE_BYTES_MAX)
  if (!Number.isSafeInteger(message.seq) || message.seq < 1) {
    throw new RangeError(`A message's seq counts from 1; got ${message.seq}.`)
  }
  if (message.body.length > MESSAGE_BYTES_MAX) {
    throw new RangeError(
      `A message body holds at most ${MESSAGE_BYTES_MAX} bytes; got ${message.body.length}.`,
    )
  }
}

export function checkSlot(slot: Slot, partitions: number): void {
  checkPartition(slot.partition, partitions)
  if (!Number.isSafeInteger(slot.rev) || slot.rev < 1) {
    throw new RangeError(`Slots count from 1; got ${slot.rev}.`)
  }
  if (slot.id.length > SLOT_ID_MAX || !SLOT_ID.test(slot.id)) {
    throw new RangeError(
      `A record's id is 1 to ${SLOT_ID_MAX} printable ASCII characters; got \`${slot.id}\`.`,
    )
  }
  if (slot.record.length > RECORD_BYTES_MAX) {
    throw new RangeError(`A record holds at most ${RECORD_BYTES_MAX} bytes; got ${slot.record.length}.`)
  }
}

export function checkPartition(partition: number, partitions: number): void {
  if (!Number.isInteger(partition) || partition < 0 || partition >= partitions) {
    throw new RangeError(`Partition ${partition} is not one of 0 to ${partitions - 1}.`)
  }
}

/** Positions that run behind what a commit record names mean that the store lost data; going on would skip messages. */
export function checkConsumed(after: number, end: number): void {
  if (end < Math.ceil(after))
    throw new Error(
      `The inbox ends at position ${end}, but ${after} was already consumed: the store has lost data or was restored from an older copy.`,
    )
}

function checkName(what: string, name: string, bytesMax: number): void {
  // A character takes at most three bytes per UTF-16 unit, so short names need no counting.
  const bytes = name.length * 3 <= bytesMax ? name.length : Buffer.byteLength(name)
  if (name.length === 0 || bytes > bytesMax) {
    throw new RangeError(`A message's ${what} is 1 to ${bytesMax} bytes; got ${bytes}.`)
  }
  // A lone surrogate cannot be told from another after UTF-8: two agents would share an inbox.
  if (!name.isWellFormed()) throw new RangeError(`A message's ${what} is not well-formed text.`)
}
