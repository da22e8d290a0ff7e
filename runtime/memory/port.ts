/**
 * Shared memory: passages and facts that agents of a fleet keep for each other. The contract suite (`contract.ts`)
 * states what every implementation keeps.
 *
 * Invariants:
 * 1. `write` resolves `written` when the rows are durable. The same id written again changes nothing, so a write may be
 *    repeated after a crash; the first one stands.
 * 2. A writer reads its own writes: `get`, `search`, `summary` and `retract` see every row accepted before the call, a
 *    search with a `reader` those of that conversation.
 * 3. A row that rests on a withdrawn source, at any remove, is withdrawn (retracted or held), whichever of the two came first.
 *    What an agent derived rests on that agent; what it observed does not.
 * 4. Withdrawn rows stay readable by id and are never found by search. Only `forget` deletes.
 */
import type { JsonObject } from '#dsl/judge/step.ts'

export interface NewRow {
  /** The row's place in the log, `p<partition>.<rev>.<index>`; any text that is unique for ever will do. */
  readonly id: string
  /** What the policy calls it (`remembers KIND`). */
  readonly kind: string
  /** What full-text search looks in. */
  readonly text: string
  readonly fields: JsonObject
  /** Instance id of the agent that wrote it (`conv-7/clerk`). */
  readonly writer: string
  readonly conversation: string
  /** Milliseconds since the epoch, the fleet's time. */
  readonly writtenAt: number
  /** Where it comes from: ids of log positions, tool calls or other rows. */
  readonly sources: readonly string[]
  readonly labels: readonly string[]
  /** `observed`: a tool or a person said it. `derived`: a model did. */
  readonly standing: Standing
}

export type Standing = 'observed' | 'derived'

export interface Row extends NewRow {
  readonly state: RowState
}

/** `held`: withdrawn until it is released; `retracted`: for good, and stronger. */
export type RowState = 'live' | 'held' | 'retracted'

/** What was asked cannot be done as asked; the same call gets the same answer. */
export interface Refused {
  readonly kind: 'refused'
  /** Permanent, `MEM…`. */
  readonly code: string
  readonly message: string
  readonly help: string
}

/** The store could not do it now (disk, permission, a lock). Repeating the call is safe. */
export interface Failed {
  readonly kind: 'failed'
  readonly cause: Error
}

export type Written =
  | { readonly kind: 'written' }
  /** Too many rows wait to be written. Nothing was kept: back off and repeat. */
  | { readonly kind: 'full' }
  | Refused
  | Failed

export interface Query {
  /** What is looked for; best match first, equally good ones newest first. Empty: the newest rows. */
  readonly text: string
  /**
   * `words`: any of them occurs (BM25). `meaning`: the nearest texts (cosine), however far. `both`: one ranking of the two, which
   * is what is done unless said, where the memory has an embedder.
   */
  readonly by?: 'words' | 'meaning' | 'both'
  readonly kind?: string
  readonly conversation?: string
  readonly standing?: Standing
  /** 1 to SEARCH_LIMIT_MAX. */
  readonly limit: number
  /**
   * The conversation that asks: its own writes are waited for, those of others not. Left out: all are. Waiting takes as long as
   * a batch takes to be written.
   */
  readonly reader?: string
}

export interface Hit {
  readonly row: Row
  /** By words BM25, by meaning the cosine, by both the sum of reciprocal ranks. 0 when no text was asked for. */
  readonly score: number
}

export type Found =
  | {
      readonly kind: 'found'
      readonly hits: readonly Hit[]
      /** Why both was asked for and only the words were looked at. */
      readonly wordsOnly?: string
    }
  | Refused
  | Failed

/** In the order asked for; ids that are unknown are left out. */
export type Got = { readonly kind: 'got'; readonly rows: readonly Row[] } | Refused | Failed

export interface Counts {
  readonly live: number
  readonly held: number
  readonly retracted: number
}

export type Summary =
  | {
      readonly kind: 'summary'
      readonly rows: Counts
      /** Each most rows first; at most SUMMARY_LINES_MAX lines. */
      readonly byKind: readonly Line[]
      readonly byStanding: readonly Line[]
      readonly byWriter: readonly Line[]
    }
  | Failed

export interface Line extends Counts {
  readonly name: string
}

/** Ids of all rows that rest on this source, sorted, those of earlier calls too. */
export type Retracted = { readonly kind: 'retracted'; readonly ids: readonly string[] } | Refused | Failed
export type Held = { readonly kind: 'held'; readonly ids: readonly string[] } | Refused | Failed
/** Ids of the rows that are live again: what rests on something else that is withdrawn is not among them. */
export type Released = { readonly kind: 'released'; readonly ids: readonly string[] } | Refused | Failed
export type Forgotten = { readonly kind: 'forgotten'; readonly rows: number } | Refused | Failed

export interface SharedMemory {
  /** One line for people: `LanceDB 0.31 at .parapet/memory`. */
  readonly describe: string
  /** All of `rows` or none. Calls may be many and small: what arrives during one write makes the next one. */
  write(rows: readonly NewRow[]): Promise<Written>
  get(ids: readonly string[]): Promise<Got>
  search(query: Query): Promise<Found>
  /** Reads every row's columns of names: for status pages, not for a turn. */
  summary(): Promise<Summary>
  /**
   * The source (a row, a tool call, a log position, or an agent by its instance id), rows that name it, rows that name those,
   * and so on. Repeat it after `failed`.
   */
  retract(source: string): Promise<Retracted>
  /** The same until it is released: what a quarantined agent has derived. */
  hold(source: string): Promise<Held>
  /** Ends a hold of this very source; a retraction is for good. */
  release(source: string): Promise<Released>
  /** Deletes rows of a kind written before a time (ms since the epoch), and lets none come back. For retention. */
  forget(kind: string, before: number): Promise<Forgotten>
  /** Compacts and indexes what was written since. Implementations also do it themselves, in between writes. */
  optimize(): Promise<{ readonly kind: 'optimized' } | Failed>
  /** Writes what waits, then lets go of the store. Later calls throw MemoryClosed. */
  close(): Promise<void>
}

export const WRITE_ROWS_MAX = 1_000
export const QUEUE_ROWS_MAX = 20_000
export const TEXT_CHARS_MAX = 20_000
export const NAME_CHARS_MAX = 400
export const FIELDS_BYTES_MAX = 64_000
export const SOURCES_MAX = 64
export const LABELS_MAX = 64
export const GET_IDS_MAX = 1_000
export const SEARCH_LIMIT_MAX = 200
export const SEARCH_CHARS_MAX = 2_000
export const SUMMARY_LINES_MAX = 100
/** Longer words are not indexed. */
export const WORD_CHARS_MAX = 100

export class MemoryClosed extends Error {
  override readonly name = 'MemoryClosed'
}
