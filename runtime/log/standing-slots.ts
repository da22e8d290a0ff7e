/**
 * What stands in a partition's slots on JetStream: whose they are, which is the newest, and dropping old ones.
 *
 * Invariants:
 * 1. Slots younger than `keptMsMin` are not forgotten, nor are the newest two. So a writer whose last slot is younger than
 *    half of that cannot create a forgotten slot anew, and one that was silent for longer, or out of reach, looks, after creating a slot,
 *    whether the one before it still stands. Purges take a prefix: if that one stands, this one was never purged.
 * 2. A slot without a predecessor is not the newest but a late writer's; it is removed by whoever finds it.
 */
import { JetStreamApiError, type JetStreamManager, PubHeaders } from '@nats-io/jetstream'
import type { Link } from './link.ts'
import { type Appended, FORGOTTEN, type Slot } from './port.ts'
import { type Retry, untilKnown } from './retry.ts'
import type { Subjects } from './subjects.ts'

const NO_MESSAGE_FOUND = 10037

interface Stored {
  readonly sequence: number
  readonly subject: string
  readonly id: string
  readonly record: Uint8Array
  /** By the server's clock, in milliseconds. */
  readonly at: number
}

export class StandingSlots {
  readonly #jsm: JetStreamManager
  readonly #link: Link
  readonly #retry: Retry
  readonly #subjects: Subjects
  readonly #keptMsMin: number
  /** When each partition's last slot was known to be owned here, by the process's own monotonic clock. */
  readonly #ownedAt = new Map<number, number>()

  constructor(jsm: JetStreamManager, link: Link, retry: Retry, subjects: Subjects, keptMsMin: number) {
    this.#jsm = jsm
    this.#link = link
    this.#retry = retry
    this.#subjects = subjects
    this.#keptMsMin = keptMsMin
    // Whatever stands behind the link may have come back with less than it had.
    link.onChange((state) => {
      if (state === 'disconnected') this.#ownedAt.clear()
    })
  }

  async newest(partition: number): Promise<Slot | undefined> {
    const what = `reading the newest slot of partition ${partition}`
    for (;;) {
      const last = await untilKnown(this.#link, this.#retry, what, () =>
        this.#lastOf(this.#subjects.slotsOf(partition)),
      )
      if (last === undefined) return undefined
      const rev = this.#subjects.revOf(last.subject)
      if (await this.#follows(partition, rev, last.sequence))
        return { partition, rev, id: slotIdOf(last.id), record: last.record }
      // Left by a late writer that died before it could look (`created`): what it wrote never counted.
      await this.#remove(partition, last.sequence)
    }
  }

  /** Never the newest two, and nothing younger than the bound. */
  async forget(partition: number, throughRev: number): Promise<void> {
    const newest = await this.newest(partition)
    const through = Math.min(throughRev, (newest?.rev ?? 0) - 2)
    if (newest === undefined || through < 1) return
    const what = `forgetting slots of partition ${partition}`
    const subject = (rev: number) => this.#subjects.slot(partition, rev)
    const look = (rev: number) => untilKnown(this.#link, this.#retry, what, () => this.#lastOf(subject(rev)))
    const [last, newestSlot] = [await look(through), await look(newest.rev)]
    if (last === undefined || newestSlot === undefined) return
    if (newestSlot.at - last.at < this.#keptMsMin) return
    await untilKnown(this.#link, this.#retry, what, () =>
      this.#jsm.streams.purge(this.#subjects.logStream, {
        filter: this.#subjects.slotsOf(partition),
        seq: last.sequence + 1,
      }),
    )
  }

  /** What a refused or repeated append comes to; `undefined` while that is not seen (a replica may lag behind). */
  async settled(partition: number, rev: number, id: string): Promise<Appended | undefined> {
    const stored = await this.#at(partition, rev)
    if (stored !== undefined) {
      const owner = slotIdOf(stored.id)
      // The first try may have come as late as any: that nobody answered it says nothing of when it was kept.
      return owner === id ? this.created(partition, rev, stored.sequence) : { kind: 'fenced', id: owner }
    }
    // The server remembers the id of what is no more. Slots go from the front: with a newer one standing, this one was forgotten.
    const newest = await this.newest(partition)
    return newest !== undefined && newest.rev > rev ? { kind: 'fenced', id: FORGOTTEN } : undefined
  }

  #owned(partition: number): Appended {
    this.#ownedAt.set(partition, performance.now())
    return { kind: 'owned' }
  }

