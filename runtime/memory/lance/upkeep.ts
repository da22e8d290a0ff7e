/**
 * Compaction and indexes, beside the lane of writes: a write waits for neither (measured: LanceDB takes inserts while it
 * compacts and while it indexes).
 *
 * Invariants:
 * 1. One job at a time: a compaction and the building of an index undo each other's commits.
 * 2. No row is changed but to fill in a vector that was missing, and that in the lane.
 */
import { Index, type Table } from '@lancedb/lancedb'
import type { Embedder } from '#runtime/evidence/embedder.ts'
import { embedAll } from '../meaning.ts'
import type { Failed } from '../port.ts'
import { due, QUIET_MS, ROW_MS, SHOWN_ROWS_MIN } from './backlog.ts'
import { vectorsOf } from './columns.ts'
import { failed, READ_TIMEOUT_MS } from './search.ts'
import type { Mark, Seal, Tail } from './tail.ts'

/** Failures in a row before they are told: one or two are another process compacting the same folder. */
const OPTIMIZE_FAILURES_TOLD = 3
/** How long a reader in another process may stay on a version before its files are removed. */
export const VERSIONS_KEPT_MS = 10 * 60_000
/** Fewer vectors are compared one by one: as fast, and exact. */
export const VECTOR_INDEX_ROWS_MIN = 1_000
/**
 * Each time it is brought up to date the index of vectors gains a part, and every search looks at all of them, 0.2 to 0.4 ms
 * each. Building it anew takes a minute at 100,000 rows, so it waits until it is worth it, or the parts are too many.
 */
export const VECTOR_INDEX_PARTS = 8
export const VECTOR_INDEX_PARTS_MAX = 16
/** What is worth it: the rows that came since, of all. */
const REBUILD_SHARE = 1 / 16
/** Missing vectors filled in by one `optimize`. */
export const FILLED_IN_MAX = 5_000

/**
 * LanceDB's own values (20 and 300) cost four times the processor time to build and find no more: what is missed, the
 * quantisation misses (measured; design/memory.md).
 */
export const GRAPH = { distanceType: 'cosine', m: 16, efConstruction: 100 } as const

// Otherwise LanceDB warns on standard error of what it is asked for its figures, and reads far more than they need.
process.env['LANCE_INCLUDE_VECTOR_CENTROIDS'] ??= 'false'

type Optimized = { readonly kind: 'optimized' } | Failed

export interface Kept {
  readonly rows: Table
  readonly withdrawals: Table
  readonly tail: Tail
  readonly embedder: Embedder | undefined
  /** For people: where it is. */
  readonly at: string
  readonly warn: (message: string) => void
  /** Runs by itself in the lane of writes. */
  readonly alone: <Result>(work: () => Promise<Result>) => Promise<Result>
  readonly seal: () => Promise<Seal>
}

export class Upkeep {
  readonly #kept: Kept
  /** Since the last job looked. */
  #commits = 0
  #rows = 0
  #indexedRows = 0
  #rowMs = ROW_MS
  /** Since when rows gather. */
  #sinceAt = performance.now()
  #committedAt = performance.now()
  /** Looks again whether rows still pour in. */
  #again: NodeJS.Timeout | undefined
  /** Of the table when the index of vectors was built; 0 when another process has built it. */
  #builtRows = 0
  #failures = 0
  #vectorsMissing: boolean
  #compacting: Promise<unknown> = Promise.resolve()
  #job: Promise<unknown> = Promise.resolve()
  #jobs = 0
  #closed = false

  constructor(kept: Kept) {
    this.#kept = kept
    this.#vectorsMissing = kept.embedder !== undefined
  }

  /** Rows were written without their vectors. */
  vectorsMissing(): void {
    this.#vectorsMissing = true
  }

  /** A commit changed rows, and brought so many. */
  committed(inserted: number): void {
    const now = performance.now()
    if (this.#rows === 0) this.#sinceAt = now
    this.#commits++
    this.#rows += inserted
    this.#committedAt = now
    this.#beginIfDue()
  }

  #beginIfDue(): void {
    if (this.#jobs > 0 || this.#closed) return
    const now = performance.now()
    const answer = due({
      rows: this.#rows,
      commits: this.#commits,
      indexedRows: this.#indexedRows,
      rowMs: this.#rowMs,
      gatheredMs: now - this.#sinceAt,
      quietMs: now - this.#committedAt,
    })
    if (answer === 'now') void this.#inBackground()
    if (answer !== 'later' || this.#again !== undefined) return
    this.#again = setTimeout(() => {
      this.#again = undefined
      this.#beginIfDue()
    }, QUIET_MS).unref()
  }

  /** Call in the lane: no compaction is under way then, and none begins before the lane goes on. */
  async compacted(): Promise<void> {
    await this.#compacting
  }

  async optimize(): Promise<Optimized> {
    const optimized = await this.#inTurn(() => this.#optimize())
    const indexed = await this.#inTurn(() => this.#indexVectors(true))
    return optimized.kind === 'failed' ? optimized : indexed
  }

