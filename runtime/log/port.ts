/**
 * The fleet's log: durable inboxes and numbered commit slots. The contract suite (`contract.ts`) states what every
 * implementation keeps.
 *
 * Invariants:
 * 1. `append` creates slot `rev` of a partition or fails; two writers never both own one slot.
 * 2. A message whose `post` resolved `posted` is in its inbox until `forget`, across restarts of everything.
 * 3. An inbox delivers in position order, without gaps or repeats for one reader; positions only grow.
 * 4. Nothing here deduplicates by time: receivers do it by (source, seq), see `fleet/partition-state.ts`.
 * 5. The newest two slots of a partition always stand, and a slot that was forgotten is never owned again.
 * 6. One who goes on after slots that are gone is told so, if the link has fallen since they were written: no store loses
 *    anything while it runs.
 */

/** A message on its way into a partition's inbox. */
export interface Outgoing {
  readonly partition: number
  /** Instance id of the receiving agent, e.g. `conv-7/clerk`. Any text; the adapter encodes it for its subject. */
  readonly agent: string
  /** Who sends: `p3` for partition 3's outbox, or a client's own name. */
  readonly source: string
  /** Dense per (source, receiving partition), from 1. */
  readonly seq: number
  readonly body: Uint8Array
}

export interface InboxMessage extends Outgoing {
  /** Grows along the inbox, not always by whole numbers; the commit record names the last one consumed. */
  readonly position: number
}

export type Posted =
  | { readonly kind: 'posted' }
  /** The store's bound is reached: back off and try again. Nothing was kept. */
  | { readonly kind: 'full' }
  /** Not known to be kept: post it again; receivers drop the double. */
  | { readonly kind: 'unsure'; readonly cause: Error }

export type Appended =
  | { readonly kind: 'owned' }
  /** Another writer's record `id` stands in this slot, or stood there and was forgotten (`FORGOTTEN`): stop at once. */
  | { readonly kind: 'fenced'; readonly id: string }
  /** The slot before it does not stand, nor any after `newest`: the store has lost what it acknowledged. Nothing was kept of this. */
  | { readonly kind: 'lost'; readonly newest: number }

/** Slots are kept this long whatever `forgetSlots` is asked. */
export const SLOT_KEPT_MS_MIN = 60_000

export const FORGOTTEN = 'forgotten'

export interface Slot {
  readonly partition: number
  /** From 1, without gaps. */
  readonly rev: number
  /** The record's id: writer and attempt, unique. */
  readonly id: string
  readonly record: Uint8Array
}

export interface InboxReader {
  /** Stop delivering until `resume`; what has been delivered stays delivered. For back-pressure. */
  pause(): void
  resume(): void
  close(): Promise<void>
}

export type LinkState = 'connected' | 'disconnected' | 'closed'

export interface FleetLog {
  readonly fleet: string
  readonly partitions: number
  /** One line for people: `nats-server 2.9.10 at 127.0.0.1:4222, data in .parapet/…`. */
  readonly describe: string
  /** Pipelined: calls do not wait for each other; sends to one partition leave in call order, those made in one go perhaps together. */
  post(message: Outgoing): Promise<Posted>
  /**
   * Delivers messages with position > `after` in order. `deliver` must not throw; at most `queueMax` messages
   * are delivered ahead of what the transport buffers before `pause` takes hold. Throws when the inbox never came as far as `after`.
   */
  inbox(partition: number, after: number, deliver: (message: InboxMessage) => void): Promise<InboxReader>
  /**
   * Keeps trying through lost connections until it knows which of the two it is, or the log is closed (throws LogClosed).
   * Slot `rev + 1` is asked for only after `rev` is owned: a fenced writer with more under way could own a later slot.
   */
  append(slot: Slot): Promise<Appended>
  /** Slots from `fromRev` (inclusive), or from the oldest still kept, to the newest at the time of the call, in order. */
  read(partition: number, fromRev: number): AsyncIterable<Slot>
  /** The newest slot; a replica that lags may answer with an older one. */
  newest(partition: number): Promise<Slot | undefined>
  /**
   * Drops slots up to and including `throughRev`, but never the newest two, which tell a late writer that it is late. An
   * implementation may drop nothing while the last of them is younger than SLOT_KEPT_MS_MIN.
   */
  forgetSlots(partition: number, throughRev: number): Promise<void>
  /**
   * Drops inbox messages before `position`. The one at it may stay: it has been consumed, and keeps the store's memory of
   * where the inbox ends. Never touches slots.
   */
  forget(partition: number, position: number): Promise<void>
  onLink(listener: (state: LinkState) => void): void
  close(): Promise<void>
}

/** Largest commit record and message body, in bytes; below the server's default 1 MiB with room for headers. */
export const RECORD_BYTES_MAX = 900_000
export const MESSAGE_BYTES_MAX = 256_000

export class LogClosed extends Error {
  override readonly name = 'LogClosed'
}
