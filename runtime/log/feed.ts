/**
 * An ordered, resumable feed of a stream's messages, all of them or those under one filter, from a sequence on.
 *
 * It pulls by credit through an ephemeral consumer without acks. Pulls rather than pushes, since credit bounds what is
 * under way to a number of messages; and no client-side iterator, since callbacks take twice the messages a second.
 *
 * Invariants:
 * 1. `next` is one past the last sequence received; whatever happens to the consumer (server restart, lost leader,
 *    reaped, a gap in its own count), a new one starts at `next`, so no gap, no repeat; or at `start`, where that is asked for.
 * 2. Messages of an older consumer are dropped by its epoch.
 * 3. At most `credit` messages are received and undelivered, paused or not.
 */

import { AckPolicy, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream'
import type { Msg, MsgHdrs, NatsConnection, Subscription } from '@nats-io/nats-core'
import { createInbox, nanos, nuid } from '@nats-io/nats-core'
import { closedError, type Link } from './link.ts'
import { type Retry, untilKnown } from './retry.ts'

/** A pull is renewed after this time at the latest. */
const PULL_EXPIRES_MS = 30_000
const HEARTBEAT_MS = 500
/** With a pull open and nothing heard for this long, not even a heartbeat, the consumer is taken for dead. */
const SILENCE_MS = 3 * HEARTBEAT_MS
/** Each new consumer of a server that stays silent gets twice the time, up to this many times it: making them is work as well. */
const SILENCE_TIMES_MAX = 8
/** The server removes a consumer nobody pulls from; a paused feed recreates it. */
const CONSUMER_IDLE_MS = 60_000

export interface FeedMessage {
  readonly subject: string
  readonly sequence: number
  readonly data: Uint8Array
  readonly headers: MsgHdrs | undefined
}

export interface FeedOptions {
  readonly nc: NatsConnection
  readonly jsm: JetStreamManager
  readonly link: Link
  readonly retry: Retry
  readonly inboxPrefix: string | undefined
  readonly stream: string
  /** Left out for a stream whose messages are all wanted: a filter makes the server look through the stream's subjects. */
  readonly filter?: string
  readonly start: number
  /** A consumer made anew begins at `start` again: for a stream of what stands, whose numbers a server may give again. */
  readonly anew?: boolean
  /** Messages under way at most. */
  readonly credit: number
  readonly deliver: (message: FeedMessage) => void
}

export class Feed {
  readonly #options: FeedOptions
  readonly #queue: FeedMessage[] = []
  readonly #offLink: () => void
  #next: number
  #epoch = 0
  #consumer: string | undefined
  #subscription: Subscription | undefined
  #consumerSequence = 0
  #outstanding = 0
  #paused = false
  #closed = false
  #delivering = false
  #heard = false
  /** Looks in a row at which nothing had been heard, and how many of them make a consumer dead. */
  #silent = 0
  #patience = 1
  #watch: NodeJS.Timeout | undefined
  readonly #opened = Promise.withResolvers<number>()

  constructor(options: FeedOptions) {
    this.#options = options
    this.#next = options.start
    this.#offLink = options.link.onChange((state) => {
      if (state === 'connected') this.#recreate()
    })
  }

  /** Resolves, once the first consumer stands, to the number of messages that wait in the stream. */
  async open(): Promise<number> {
    this.#watch = setInterval(() => this.#checkSilence(), SILENCE_MS)
    this.#watch.unref()
    this.#recreate()
    return this.#opened.promise
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#drain()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#opened.reject(closedError())
    this.#queue.length = 0
    clearInterval(this.#watch)
    this.#offLink()
    this.#dropConsumer()
  }

  #recreate(): void {
    if (this.#closed) return
    this.#dropConsumer()
    const epoch = this.#epoch
    const name = nuid.next()
    this.#consumer = name
    this.#subscription = this.#options.nc.subscribe(createInbox(this.#options.inboxPrefix), {
      callback: (_error, message) => {
        if (epoch === this.#epoch) this.#onMessage(message)
      },
    })
    this.#addConsumer(name, epoch).then(
      (pending) => {
        if (pending === undefined || epoch !== this.#epoch) return
        this.#consumerSequence = 0
        this.#outstanding = 0
        this.#opened.resolve(pending)
        this.#pull()
      },
      (closed: unknown) => this.#opened.reject(closed),
    )
  }

  async #addConsumer(name: string, epoch: number): Promise<number | undefined> {
    const { jsm, link, retry, stream, filter, start, anew = false } = this.#options
    return untilKnown(link, retry, `reading ${filter ?? stream}`, async () => {
      if (epoch !== this.#epoch) return undefined
      const info = await jsm.consumers.add(stream, {
        name,
        ack_policy: AckPolicy.None,
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: Math.max(1, anew ? start : this.#next),
        ...(filter === undefined ? {} : { filter_subject: filter }),
        inactive_threshold: nanos(CONSUMER_IDLE_MS),
        mem_storage: true,
        num_replicas: 1,
      })
      return info.num_pending
    })
  }

  #dropConsumer(): void {
    this.#epoch += 1
    this.#subscription?.unsubscribe()
    this.#subscription = undefined
    // Nobody waits for the answer: should the request be lost, the server reaps the consumer itself.
    if (this.#consumer !== undefined && this.#options.link.isUp) {
      this.#options.nc.publish(`$JS.API.CONSUMER.DELETE.${this.#options.stream}.${this.#consumer}`)
    }
    this.#consumer = undefined
  }

  #pull(): void {
    const { credit, nc, stream } = this.#options
    const free = credit - this.#outstanding - this.#queue.length
    if (this.#paused || this.#closed || this.#subscription === undefined || free < credit / 2) return
    this.#outstanding += free
    const request = { batch: free, expires: nanos(PULL_EXPIRES_MS), idle_heartbeat: nanos(HEARTBEAT_MS) }
    nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${this.#consumer}`, JSON.stringify(request), {
      reply: this.#subscription.getSubject(),
    })
  }

  #onMessage(message: Msg): void {
    this.#heard = true
    const place = message.reply === undefined ? undefined : placeOf(message.reply)
    if (place === undefined) {
      this.#onStatus(message)
      return
    }
    if (place.consumerSequence !== this.#consumerSequence + 1) {
      this.#recreate()
      return
    }
    this.#consumerSequence += 1
    this.#outstanding -= 1
    this.#next = place.sequence + 1
    const delivered: FeedMessage = {
      subject: message.subject,
      sequence: place.sequence,
      data: message.data,
      headers: message.headers,
    }
    this.#queue.push(delivered)
    this.#drain()
  }

  #onStatus(message: Msg): void {
    const code = message.headers?.code
    if (code === 100) {
      const last = message.headers?.get('Nats-Last-Consumer')
      if (last !== undefined && last !== '' && Number(last) !== this.#consumerSequence) this.#recreate()
      return
    }
    const undelivered = message.headers?.get('Nats-Pending-Messages')
    if (code === 408 && undelivered !== undefined && undelivered !== '') {
      this.#outstanding = Math.max(0, this.#outstanding - Number(undelivered))
      this.#pull()
      return
    }
    // Consumer deleted, leader moved, server shutting down, nobody there: start over from `next`.
    this.#recreate()
  }

  #drain(): void {
    if (this.#delivering) return
    this.#delivering = true
    let at = 0
    while (!this.#paused && !this.#closed && at < this.#queue.length)
      this.#options.deliver(this.#queue[at++]!)
    this.#queue.splice(0, at)
    this.#delivering = false
    this.#pull()
  }

  #checkSilence(): void {
    const heard = this.#heard
    this.#heard = false
    if (heard) {
      this.#silent = 0
      this.#patience = 1
    } else if (this.#outstanding > 0 && this.#options.link.isUp && ++this.#silent >= this.#patience) {
      this.#silent = 0
      this.#patience = Math.min(this.#patience * 2, SILENCE_TIMES_MAX)
      this.#recreate()
    }
  }
}

/**
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>`; newer servers may put a
 * domain and an account before the stream, and a token at the end.
 */
function placeOf(reply: string): { sequence: number; consumerSequence: number } | undefined {
  if (!reply.startsWith('$JS.ACK.')) return undefined
  const tokens = reply.split('.')
  const at = tokens.length === 9 ? 5 : 7
  return { sequence: Number(tokens[at]), consumerSequence: Number(tokens[at + 1]) }
}
