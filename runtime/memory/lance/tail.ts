/**
 * Rows of this process that the indexes do not hold yet, and whether there are others that they do not hold.
 *
 * While every such row is known, a search by meaning asks the index alone and compares these few here: looking through the
 * files of rows not indexed costs LanceDB several times the search itself.
 *
 * Invariants:
 * 1. `holds` says yes only when each row of the table was there at the last mark, and is indexed, or stands here.
 * 2. Rows come and go by inserting (their number tells), by withdrawing and by forgetting (both have a record of their own,
 *    whose version tells). Compacting and indexing change none of the three, whoever does them.
 */
import { similarity } from '#runtime/evidence/embedder.ts'
import type { Hit, NewRow, Query } from '../port.ts'
import { byScoreThenNewest } from '../rank.ts'

/** More than the index lacks of a store that keeps up; comparing so many takes 2 to 3 ms. */
export const FRESH_ROWS_MAX = 5_000

/** What tells that rows have come or gone. */
export interface Seal {
  readonly rows: number
  readonly withdrawals: number
  readonly forgotten: number
}

/** A moment between two writes. */
export interface Mark {
  readonly seal: Seal
  readonly at: number
  /** Rows written here before it. */
  readonly written: number
  /** There is an index of vectors to be brought up to date. */
  readonly vectors: boolean
  /** Nothing is withdrawn: all rows are live. */
  readonly clean: boolean
}

export interface Known {
  /** There are rows that `nearest` has, and together with it the index has all. */
  readonly vectors: boolean
  readonly clean: boolean
}

export interface Look {
  readonly known: Known
  readonly mark: Mark
  readonly seal: Seal
}

interface Fresh {
  readonly row: NewRow
  /** Undefined: not known, or not to be found. */
  readonly vector: Float32Array | undefined
  readonly at: number
}

export class Tail {
  readonly #fresh = new Map<string, Fresh>()
  #written = 0
  #now = 0
  #mark: Mark | undefined
  /** When a row was written that does not stand here as it is in the table. */
  #lostAt: number | undefined

  get size(): number {
    return this.#fresh.size
  }

  get ids(): Iterable<string> {
    return this.#fresh.keys()
  }

  /** What one commit wrote. When fewer were inserted, some had been there before, and perhaps otherwise than they are given here. */
  add(rows: readonly Omit<Fresh, 'at'>[], inserted: number): void {
    this.#written += inserted
    const at = this.#now
    const asGiven = inserted === rows.length
    if (!asGiven || this.#fresh.size + rows.length > FRESH_ROWS_MAX) this.#lostAt = at
    for (const { row, vector } of rows) {
      if (this.#fresh.size >= FRESH_ROWS_MAX) return
      this.#fresh.set(row.id, { row, vector: asGiven ? vector : undefined, at })
    }
  }

  /** Call between two writes. */
  mark(table: Omit<Mark, 'at' | 'written'>): Mark {
    this.#now++
    return { ...table, at: this.#now, written: this.#written }
  }

  /** All that was in the table at the mark is in the indexes. */
  indexed(mark: Mark): void {
    for (const [id, { at }] of this.#fresh) if (at < mark.at) this.#fresh.delete(id)
    if (this.#lostAt !== undefined && this.#lostAt < mark.at) this.#lostAt = undefined
    this.#mark = mark
  }

  /** What is known as long as nobody else changes the table: `holds` tells. Undefined: nothing is. */
  look(): Look | undefined {
    const mark = this.#mark
    if (mark === undefined) return undefined
    const vectors = this.#fresh.size > 0 && mark.vectors && this.#lostAt === undefined
    const known = { vectors, clean: mark.clean }
    return { known, mark, seal: { ...mark.seal, rows: mark.seal.rows + this.#written - mark.written } }
  }

  /** The table shows what it did when it was looked at, but for what was written here since. */
  holds({ mark, seal }: Look, now: Seal): boolean {
    return isSame(now, seal) || (this.#mark === mark && isSame(now, this.look()!.seal))
  }

  /** The nearest of the rows that stand here; exact. */
  nearest(vector: Float32Array, query: Query): Hit[] {
    const hits: Hit[] = []
    for (const { row, vector: own } of this.#fresh.values())
      if (own && isMeant(row, query))
        hits.push({ row: { ...row, state: 'live' }, score: similarity(own, vector) })
    return hits.sort(byScoreThenNewest).slice(0, query.limit)
  }
}

function isSame(a: Seal, b: Seal): boolean {
  return a.rows === b.rows && a.withdrawals === b.withdrawals && a.forgotten === b.forgotten
}

function isMeant(row: NewRow, { kind, conversation, standing }: Query): boolean {
  return (
    (kind === undefined || row.kind === kind) &&
    (conversation === undefined || row.conversation === conversation) &&
    (standing === undefined || row.standing === standing)
  )
}
