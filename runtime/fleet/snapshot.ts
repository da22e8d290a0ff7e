/**
 * Taking a snapshot of a partition while it goes on, and reading one.
 *
 * Invariants:
 * 1. A snapshot is the state at one point, whatever happens while it is packed: a conversation that is about to change and
 *    has not been packed is packed first, as it stands; the tables' values are never changed in place, so that their rows can
 *    be listed at once and written later.
 * 2. A word stands before the first conversation that names it.
 * 3. Packing costs no more at a time than one part: there is no long pause, however many agents there are.
 */

import { PartitionState, type Post } from './partition-state.ts'
import {
  decodeFrame,
  type Frame,
  FrameStream,
  type Part,
  SNAPSHOT_VERSION,
  type StateFrame,
  TABLES,
  type Table,
} from './snapshot-format.ts'
import { noTrial } from './trial.ts'

const ROWS_PER_FRAME = 256

export class SnapshotWriter {
  readonly base: number
  readonly #state: PartitionState
  readonly #whole: number
  readonly #partBytes: number
  readonly #rest: Iterator<void>
  /** Conversations that were awake, or woke since: of those at rest all along the cursor finds what they were. */
  readonly #packed = new Set<string>()
  readonly #out = new FrameStream()
  #index = 0
  /** Words written so far. */
  #words = 0

  /** `whole`: base of the newest whole snapshot so far. The state is that after its slot `rev`. */
  constructor(state: PartitionState, whole: number, cuts: StateFrame['cuts'], partBytes: number) {
    this.#state = state
    this.base = state.rev
    this.#whole = whole
    this.#partBytes = partBytes
    const { position, at, sentThrough, recordRev, rollout, trial } = state
    const tables = TABLES.map((table) => ({ table, all: Array.from(tableOf(state, table)) }))
    this.#rest = this.#frames(
      {
        position,
        at,
        sentThrough,
        recordRev,
        census: state.census(),
        cuts,
        ...(rollout && { rollout, trial: { ...trial } }),
      },
      tables,
      [...state.unsent],
      Array.from(state.awake, ({ id }) => id),
    )
    state.onTouch = (id) => this.#before(id)
  }

  /** The next part. After the last one there is none to be asked for. */
  next(): Part {
    let last = false
    while (this.#out.length < this.#partBytes && !last) last = this.#rest.next().done === true
    const bytes = this.#out.take(this.#partBytes)
    last = last && this.#out.length === 0
    if (last) this.close()
    const { base } = this
    return {
      head: { version: SNAPSHOT_VERSION, base, index: this.#index++, last, whole: this.#whole },
      bytes,
    }
  }

  close(): void {
    this.#state.onTouch = undefined
  }

  #before(id: string): void {
    if (this.#packed.has(id)) return
    this.#packed.add(id)
    const frozen = this.#state.frozen(id)
    if (frozen) this.#conversation(id, frozen.bytes, frozen.waiting)
  }

  /** With the words that are new in it before it. */
  #conversation(id: string, bytes: Uint8Array, waiting: boolean): void {
    const { words } = this.#state
    if (this.#words < words.size) this.#out.add({ kind: 'words', words: words.from(this.#words) })
    this.#words = words.size
    this.#out.conversation(id, waiting, bytes)
  }

  /** Each step writes some frames. */
  *#frames(
    state: StateFrame,
    tables: readonly { readonly table: Table; readonly all: readonly (readonly [unknown, unknown])[] }[],
    unsent: readonly Post[],
    awake: readonly string[],
  ): Generator<void> {
    const out = this.#out
    yield out.add({ kind: 'state', state })
    for (const { table, all } of tables)
      for (let from = 0; from < all.length; from += ROWS_PER_FRAME)
        yield out.add({ kind: 'rows', table, rows: all.slice(from, from + ROWS_PER_FRAME) })
    for (let from = 0; from < unsent.length; from += ROWS_PER_FRAME)
      yield out.add({ kind: 'unsent', posts: unsent.slice(from, from + ROWS_PER_FRAME) })
    for (const id of awake) yield this.#before(id)
    // Not listed first, however many they are: what wakes meanwhile is packed before it does, what goes to rest has been packed.
    for (const [id, bytes] of this.#state.resting.entries())
      if (!this.#packed.has(id)) yield this.#conversation(id, bytes, false)
  }
}

/** Puts a state together from a snapshot's parts, as they come. */
export class SnapshotReader {
  #state = new PartitionState()
  #cuts: StateFrame['cuts'] = []
  #base = -1
  #next = 0
  #left = Buffer.alloc(0)

  /**
   * The state, once the last part is in. A part that does not follow the one before starts over, or is passed over; a snapshot
   * with a damaged part is never whole.
   */
  take({
    head,
    bytes,
    damaged = false,
  }: Part & { readonly damaged?: boolean }):
    | { readonly state: PartitionState; readonly cuts: StateFrame['cuts'] }
    | undefined {
    if (head.index === 0) {
      this.#state = new PartitionState()
      this.#base = head.base
      this.#next = 0
      this.#left = Buffer.alloc(0)
    }
    if (damaged) this.#base = -1
    if (head.base !== this.#base || head.index !== this.#next) return undefined
    this.#next++
    const stream = this.#left.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#left, bytes])
    let at = 0
    for (let read = decodeFrame(stream, at); read; read = decodeFrame(stream, at)) {
      this.#apply(read.frame)
      at = read.end
    }
    this.#left = stream.subarray(at)
    if (!head.last) return undefined
    this.#state.rev = head.base
    return { state: this.#state, cuts: this.#cuts }
  }

  #apply(frame: Frame): void {
    const state = this.#state
    if (frame.kind === 'conversation') {
      state.resting.put(frame.id, frame.bytes)
      if (frame.waiting) state.known(frame.id)
    } else if (frame.kind === 'state') {
      const { census, cuts, ...rest } = frame.state
      Object.assign(state, rest, { restingCensus: census, trial: { ...noTrial(), ...rest.trial } })
      this.#cuts = cuts
    } else if (frame.kind === 'unsent') state.unsent.push(...frame.posts)
    else if (frame.kind === 'words') for (const word of frame.words) state.words.add(word)
    else {
      const table = tableOf(state, frame.table)
      for (const [key, value] of frame.rows) table.set(key, value)
    }
  }
}

function tableOf(state: PartitionState, table: Table): Map<unknown, unknown> {
  return state[table]
}
