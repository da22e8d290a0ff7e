/**
 * The log as processes of a simulated world see it: the data outlives everybody, and every operation crosses the network.
 * Held to the log's contract like the real ones. Inboxes keep what the real ones do, in packs where several messages leave at once,
 * made and read by the same code.
 *
 * Invariants:
 * 1. What was answered `posted` or `owned` is kept, whatever restarts.
 * 2. A reader is delivered positions in order, each once; what was under way to it when the link fell is delivered again.
 * 3. A pack arrives whole, or not at all.
 */
import { copyOf } from '#runtime/log/copy.ts'
import { unwrap } from '#runtime/log/envelope.ts'
import { InboxFeed } from '#runtime/log/inbox-feed.ts'
import { checkConsumed, checkMessage, checkSlot } from '#runtime/log/limits.ts'
import { LocalReader } from '#runtime/log/local-reader.ts'
import { unpack } from '#runtime/log/pack.ts'
import { Packer } from '#runtime/log/packer.ts'
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
} from '#runtime/log/port.ts'
import { type Subjects, subjectsOf } from '#runtime/log/subjects.ts'
import type { Network } from './network.ts'
import type { SimulatedProcess } from './process.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

/** An append or a read that was lost is tried again after this. */
const RETRY_MS = 100
/** Bytes that a fleet's inboxes hold unless told otherwise. */
export const INBOX_BYTES_MAX = 64 * 1024 * 1024
/** In a pack. Few, so that what leaves at once leaves in several, and one of them may be lost. */
const PACK_MESSAGES = 2
/** Slots and messages of a partition that a server which did not sync loses, up to. */
const LOST_MAX = 5

/** One message of an inbox, or a pack of them. */
interface Wired {
  readonly position: number
  readonly subject: string
  readonly wire: Uint8Array
}

interface Data {
  readonly inboxes: readonly Wired[][]
  readonly slots: readonly Slot[][]
  /** Slots forgotten, per partition: to processes the first one kept is the next. */
  readonly forgotten: number[]
  readonly readers: readonly Map<LocalReader<Wired>, SimulatedProcess>[]
  readonly positions: number[]
  readonly inboxBytesMax: number
  /** By partition: so many outages during which it takes no message. */
  readonly full: number[]
  bytes: number
  readonly hears: BrokerHears
}

/** A message that stands in an inbox. */
export type Kept = Pick<Outgoing, 'source' | 'partition' | 'seq'>

/** Who is told of all that is kept, at the moment it is. */
export interface BrokerHears {
  readonly slot?: (slot: Slot) => void
  readonly message?: (message: Kept) => void
  readonly forgot?: (partition: number, throughRev: number) => void
}

export interface SimulatedBroker {
  open(process: SimulatedProcess, fleet: string, partitions: number, inboxBytesMax?: number): FleetLog
  /** Has everything that stands in the inboxes reached the process? */
  caughtUp(process: SimulatedProcess): boolean
  /** After a restart or a healed cut, readers are told again what they have not had. */
  reconnect(): void
  /** An inbox of each fleet takes nothing until the returned function is called. */
  fill(random: Random): () => void
  /** The newest of what was kept is gone, up to so many slots and messages a partition: a server that did not sync. */
  loseTail(random: Random): void
}

