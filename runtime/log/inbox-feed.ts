/**
 * Delivers a partition's inbox, message by message, whether they came alone or in packs.
 *
 * Invariants:
 * 1. Messages are delivered in order of position, none at or before the one the reader was asked to start after.
 * 2. `pause` holds at once, within a pack too; what is left of it comes first afterwards.
 */
import { copyOf } from './copy.ts'
import { unwrap } from './envelope.ts'
import type { Feed, FeedMessage } from './feed.ts'
import { type Packed, positionIn, unpack } from './pack.ts'
import type { InboxMessage, InboxReader } from './port.ts'
import type { Subjects } from './subjects.ts'

/** What it reads. */
type Source = Pick<Feed, 'pause' | 'resume'> & { open(): Promise<unknown> }
type Wired = Omit<FeedMessage, 'headers'>

export interface InboxFeedOptions<F extends Source> {
  readonly partition: number
  readonly after: number
  readonly subjects: Subjects
  readonly deliver: (message: InboxMessage) => void
  readonly onNotice: (message: string) => void
  readonly close: (feed: F) => Promise<void>
}

export class InboxFeed<F extends Source> implements InboxReader {
  readonly #options: InboxFeedOptions<F>
  readonly #feed: F
  #paused = false
  /** What is left of the pack in which it was paused. */
  #left: InboxMessage[] = []

  /** `feed` makes one that gives its messages to the function it is handed. */
  constructor(options: InboxFeedOptions<F>, feed: (deliver: (message: Wired) => void) => F) {
    this.#options = options
    this.#feed = feed((message) => this.#take(message))
  }

  #take({ subject, sequence, data }: Wired): void {
    const { partition, after, subjects, onNotice } = this.#options
    // A copy, so that the transport's buffers are not kept alive by what waits.
    const bytes = copyOf(data)
    const packed = subjects.isPacks(subject)
      ? unpack(bytes)
      : [{ agent: subjects.agentOf(subject), wire: bytes }]
    const messages: InboxMessage[] = []
    for (const [place, each] of (packed ?? [FOREIGN]).entries()) {
      const position = positionIn(sequence, place, packed?.length ?? 1)
      const content = unwrap(each.wire)
      if (content === undefined)
        onNotice(`Inbox message ${sequence} is not one of the fleet's; it is passed over.`)
      else if (position > after) messages.push({ partition, agent: each.agent, position, ...content })
    }
    this.#deliver(messages)
  }

  pause(): void {
    this.#paused = true
    this.#feed.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#deliver(this.#left)
    if (!this.#paused) this.#feed.resume()
  }

  async open(): Promise<void> {
    await this.#feed.open()
  }

  async close(): Promise<void> {
    this.#paused = true
    await this.#options.close(this.#feed)
  }

  #deliver(messages: InboxMessage[]): void {
    let at = 0
    while (!this.#paused && at < messages.length) this.#options.deliver(messages[at++]!)
    this.#left = messages.slice(at)
  }
}

const FOREIGN: Packed = { agent: '', wire: new Uint8Array(0) }
