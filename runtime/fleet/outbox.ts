/**
 * Sends a partition's committed messages, in order, until each is known to be kept.
 *
 * Invariants:
 * 1. Only messages of committed records enter.
 * 2. Messages to one partition leave in the order of `seq`. After a failure everything from the failed one on is sent
 *    again (go-back-N); receivers drop doubles and what comes too early.
 * 3. `sentThrough` names a record only when all its messages and all before them are kept.
 */
import type { FleetLog } from '#runtime/log/port.ts'
import { partitionSource } from './address.ts'
import type { Clock } from './clock.ts'
import type { Post } from './partition-state.ts'

/** Messages on their way at once. */
export const WINDOW_MAX = 256
/** Committed messages waiting to be sent; beyond it the owner takes no new input. */
export const OUTBOX_MAX = 10_000
const RETRY_MS = 50

export class Outbox {
  readonly #log: Pick<FleetLog, 'post'>
  readonly #clock: Clock
  readonly #source: string
  readonly #onSent: (rev: number) => void
  #queue: Post[] = []
  #pumping = false
  #closed = false

  constructor(log: Pick<FleetLog, 'post'>, clock: Clock, partition: number, onSent: (rev: number) => void) {
    this.#log = log
    this.#clock = clock
    this.#source = partitionSource(partition)
    this.#onSent = onSent
  }

  get length(): number {
    return this.#queue.length
  }

  push(posts: readonly Post[]): void {
    for (const post of posts) this.#queue.push(post)
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
        this.#queue.splice(0, kept)
        const open = this.#queue[0]
        this.#onSent(open && open.rev === last.rev ? last.rev - 1 : last.rev)
      }
      if (failed !== -1) await new Promise<void>((resolve) => this.#clock.after(RETRY_MS, resolve))
    }
    this.#pumping = false
  }
}