export function simulatedBroker(
  time: VirtualTime,
  network: Network,
  hears: BrokerHears = {},
): SimulatedBroker {
  const fleets = new Map<string, Data>()
  return {
    open(process, fleet, partitions, inboxBytesMax = INBOX_BYTES_MAX) {
      let data = fleets.get(fleet)
      if (!data) {
        const each = <T>(make: () => T): T[] => Array.from({ length: partitions }, make)
        data = {
          inboxes: each(() => []),
          slots: each(() => []),
          forgotten: each(() => 0),
          readers: each(() => new Map<LocalReader<Wired>, SimulatedProcess>()),
          positions: each(() => 0),
          inboxBytesMax,
          full: each(() => 0),
          bytes: 0,
          hears,
        }
        fleets.set(fleet, data)
      }
      if (data.inboxes.length !== partitions)
        throw new Error(
          `Fleet \`${fleet}\` was created with ${data.inboxes.length} partitions, not ${partitions}.`,
        )
      return new SimulatedLog(fleet, data, process, time, network)
    },
    caughtUp(process) {
      for (const { readers } of fleets.values())
        for (const of of readers)
          for (const [reader, at] of of) if (at === process && reader.lacks) return false
      return true
    },
    reconnect() {
      for (const { readers } of fleets.values())
        for (const of of readers) for (const reader of of.keys()) reader.wake()
    },
    fill(random) {
      const filled = Array.from(fleets.values(), ({ full }) => ({ full, partition: random.int(full.length) }))
      for (const { full, partition } of filled) full[partition]! += 1
      return () => {
        for (const { full, partition } of filled) full[partition]! -= 1
      }
    },
    loseTail(random) {
      for (const { inboxes, slots, positions } of fleets.values())
        inboxes.forEach((inbox, partition) => {
          const kept = slots[partition]!
          kept.length -= Math.min(kept.length, random.int(LOST_MAX + 1))
          const lost = Math.min(inbox.length, random.int(LOST_MAX + 1))
          inbox.length -= lost
          positions[partition]! -= lost
        })
    },
  }
}

class SimulatedLog implements FleetLog {
  readonly fleet: string
  readonly partitions: number
  readonly describe = 'simulated, gone when this process ends'
  readonly #data: Data
  readonly #process: SimulatedProcess
  readonly #time: VirtualTime
  readonly #network: Network
  readonly #subjects: Subjects
  readonly #packer: Packer<Posted>
  readonly #mine = new Set<LocalReader<Wired>>()
  readonly #listeners: ((state: LinkState) => void)[] = []
  #closed = false

  constructor(fleet: string, data: Data, process: SimulatedProcess, time: VirtualTime, network: Network) {
    this.fleet = fleet
    this.partitions = data.inboxes.length
    this.#data = data
    this.#process = process
    this.#time = time
    this.#network = network
    this.#subjects = subjectsOf(fleet)
    const send = (subject: string, wire: Uint8Array, partition: number) =>
      this.#send(partition, subject, wire)
    this.#packer = new Packer(this.#subjects, send, PACK_MESSAGES)
  }

  async post(message: Outgoing): Promise<Posted> {
    this.#open()
    checkMessage(message, this.partitions)
    return this.#packer.add(message)
  }

