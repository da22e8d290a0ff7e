/**
 * Inbox messages that a committed record has consumed: dropped now and then. The server writes the block it cuts into anew, so
 * dropping costs by the time, not by the message: every MiB halved the throughput, every 32 MiB is not felt. From the lower
 * bound on it is done in a quiet moment.
 */
import type { FleetLog } from '#runtime/log/port.ts'
import type { Clock } from './clock.ts'

const INBOX_KEPT_BYTES_MIN = 1024 * 1024
const INBOX_KEPT_BYTES_MAX = 32 * 1024 * 1024
const QUIET_MS = 1_000
/** A message of few bytes takes about this many more in the server's store. */
const MESSAGE_OVERHEAD_BYTES = 256

export class Consumed {
  readonly #log: FleetLog
  readonly #partition: number
  /** Position of the last message consumed by a committed record. */
  readonly #position: () => number
  #bytes = 0
  #forgetting = false

  constructor(log: FleetLog, partition: number, position: () => number) {
    this.#log = log
    this.#partition = partition
    this.#position = position
  }

  take(body: Uint8Array): void {
    this.#bytes += body.length + MESSAGE_OVERHEAD_BYTES
  }

  /** In the moment between two records. Whoever is held up by this partition's inbox may be who holds this one up. */
  perhapsForget(heldUp: boolean): void {
    if (this.#bytes >= INBOX_KEPT_BYTES_MAX || (heldUp && !this.#forgetting)) this.#forget()
  }

  /** Gives back how to cancel it. */
  forgetWhenQuiet(clock: Clock): () => void {
    return this.#bytes >= INBOX_KEPT_BYTES_MIN ? clock.after(QUIET_MS, () => this.#forget()) : () => {}
  }

  /** When dropping fails, the next time drops it too. */
  #forget(): void {
    this.#bytes = 0
    this.#forgetting = true
    this.#log
      .forget(this.#partition, this.#position())
      .catch(() => {
        this.#bytes = INBOX_KEPT_BYTES_MIN
      })
      .finally(() => {
        this.#forgetting = false
      })
  }
}
