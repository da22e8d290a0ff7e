/** Reads an inbox that stands in this process as an array: the memory log's and the simulated broker's readers. */
import type { InboxReader } from './port.ts'

interface Standing {
  readonly position: number
}

export interface LocalReaderOptions<M extends Standing> {
  /** In order of position; messages may be dropped from its front while it is read. */
  readonly inbox: readonly M[]
  /** Position to read on from. */
  readonly after: number
  readonly deliver: (message: M) => void
  /** Later, one of the two: what stands in the inbox arrives, or it is lost on the way and waits for the next `wake`. */
  readonly schedule: (arrive: () => void, lost: () => void) => void
  readonly onClose: () => void
}

export class LocalReader<M extends Standing> implements InboxReader {
  readonly #options: LocalReaderOptions<M>
  #position: number
  #state: 'running' | 'paused' | 'closed' = 'running'
  /** Something is on its way. */
  #coming = false

  constructor(options: LocalReaderOptions<M>) {
    this.#options = options
    this.#position = options.after
  }

  /** Does something stand in the inbox that it has not had? */
  get lacks(): boolean {
    return this.#next() < this.#options.inbox.length
  }

  async open(): Promise<void> {
    this.wake()
  }

  wake(): void {
    if (this.#coming || this.#state !== 'running' || !this.lacks) return
    this.#coming = true
    this.#options.schedule(
      () => {
        this.#coming = false
        this.#pump()
      },
      () => {
        this.#coming = false
      },
    )
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused'
  }

  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    this.wake()
  }

  async close(): Promise<void> {
    this.#state = 'closed'
    this.#options.onClose()
  }

  #pump(): void {
    const { inbox, deliver } = this.#options
    for (let at = this.#next(); this.#state === 'running' && at < inbox.length; at = this.#next()) {
      const message = inbox[at]!
      this.#position = message.position
      deliver(message)
    }
  }

  /** Searched anew each time: a delivery may `forget`, which moves the array under us. */
  #next(): number {
    const { inbox } = this.#options
    let low = 0
    let high = inbox.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (inbox[middle]!.position <= this.#position) low = middle + 1
      else high = middle
    }
    return low
  }
}
