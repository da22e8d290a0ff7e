/**
 * Sends a partition's committed messages, in order, until each is known to be kept.
 *
 * Invariants:
 * 1. Only messages of committed records enter.
 * 2. Messages to one partition leave in the order of `seq`. After a failure everything to it from the failed one on is sent
 *    again (go-back-N); receivers drop doubles and what comes too early. What goes to other partitions goes on.
 * 3. `sentThrough` names a record only when all its messages and all before them are kept.
 * 4. While a full inbox holds it up it has room for more than otherwise: an owner that took nothing then would keep its own
 *    inbox full, and two that wait for each other would wait for ever.
 */
import type { FleetLog, Posted } from '#runtime/log/port.ts'
import { partitionSource } from './address.ts'
import type { Clock } from './clock.ts'
import type { Post } from './partition-state.ts'

/** Messages on their way to one partition at once; fewer after a failure, until it goes well again. */
export const WINDOW_MAX = 256
/** So few that to send them again costs less than to wait for an answer each. */
const WINDOW_MIN = 16
/** Committed messages waiting to be sent; beyond it the owner takes no new input. */
export const OUTBOX_MAX = 10_000
/** The same while a full inbox holds them up. */
export const OUTBOX_HELD_MAX = 100_000
export const OUTBOX_HELD_CHARS_MAX = 64 * 1024 * 1024
const RETRY_MS = 50

/** What waits to be sent to one partition. */
class Lane {
  readonly queue: Post[] = []
  window = WINDOW_MAX
  pumping = false
  /** The next message goes to an inbox that is full. */
  heldUp = false
}

export class Outbox {
  readonly #log: Pick<FleetLog, 'post'>
  readonly #clock: Clock
  readonly #source: string
  readonly #onSent: (rev: number) => void
  readonly #onHeldUp: () => void
  readonly #lanes = new Map<number, Lane>()
  /** Messages not yet kept, by their record, in the order of records. */
  readonly #open = new Map<number, number>()
  #length = 0
  #chars = 0
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
    return this.#length
  }

  /** Some partition's inbox is full. */
  get isHeldUp(): boolean {
    for (const { heldUp } of this.#lanes.values()) if (heldUp) return true
    return false
  }

  /** For what one more batch sends. */
  get hasRoom(): boolean {
    if (this.#length < OUTBOX_MAX) return true
    return this.#length < OUTBOX_HELD_MAX && this.#chars < OUTBOX_HELD_CHARS_MAX && this.isHeldUp
  }

  push(posts: readonly Post[]): void {
    for (const post of posts) {
      const { partition, rev, body } = post
      const lane = this.#lanes.get(partition) ?? new Lane()
      this.#lanes.set(partition, lane)
      lane.queue.push(post)
      this.#open.set(rev, (this.#open.get(rev) ?? 0) + 1)
      this.#length++
      this.#chars += body.length
    }
    for (const lane of this.#lanes.values()) if (lane.queue.length > 0 && !lane.pumping) void this.#pump(lane)
  }

  close(): void {
    this.#closed = true
  }

  async #pump(lane: Lane): Promise<void> {
    lane.pumping = true
    while (lane.queue.length > 0 && !this.#closed) {
      const window = lane.queue.slice(0, lane.window)
      const outcomes = await Promise.all(window.map((post) => this.#post(post)))
      const failed = outcomes.findIndex((outcome) => outcome.kind !== 'posted')
      const kept = failed === -1 ? window.length : failed
      lane.window = failed === -1 ? Math.min(2 * lane.window, WINDOW_MAX) : Math.max(WINDOW_MIN, kept)
      lane.heldUp = outcomes[failed]?.kind === 'full'
      this.#kept(lane.queue.splice(0, kept))
      if (lane.heldUp) this.#onHeldUp()
      if (failed !== -1) await new Promise<void>((resolve) => this.#clock.after(RETRY_MS, resolve))
    }
    lane.pumping = false
  }

  #post({ partition, agent, seq, body }: Post): Promise<Posted> {
    return this.#log
      .post({ partition, agent, source: this.#source, seq, body: Buffer.from(body) })
      .catch((cause: Error) => ({ kind: 'unsure', cause }))
  }

  #kept(posts: readonly Post[]): void {
    for (const { rev, body } of posts) {
      this.#open.set(rev, this.#open.get(rev)! - 1)
      this.#length--
      this.#chars -= body.length
    }
    let through: number | undefined
    for (const [rev, open] of this.#open) {
      if (open > 0) break
      this.#open.delete(rev)
      through = rev
    }
    if (through !== undefined) this.#onSent(through)
  }
}
