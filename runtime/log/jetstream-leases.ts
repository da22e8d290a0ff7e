/**
 * Leases in a JetStream stream that keeps the newest message of each key, as a key-value bucket does. Written and read
 * with the log's own acks and feed: the feed finds its way back from lost leaders and deleted consumers by itself.
 */
import { JetStreamApiError, PubHeaders } from '@nats-io/jetstream'
import { headers, type MsgHdrs } from '@nats-io/nats-core'
import { Feed } from './feed.ts'
import {
  checkLease,
  type LeaseChange,
  type Leases,
  type LeaseWatch,
  type Looked,
  type Written,
} from './leases.ts'
import type { Subjects } from './subjects.ts'
import type { Wire } from './wire.ts'

/** Wrong last sequence: another write came between. */
const WRONG_LAST_SEQUENCE: ReadonlySet<number> = new Set([10071, 10164])
const NO_MESSAGE_FOUND = 10037
const WATCH_CREDIT = 256
/** How the bucket's tools mark a deleted key. */
const OPERATION = 'KV-Operation'
const DELETED = 'DEL'

export class JetStreamLeases implements Leases {
  readonly #wire: Wire
  readonly #subjects: Subjects

  constructor(wire: Wire, subjects: Subjects) {
    this.#wire = wire
    this.#subjects = subjects
  }

  async acquire(key: string, value: string, over: number): Promise<Written> {
    checkLease(key, value)
    return this.#write(key, value, expecting(over))
  }

  async renew(key: string, value: string): Promise<Written> {
    checkLease(key, value)
    return this.#write(key, value, undefined)
  }

  async release(key: string, revision: number): Promise<Written> {
    const deleting = expecting(revision)
    deleting.set(OPERATION, DELETED)
    return this.#write(key, '', deleting)
  }

  async forget(key: string): Promise<void> {
    await this.#wire.jsm.streams.purge(this.#subjects.leaseStream, { filter: this.#subjects.lease(key) })
  }

  async look(key: string): Promise<Looked> {
    const { jsm, link } = this.#wire
    if (!link.isUp) return { kind: 'unsure', cause: new Error('The link is down.') }
    try {
      const found = await jsm.streams.getMessage(this.#subjects.leaseStream, {
        last_by_subj: this.#subjects.lease(key),
      })
      if (found === null) return { kind: 'none' }
      const value = found.data.length === 0 ? undefined : Buffer.from(found.data).toString()
      return { kind: 'stands', change: { key, value, revision: found.seq } }
    } catch (cause) {
      if (cause instanceof JetStreamApiError && cause.code === NO_MESSAGE_FOUND) return { kind: 'none' }
      return { kind: 'unsure', cause: cause as Error }
    }
  }

  async watch(listener: (change: LeaseChange) => void): Promise<LeaseWatch> {
    /** The revision told last, by key: what stands is read anew with every consumer, since a server may have forgotten. */
    const told = new Map<string, number>()
    const feed = new Feed({
      ...this.#wire,
      stream: this.#subjects.leaseStream,
      filter: this.#subjects.lease('>'),
      start: 1,
      credit: WATCH_CREDIT,
      anew: true,
      deliver: ({ subject, sequence: revision, data }) => {
        const key = this.#subjects.leaseOf(subject)
        if (told.get(key) === revision) return
        told.set(key, revision)
        listener({ key, value: data.length === 0 ? undefined : Buffer.from(data).toString(), revision })
      },
    })
    await feed.open()
    return { close: () => feed.close() }
  }

  /** Said now or not at all: a lease that waited for the link would speak for a daemon as it was. */
  async #write(key: string, value: string, more: MsgHdrs | undefined): Promise<Written> {
    const { link, mux } = this.#wire
    if (!link.isUp) return { kind: 'unsure', cause: new Error('The link is down.') }
    const ack = await mux.send(this.#subjects.lease(key), Buffer.from(value), more)
    if (ack.kind === 'kept') return { kind: 'held' }
    if (ack.kind === 'lost') return { kind: 'unsure', cause: ack.cause }
    if (WRONG_LAST_SEQUENCE.has(ack.code)) return { kind: 'lost' }
    return { kind: 'unsure', cause: new Error(`The server refused the lease: ${ack.description}.`) }
  }
}

function expecting(revision: number): MsgHdrs {
  const expected = headers()
  expected.set(PubHeaders.ExpectedLastSubjectSequenceHdr, String(revision))
  return expected
}