  #send(partition: number, subject: string, wire: Uint8Array): Promise<Posted> {
    return new Promise((resolve) => {
      this.#network.request(
        this.#process,
        () => this.#keep(partition, subject, wire),
        resolve,
        () => resolve({ kind: 'unsure', cause: new Error('no answer') }),
      )
    })
  }

  #keep(partition: number, subject: string, wire: Uint8Array): Posted {
    const data = this.#data
    if (data.full[partition]! > 0 || data.bytes + wire.length > data.inboxBytesMax) return { kind: 'full' }
    const position = ++data.positions[partition]!
    data.bytes += wire.length
    data.inboxes[partition]!.push({ position, subject, wire })
    if (data.hears.message) this.#told(data.hears.message, partition, subject, wire)
    const readers = data.readers[partition]!
    for (const [reader, { alive }] of readers) {
      if (alive) reader.wake()
      else readers.delete(reader)
    }
    return { kind: 'posted' }
  }

  #told(
    hears: NonNullable<BrokerHears['message']>,
    partition: number,
    subject: string,
    wire: Uint8Array,
  ): void {
    const wires = this.#subjects.isPacks(subject) ? unpack(wire)?.map((each) => each.wire) : [wire]
    for (const each of wires ?? []) {
      const { source, seq } = unwrap(each) ?? {}
      if (source !== undefined && seq !== undefined) hears({ source, partition, seq })
    }
  }

  async inbox(
    partition: number,
    after: number,
    deliver: (message: InboxMessage) => void,
  ): Promise<InboxReader> {
    this.#open()
    checkConsumed(after, this.#data.positions[partition]!)
    const all = this.#data.readers[partition]!
    const close = (reader: LocalReader<Wired>) => reader.close()
    const feed = new InboxFeed(
      { partition, after, subjects: this.#subjects, deliver, onNotice: () => {}, close },
      (take) => {
        const reader: LocalReader<Wired> = new LocalReader<Wired>({
          inbox: this.#data.inboxes[partition]!,
          // It may have been within a pack: that comes again.
          after: Math.floor(after),
          deliver: ({ position, subject, wire }) => take({ subject, sequence: position, data: wire }),
          schedule: (arrive, lost) => this.#deliverTo(arrive, lost),
          onClose: () => {
            all.delete(reader)
            this.#mine.delete(reader)
          },
        })
        all.set(reader, this.#process)
        this.#mine.add(reader)
        return reader
      },
    )
    await feed.open()
    return feed
  }

  /** What stands in the inbox now arrives together, after one delay, unless the link falls. */
  #deliverTo(arrive: () => void, lost: () => void): void {
    if (!this.#network.reaches(this.#process)) return lost()
    this.#time.after(this.#network.delayMs(), () => {
      if (this.#network.reaches(this.#process)) this.#process.happen(arrive)
      else lost()
    })
  }

  async append(slot: Slot): Promise<Appended> {
    this.#open()
    checkSlot(slot, this.partitions)
    const kept = { ...slot, record: copyOf(slot.record) }
    return this.#surely(() => this.#create(kept))
  }

  #create(slot: Slot): Appended {
    const slots = this.#data.slots[slot.partition]!
    if (slot.rev <= this.#data.forgotten[slot.partition]!) return { kind: 'fenced', id: FORGOTTEN }
    const standing = slots[slot.rev - 1]
    if (standing) return standing.id === slot.id ? { kind: 'owned' } : { kind: 'fenced', id: standing.id }
    if (slot.rev !== slots.length + 1) return { kind: 'lost', newest: slots.length }
    slots.push(slot)
    this.#data.hears.slot?.(slot)
    return { kind: 'owned' }
  }

  async *read(partition: number, fromRev: number): AsyncIterable<Slot> {
    this.#open()
    const { slots, forgotten } = this.#data
    const kept = () => slots[partition]!.slice(Math.max(fromRev - 1, forgotten[partition]!, 0))
    for (const slot of await this.#surely(kept)) {
      this.#open()
      yield slot
    }
  }

  async newest(partition: number): Promise<Slot | undefined> {
    this.#open()
    return this.#surely(() => this.#data.slots[partition]!.at(-1))
  }

  async forgetSlots(partition: number, throughRev: number): Promise<void> {
    this.#open()
    await this.#surely(() => {
      const { slots, forgotten, hears } = this.#data
      const through = Math.min(throughRev, slots[partition]!.length - 2)
      forgotten[partition] = Math.max(forgotten[partition]!, through)
      hears.forgot?.(partition, forgotten[partition])
    })
  }

  async forget(partition: number, position: number): Promise<void> {
    this.#open()
    await this.#surely(() => {
      const inbox = this.#data.inboxes[partition]!
      let drop = 0
      for (; drop < inbox.length && inbox[drop]!.position <= position; drop++)
        this.#data.bytes -= inbox[drop]!.wire.length
      inbox.splice(0, drop)
    })
  }

  /** Asks until it is answered or the log is closed. A refusal of the broker's is the caller's to know. */
  #surely<T>(apply: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const attempt = () => {
        if (this.#closed) return reject(new LogClosed(`The log of fleet \`${this.fleet}\` is closed.`))
        this.#network.request(
          this.#process,
          () => outcomeOf(apply),
          (outcome) => (outcome.kind === 'done' ? resolve(outcome.value) : reject(outcome.cause)),
          () => this.#process.after(RETRY_MS, attempt),
        )
      }
      attempt()
    })
  }

  onLink(listener: (state: LinkState) => void): void {
    this.#listeners.push(listener)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const reader of Array.from(this.#mine)) await reader.close()
    for (const listener of this.#listeners) listener('closed')
  }

  #open(): void {
    if (this.#closed) throw new LogClosed(`The log of fleet \`${this.fleet}\` is closed.`)
  }
}

type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'threw'; readonly cause: unknown }

function outcomeOf<T>(apply: () => T): Outcome<T> {
  try {
    return { kind: 'done', value: apply() }
  } catch (cause) {
    return { kind: 'threw', cause }
  }
}
