/**
 * The fleet's log in memory, for tests and simulation. The broker holds the data; each `open` is one process's view of
 * it, so two owners can race and a "restart" is closing one view and opening another.
 *
 * Invariants:
 * 1. No timers, no clock, no randomness: the same calls in the same order give the same deliveries.
 * 2. Delivery runs in a microtask, never inside `post`, so that a receiver cannot re-enter its sender.
 * 3. Bodies and records are copied in: what a caller does to its buffer afterwards changes nothing here.
 */
import { copyOf } from './copy.ts'
import { checkConsumed, checkMessage, checkSlot } from './limits.ts'
import { LocalReader } from './local-reader.ts'
import {
  type Appended,
  type FleetLog,
  FORGOTTEN,
  type InboxMessage,
  type InboxReader,
  type LinkState,
  LogClosed,
  type Outgoing,
  type Posted,
  type Slot,
} from './port.ts'

/** Bytes of undelivered message bodies one partition's inbox holds unless told otherwise. */
export const MEMORY_INBOX_BYTES_MAX = 512 * 1024 * 1024

export interface MemoryBrokerOptions {
  /** Bound on one fleet's inboxes together, in bytes of bodies. */
  readonly inboxBytesMax?: number
}

export interface MemoryBroker {
  /**
   * One process's view of the fleet. The first opener decides the number of partitions; another number throws, as
   * agents would hash to other inboxes.
   */
  open(fleet: string, partitions: number): FleetLog
}

/** What outlives every opener. Positions grow along the fleet, as they do along a JetStream stream. */
interface FleetData {
  readonly partitions: number
  readonly inboxes: readonly InboxMessage[][]
  readonly slots: readonly Slot[][]
  /** Slots forgotten, per partition: the first one kept is the next. */
  readonly forgotten: number[]
  readonly readers: readonly Set<LocalReader<InboxMessage>>[]
  position: number
  bytes: number
}

export function memoryBroker(options: MemoryBrokerOptions = {}): MemoryBroker {
  const inboxBytesMax = options.inboxBytesMax ?? MEMORY_INBOX_BYTES_MAX
  const fleets = new Map<string, FleetData>()
  return {
    open(fleet, partitions) {
      let data = fleets.get(fleet)
      if (data === undefined) {
        data = emptyFleet(partitions)
        fleets.set(fleet, data)
      }
      if (data.partitions !== partitions) {
        throw new Error(
          `Fleet \`${fleet}\` was created with ${data.partitions} partitions, not ${partitions}.`,
        )
      }
      return new MemoryLog(fleet, data, inboxBytesMax)
    },
  }
}

function emptyFleet(partitions: number): FleetData {
  const perPartition = <T>(make: () => T): T[] => Array.from({ length: partitions }, make)
  return {
    partitions,
    inboxes: perPartition(() => []),
    slots: perPartition(() => []),
    forgotten: perPartition(() => 0),
    readers: perPartition(() => new Set()),
    position: 0,
    bytes: 0,
  }
}

class MemoryLog implements FleetLog {
  readonly fleet: string
  readonly partitions: number
  readonly describe = 'in memory, gone when this process ends'
  readonly #data: FleetData
  readonly #inboxBytesMax: number
  readonly #mine = new Set<LocalReader<InboxMessage>>()
  readonly #listeners: ((state: LinkState) => void)[] = []
  #closed = false

  constructor(fleet: string, data: FleetData, inboxBytesMax: number) {
    this.fleet = fleet
    this.partitions = data.partitions
    this.#data = data
    this.#inboxBytesMax = inboxBytesMax
  }

  async post(message: Outgoing): Promise<Posted> {
    this.#open()
    checkMessage(message, this.partitions)
    const data = this.#data
    if (data.bytes + message.body.length > this.#inboxBytesMax) return { kind: 'full' }
    data.bytes += message.body.length
    data.position += 1
    data.inboxes[message.partition]!.push({
      ...message,
      body: copyOf(message.body),
      position: data.position,
    })
    for (const reader of data.readers[message.partition]!) reader.wake()
    return { kind: 'posted' }
  }

  async inbox(
    partition: number,
    after: number,
    deliver: (message: InboxMessage) => void,
  ): Promise<InboxReader> {
    this.#open()
    checkConsumed(after, this.#data.position)
    const all = this.#data.readers[partition]!
    const reader = new LocalReader({
      inbox: this.#data.inboxes[partition]!,
      after,
      deliver,
      schedule: queueMicrotask,
      onClose: () => {
        all.delete(reader)
        this.#mine.delete(reader)
      },
    })
    all.add(reader)
    this.#mine.add(reader)
    reader.wake()
    return reader
  }

  async append(slot: Slot): Promise<Appended> {
    this.#open()
    checkSlot(slot, this.partitions)
    const slots = this.#data.slots[slot.partition]!
    const forgotten = this.#data.forgotten[slot.partition]!
    if (slot.rev <= forgotten) return { kind: 'fenced', id: FORGOTTEN }
    const standing = slots[slot.rev - forgotten - 1]
    if (standing !== undefined) {
      return standing.id === slot.id ? { kind: 'owned' } : { kind: 'fenced', id: standing.id }
    }
    const newest = forgotten + slots.length
    if (slot.rev !== newest + 1) return { kind: 'lost', newest }
    slots.push({ ...slot, record: copyOf(slot.record) })
    return { kind: 'owned' }
  }

  async *read(partition: number, fromRev: number): AsyncIterable<Slot> {
    this.#open()
    const data = this.#data
    const slots = data.slots[partition]!
    const newest = data.forgotten[partition]! + slots.length
    for (let rev = Math.max(fromRev, data.forgotten[partition]! + 1); rev <= newest; rev++) {
      this.#open()
      const slot = slots[rev - data.forgotten[partition]! - 1]
      if (!slot) throw new Error(`Slot ${rev} of partition ${partition} was forgotten while it was read.`)
      yield slot
    }
  }

  async newest(partition: number): Promise<Slot | undefined> {
    this.#open()
    return this.#data.slots[partition]!.at(-1)
  }

  async forgetSlots(partition: number, throughRev: number): Promise<void> {
    this.#open()
    const slots = this.#data.slots[partition]!
    const forgotten = this.#data.forgotten[partition]!
    const count = Math.min(throughRev - forgotten, slots.length - 2)
    if (count <= 0) return
    slots.splice(0, count)
    this.#data.forgotten[partition] = forgotten + count
  }

  async forget(partition: number, position: number): Promise<void> {
    this.#open()
    const inbox = this.#data.inboxes[partition]!
    let drop = 0
    while (drop < inbox.length && inbox[drop]!.position <= position) {
      this.#data.bytes -= inbox[drop]!.body.length
      drop += 1
    }
    inbox.splice(0, drop)
  }

  onLink(listener: (state: LinkState) => void): void {
    this.#listeners.push(listener)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const reader of [...this.#mine]) await reader.close()
    for (const listener of this.#listeners) listener('closed')
  }

  #open(): void {
    if (this.#closed) throw new LogClosed(`The log of fleet \`${this.fleet}\` is closed.`)
  }
}
