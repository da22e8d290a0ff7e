/**
 * The fleet's log on JetStream: one stream of slots and an inbox stream per partition. Why each step is as it is: `design/log.md`.
 *
 * Invariants:
 * 1. A slot is written by create-only publish (expected last sequence 0 of its own subject) and by nothing else. Losing
 *    that publish, or not hearing of it, is settled by reading the slot: the id that stands there owns it.
 * 2. The newest message of an inbox stream is never purged: an emptied stream forgets its last sequence when the server
 *    is killed (seen on 2.9.10), and positions would start again below what commit records name.
 * 3. While the link is down nothing is published; posts wait in order, at most POSTS_PENDING_MAX of them.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { type JetStreamManager, PubHeaders } from '@nats-io/jetstream'
import { headers } from '@nats-io/nats-core'
import type { Ack, AckMux } from './ack-mux.ts'
import { Feed, type FeedOptions } from './feed.ts'
import { InboxFeed } from './inbox-feed.ts'
import { checkConsumed, checkMessage, checkPartition, checkSlot } from './limits.ts'
import { closedError, type Link } from './link.ts'
import { Packer } from './packer.ts'
import {
  type Appended,
  type FleetLog,
  type InboxMessage,
  type InboxReader,
  type LinkState,
  type Outgoing,
  type Posted,
  SLOT_KEPT_MS_MIN,
  type Slot,
} from './port.ts'
import { type Retry, retryDelayMs, untilKnown } from './retry.ts'
import { StandingSlots, slotIdOf, slotMessageId } from './standing-slots.ts'
import type { Subjects } from './subjects.ts'
import type { Wire } from './wire.ts'

/** Posts in flight or waiting for the link; beyond it `post` answers `full`. */
export const POSTS_PENDING_MAX = 20_000
export const POSTS_PENDING_BYTES_MAX = 64 * 1024 * 1024
/** Inbox messages received and not yet delivered, per reader. */
const INBOX_CREDIT = 512
/** Slots received and not yet read, per `read`; up to 900 kB each. */
const READ_CREDIT = 16

export interface JetStreamLogOptions {
  readonly fleet: string
  readonly partitions: number
  /** Shown in `describe`, e.g. `data in .parapet/nats`. */
  readonly where?: string
  /** In place of SLOT_KEPT_MS_MIN; 0 looks after every append. */
  readonly slotKeptMsMin?: number
}

/** Wrong last sequence: the slot is taken. */
const WRONG_LAST_SEQUENCE: ReadonlySet<number> = new Set([10071, 10164])
/** The stream's or the account's bound is reached. */
const STORE_FULL: ReadonlySet<number> = new Set([10077, 10047, 10023])

export class JetStreamLog implements FleetLog {
  readonly fleet: string
  readonly partitions: number
  readonly describe: string
  readonly #wire: Wire
  readonly #jsm: JetStreamManager
  readonly #subjects: Subjects
  readonly #mux: AckMux
  readonly #link: Link
  readonly #retry: Retry
  readonly #feeds = new Set<Feed>()
  readonly #closing = new AbortController()
  readonly #slots: StandingSlots
  readonly #packer: Packer<Ack>
  /** Posts waiting for the link, in call order. */
  #held: (() => void)[] = []
  #pending = 0
  #pendingBytes = 0

  constructor(options: JetStreamLogOptions, wire: Wire, subjects: Subjects) {
    this.fleet = options.fleet
    this.partitions = options.partitions
    const where = options.where === undefined ? '' : `, ${options.where}`
    this.describe = `nats-server ${wire.nc.info?.version ?? '?'} at ${wire.nc.getServer()}${where}`
    this.#wire = wire
    this.#jsm = wire.jsm
    this.#subjects = subjects
    this.#retry = wire.retry
    this.#mux = wire.mux
    this.#link = wire.link
    this.#link.onChange((state) => this.#onLinkChange(state))
    const keptMsMin = options.slotKeptMsMin ?? SLOT_KEPT_MS_MIN
    this.#packer = new Packer(subjects, (subject, wire) => this.#sendPost(subject, wire))
    this.#slots = new StandingSlots(wire.jsm, this.#link, this.#retry, subjects, keptMsMin)
  }