  /** Finishes what is under way. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#again)
    await this.#job
  }

  async #inBackground(): Promise<void> {
    const optimized = await this.#inTurn(() => this.#optimize())
    const { at, warn } = this.#kept
    if (optimized.kind === 'failed' && this.#failures % OPTIMIZE_FAILURES_TOLD === 0)
      warn(`compacting the memory in ${at} has failed ${this.#failures} times: ${optimized.cause.message}`)
    if (this.#closed) return
    const indexed = await this.#inTurn(() => this.#indexVectors(false))
    if (indexed.kind === 'failed') warn(`indexing the vectors in ${at} has failed: ${indexed.cause.message}`)
    // What has failed is tried again after the next commit, not at once.
    if (optimized.kind === 'optimized' && indexed.kind === 'optimized') this.#beginIfDue()
  }

  #inTurn(work: () => Promise<void>): Promise<Optimized> {
    this.#jobs++
    const done = this.#job.then(async (): Promise<Optimized> => {
      try {
        await work()
        return { kind: 'optimized' }
      } catch (cause) {
        return failed(cause)
      } finally {
        this.#jobs--
        this.#sinceAt = performance.now()
      }
    })
    this.#job = done
    return done
  }

  async #optimize(): Promise<void> {
    const { rows, withdrawals, tail, embedder, alone } = this.#kept
    const cleanupOlderThan = new Date(Date.now() - VERSIONS_KEPT_MS)
    const done = Promise.withResolvers<void>()
    try {
      if (embedder && this.#vectorsMissing) await alone(() => this.#fillInVectors(embedder))
      const { mark, commits, came } = await alone(async () => {
        await withdrawals.optimize({ cleanupOlderThan })
        const mark = await this.#mark()
        this.#compacting = done.promise
        return { mark, commits: this.#commits, came: this.#rows }
      })
      const startedAt = performance.now()
      await rows.optimize({ cleanupOlderThan })
      if (came >= SHOWN_ROWS_MIN) this.#rowMs = (performance.now() - startedAt) / came
      tail.indexed(mark)
      this.#commits -= commits
      this.#rows -= came
      this.#failures = 0
      this.#indexedRows = mark.seal.rows
    } catch (cause) {
      this.#failures++
      throw cause
    } finally {
      done.resolve()
    }
  }

  async #mark(): Promise<Mark> {
    const { rows, withdrawals, tail, seal } = this.#kept
    // First: what another process withdraws from here on changes the seal, and then nothing of this is believed.
    const sealed = await seal()
    const vectors = (await vectorIndexOf(rows)) !== undefined
    const clean = (await withdrawals.countRows()) === 0
    return tail.mark({ seal: sealed, vectors, clean })
  }

  /** Once there are enough vectors, and anew when it is in too many parts. From then on `optimize` keeps it up. */
  async #indexVectors(thorough: boolean): Promise<void> {
    const { rows, embedder } = this.#kept
    const count = this.#indexedRows
    if (!embedder || count < VECTOR_INDEX_ROWS_MIN) return
    const present = await vectorIndexOf(rows)
    if (present === undefined) {
      if ((await rows.countRows('vector IS NOT NULL')) < VECTOR_INDEX_ROWS_MIN) return
    } else {
      const parts = (await rows.indexStats(present))?.numIndices ?? 1
      const isWorthIt = thorough || count - this.#builtRows >= count * REBUILD_SHARE
      if (parts <= (isWorthIt ? VECTOR_INDEX_PARTS : VECTOR_INDEX_PARTS_MAX)) return
    }
    await rows.createIndex('vector', { config: Index.hnswSq(GRAPH) })
    this.#builtRows = count
    // What came meanwhile.
    await this.#optimize()
  }

  async #fillInVectors(by: Embedder): Promise<void> {
    const { rows } = this.#kept
    const lacking: readonly { readonly id: string; readonly text: string }[] = await rows
      .query()
      .select(['id', 'text'])
      .where(`vector IS NULL AND regexp_like(text, '[[:alnum:]]')`)
      .limit(FILLED_IN_MAX)
      .toArray({ timeoutMs: READ_TIMEOUT_MS })
    const embedded = await embedAll(
      by,
      lacking.map(({ text }) => text),
    )
    const found = lacking.flatMap(({ id }, at) => {
      const vector = embedded.vectors[at]
      return vector ? [{ id, vector }] : []
    })
    if (found.length > 0)
      await rows
        .mergeInsert('id')
        .whenMatchedUpdateAll()
        .execute(vectorsOf(found, by), { timeoutMs: READ_TIMEOUT_MS })
    this.#vectorsMissing = embedded.kind === 'failed' || lacking.length === FILLED_IN_MAX
  }
}

async function vectorIndexOf(rows: Table): Promise<string | undefined> {
  return (await rows.listIndices()).find(({ columns }) => columns.includes('vector'))?.name
}