  /** A slot created by us is ours, unless it had been forgotten, or those before it are lost: then the one before it is gone too. */
  async created(partition: number, rev: number, sequence: number): Promise<Appended> {
    const since = performance.now() - (this.#ownedAt.get(partition) ?? Number.NEGATIVE_INFINITY)
    if (since < this.#keptMsMin / 2) return this.#owned(partition)
    if (await this.#follows(partition, rev, sequence)) return this.#owned(partition)
    await this.#remove(partition, sequence)
    const newest = (await this.newest(partition))?.rev ?? 0
    return newest < rev - 1 ? { kind: 'lost', newest } : { kind: 'fenced', id: FORGOTTEN }
  }

  /**
   * Whether the slot before still stands, or was forgotten since: then the one after came later than this. The first slot
   * has none before, so it must be the oldest there is.
   */
  async #follows(partition: number, rev: number, sequence: number): Promise<boolean> {
    if (rev > 1) {
      if ((await this.sequenceOf(partition, rev - 1)) !== undefined) return true
      const next = await this.sequenceOf(partition, rev + 1)
      return next !== undefined && next > sequence
    }
    const oldest = await untilKnown(this.#link, this.#retry, `reading slots of partition ${partition}`, () =>
      this.#jsm.direct.getMessage(this.#subjects.logStream, {
        seq: 1,
        next_by_subj: this.#subjects.slotsOf(partition),
      }),
    )
    return oldest === null || oldest.seq >= sequence
  }

  async #remove(partition: number, sequence: number): Promise<void> {
    this.#retry.onNotice(`A late writer's slot of partition ${partition} is taken out of the log.`)
    await untilKnown(this.#link, this.#retry, `removing a late slot of partition ${partition}`, async () => {
      try {
        // Erased: a message that was only deleted stands again after the server is killed (seen on 2.9.10).
        await this.#jsm.streams.deleteMessage(this.#subjects.logStream, sequence, true)
      } catch (error) {
        // The server says no: somebody else has removed it. What is left all the same, `newest` finds.
        if (!(error instanceof JetStreamApiError)) throw error
      }
    })
  }

  async sequenceOf(partition: number, rev: number): Promise<number | undefined> {
    return (await this.#at(partition, rev))?.sequence
  }

  /** What stands in a slot; `undefined` when nothing is seen yet (a replica may lag behind). */
  #at(partition: number, rev: number): Promise<Stored | undefined> {
    return untilKnown(this.#link, this.#retry, `reading slot ${partition}.${rev}`, () =>
      this.#lastOf(this.#subjects.slot(partition, rev)),
    )
  }

  /** Direct get carries the record as it is; the leader is asked when a replica has not seen it. */
  async #lastOf(subject: string): Promise<Stored | undefined> {
    const { logStream } = this.#subjects
    try {
      const found =
        (await this.#jsm.direct.getMessage(logStream, { last_by_subj: subject })) ??
        (await this.#jsm.streams.getMessage(logStream, { last_by_subj: subject }))
      if (found === null) return undefined
      const { seq, subject: of, header, data, timestamp } = found
      const id = header.get(PubHeaders.MsgIdHdr)
      return { sequence: seq, subject: of, id, record: new Uint8Array(data), at: Date.parse(timestamp) }
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === NO_MESSAGE_FOUND) return undefined
      throw error
    }
  }
}

/** Names the slot too, so that an id used again for another slot is not taken for a repeat of the first. */
export function slotMessageId(partition: number, rev: number, id: string): string {
  return `${partition}/${rev}/${id}`
}

export function slotIdOf(messageId: string): string {
  return messageId.slice(messageId.indexOf('/', messageId.indexOf('/') + 1) + 1)
}