  async post(message: Outgoing): Promise<Posted> {
    this.#checkOpen()
    checkMessage(message, this.partitions)
    const size = message.body.length
    if (this.#pending >= POSTS_PENDING_MAX || this.#pendingBytes + size > POSTS_PENDING_BYTES_MAX) {
      return { kind: 'full' }
    }
    this.#pending += 1
    this.#pendingBytes += size
    const ack = await this.#packer.add(message)
    this.#pending -= 1
    this.#pendingBytes -= size
    return this.#posted(ack)
  }

  async inbox(
    partition: number,
    after: number,
    deliver: (message: InboxMessage) => void,
  ): Promise<InboxReader> {
    this.#checkOpen()
    checkPartition(partition, this.partitions)
    await this.#checkPosition(partition, after)
    const { onNotice } = this.#retry
    const close = (feed: Feed) => this.#closeFeed(feed)
    const reader = new InboxFeed(
      { partition, after, subjects: this.#subjects, deliver, onNotice, close },
      (take) =>
        this.#feed({
          stream: this.#subjects.inboxStream(partition),
          // It may have been within a pack: then that comes again, and is passed over up to there.
          start: Math.floor(after) + 1,
          credit: INBOX_CREDIT,
          deliver: take,
        }),
    )
    await reader.open()
    return reader
  }

  async append(slot: Slot): Promise<Appended> {
    this.#checkOpen()
    checkSlot(slot, this.partitions)
    const { partition, rev, id, record } = slot
    const subject = this.#subjects.slot(partition, rev)
    const createOnly = headers()
    createOnly.set(PubHeaders.ExpectedLastSubjectSequenceHdr, '0')
    createOnly.set(PubHeaders.MsgIdHdr, slotMessageId(partition, rev, id))
    for (let attempt = 0; ; attempt++) {
      await this.#link.up()
      const ack = await this.#mux.send(subject, record, createOnly)
      if (ack.kind === 'kept' && !ack.duplicate) return this.#slots.created(partition, rev, ack.sequence)
      if (ack.kind === 'refused' && !WRONG_LAST_SEQUENCE.has(ack.code)) {
        this.#retry.onNotice(`Slot ${partition}.${rev} is refused, trying again: ${ack.description}.`)
      } else if (ack.kind !== 'lost') {
        const settled = await this.#slots.settled(partition, rev, id)
        if (settled !== undefined) return settled
      }
      // A lost publish is simply repeated: the server takes the slot's first creation only, so the next answer tells.
      await this.#pause(retryDelayMs(attempt))
    }
  }

  async *read(partition: number, fromRev: number): AsyncIterable<Slot> {
    this.#checkOpen()
    checkPartition(partition, this.partitions)
    const start = fromRev === 1 ? 1 : await this.#slots.sequenceOf(partition, fromRev)
    // Forgotten, or not there yet: reading from the stream's start finds the oldest kept, or nothing.
    const wanted = start === undefined ? await this.#slots.newest(partition) : undefined
    if (start === undefined && (wanted === undefined || wanted.rev < fromRev)) return
    const arrived: Slot[] = []
    let wake = (): void => {}
    const feed = this.#feed({
      stream: this.#subjects.logStream,
      filter: this.#subjects.slotsOf(partition),
      start: start ?? 1,
      credit: READ_CREDIT,
      deliver: ({ subject, data, headers }) => {
        const id = slotIdOf(headers?.get(PubHeaders.MsgIdHdr) ?? '')
        arrived.push({ partition, rev: this.#subjects.revOf(subject), id, record: new Uint8Array(data) })
        // Held until the reader has taken what is here: its pace bounds what is in memory.
        feed.pause()
        wake()
      },
    })
    const off = this.#link.onChange((state) => {
      if (state === 'closed') wake()
    })
    try {
      let left = await feed.open()
      for (let rev: number | undefined; left > 0; left--) {
        while (arrived.length === 0) {
          this.#checkOpen()
          feed.resume()
          if (arrived.length === 0) {
            await new Promise<void>((resolve) => {
              wake = resolve
            })
          }
        }
        const slot = arrived.shift()!
        if (slot.rev < fromRev) continue
        if (rev !== undefined && slot.rev !== rev) {
          throw new Error(`Slot ${rev} of partition ${partition} is missing: ${slot.rev} came in its place.`)
        }
        rev = slot.rev + 1
        yield slot
      }
    } finally {
      off()
      await this.#closeFeed(feed)
    }
  }

  async newest(partition: number): Promise<Slot | undefined> {
    this.#checkOpen()
    checkPartition(partition, this.partitions)
    return this.#slots.newest(partition)
  }

  async forgetSlots(partition: number, throughRev: number): Promise<void> {
    this.#checkOpen()
    checkPartition(partition, this.partitions)
    await this.#slots.forget(partition, throughRev)
  }

  async forget(partition: number, position: number): Promise<void> {
    this.#checkOpen()
    checkPartition(partition, this.partitions)
    // "From 1 on" would mean all of it to the server, and there is nothing before 1.
    if (position <= 1) return
    const seq = Math.ceil(position)
    // Purged by sequence alone, so that the server cuts the stream off instead of looking at every message.
    await untilKnown(this.#link, this.#retry, `forgetting messages of partition ${partition}`, () =>
      this.#jsm.streams.purge(this.#subjects.inboxStream(partition), { seq }),
    )
  }

  onLink(listener: (state: LinkState) => void): void {
    this.#link.onChange(listener)
  }

  async close(): Promise<void> {
    if (this.#link.isClosed) return
    await Promise.all([...this.#feeds].map((feed) => this.#closeFeed(feed)))
    await this.#link.close()
  }

  #onLinkChange(state: LinkState): void {
    if (state === 'disconnected') return
    if (state === 'closed') this.#closing.abort()
    const held = this.#held
    this.#held = []
    for (const release of held) release()
  }

  /** Sends now, or after those already held when the link comes back. */
  #sendPost(subject: string, wire: Uint8Array): Promise<Ack> {
    if (this.#link.isUp) return this.#mux.send(subject, wire)
    if (this.#link.isClosed) return Promise.resolve({ kind: 'lost', cause: closedError() })
    return new Promise((settle) => {
      this.#held.push(() => {
        if (this.#link.isClosed) settle({ kind: 'lost', cause: closedError() })
        else void this.#mux.send(subject, wire).then(settle)
      })
    })
  }

  #posted(ack: Ack): Posted {
    if (ack.kind === 'kept') return { kind: 'posted' }
    if (ack.kind === 'lost') return { kind: 'unsure', cause: ack.cause }
    if (STORE_FULL.has(ack.code)) {
      this.#retry.onNotice(`The inbox is full, messages wait: ${ack.description}.`)
      return { kind: 'full' }
    }
    return { kind: 'unsure', cause: new Error(`The server refused the message: ${ack.description}.`) }
  }

  async #checkPosition(partition: number, after: number): Promise<void> {
    const info = await untilKnown(this.#link, this.#retry, 'asking for the inbox', () =>
      this.#jsm.streams.info(this.#subjects.inboxStream(partition)),
    )
    checkConsumed(after, info.state.last_seq)
  }

  #feed(options: Omit<FeedOptions, keyof Wire>): Feed {
    const feed = new Feed({ ...this.#wire, ...options })
    this.#feeds.add(feed)
    return feed
  }

  async #closeFeed(feed: Feed): Promise<void> {
    this.#feeds.delete(feed)
    await feed.close()
  }

  async #pause(delayMs: number): Promise<void> {
    try {
      await wait(delayMs, undefined, { signal: this.#closing.signal })
    } catch (error) {
      if (!this.#link.isClosed) throw error
    }
    this.#checkOpen()
  }

  #checkOpen(): void {
    if (this.#link.isClosed) throw closedError()
  }
}
