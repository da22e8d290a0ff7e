/**
 * Sends a partition's committed messages, in order, until each is known to be kept.
 *
 * Invariants:
 * 1. Only messages of committed records enter.
 * 2. Messages to one partition leave in the order of `seq`. After a failure everything from the failed one on is sent
 *    again (go-back-N); receivers drop doubles and what comes too early.
 * 3. `sentThrough` names a record only when all its messages and all before them are kept.
 * 4. While a full inbox holds it up it has room for more than otherwise: an owner that took nothing then would keep its own
 *    inbox full, and two that wait for each other would wait for ever.
 */
import type { FleetLog } from '#runtime/log/port.ts'
import { partitionSource } from './address.ts'
import type { Clock } from './clock.ts'
import type { Post } from './partition-state.ts'

/** Messages on their way at once. */
export const WINDOW_MAX = 256
/** Committed messages waiting to be sent; beyond it the owner takes no new input. */
export const OUTBOX_MAX = 10_000
/** The same while a full inbox holds them up. */
export const OUTBOX_HELD_MAX = 100_000
export const OUTBOX_HELD_CHARS_MAX = 64 * 1024 * 1024
const RETRY_MS = 50

export class Outbox {
  readonly #log: Pick<FleetLog, 'post'>
  readonly #clock: Clock
  readonly #source: string
  readonly #onSent: (rev: number) => void
  readonly #onHeldUp: () => void
  #queue: Post[] = []
  #chars = 0
  #heldUp = false
  #pumping = false
  #closed = false

  constructor(
    log: Pick<FleetLog, 'post'>,
    clock: Clock,
    partition: number,
    onSent: (rev: number) => void,
    onHeldUp: () => void,
  ) {
    this.#log = log
    this.#clock = clock
    this.#source = partitionSource(partition)
    this.#onSent = onSent
    this.#onHeldUp = onHeldUp
  }

  get length(): number {
    return this.#queue.length
  }

  /** The next message goes to an inbox that is full. */
  get isHeldUp(): boolean {
    return this.#heldUp
  }

  /** For what one more batch sends. */
  get hasRoom(): boolean {
    if (!this.#heldUp) return this.length < OUTBOX_MAX
    return this.length < OUTBOX_HELD_MAX && this.#chars < OUTBOX_HELD_CHARS_MAX
  }

  push(posts: readonly Post[]): void {
    for (const post of posts) {
      this.#queue.push(post)
      this.#chars += post.body.length
    }
    if (!this.#pumping) void this.#pump()
  }

  close(): void {
    this.#closed = true
  }

  async #pump(): Promise<void> {
    this.#pumping = true
    const encoder = new TextEncoder()
    while (this.#queue.length > 0 && !this.#closed) {
      const window = this.#queue.slice(0, WINDOW_MAX)
      const outcomes = await Promise.all(
        window.map((post) =>
          this.#log
            .post({
              partition: post.partition,
              agent: post.agent,
              source: this.#source,
              seq: post.seq,
              body: encoder.encode(post.body),
            })
            .catch((cause: Error) => ({ kind: 'unsure' as const, cause })),
        ),
      )
      const failed = outcomes.findIndex((outcome) => outcome.kind !== 'posted')
      const kept = failed === -1 ? window.length : failed
      if (kept > 0) {
        const last = this.#queue[kept - 1]!
        for (const { body } of this.#queue.splice(0, kept)) this.#chars -= body.length
        const open = this.#queue[0]
        this.#onSent(open && open.rev === last.rev ? last.rev - 1 : last.rev)
      }
      this.#heldUp = outcomes[failed]?.kind === 'full'
      if (this.#heldUp) this.#onHeldUp()
      if (failed !== -1) await new Promise<void>((resolve) => this.#clock.after(RETRY_MS, resolve))
    }
    this.#pumping = false
  }
}
