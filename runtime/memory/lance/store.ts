/**
 * Shared memory in LanceDB tables that are open.
 *
 * Invariants:
 * 1. Everything that changes rows goes through one lane (`batches.ts`): within this process no two commits race.
 *    Other processes may use the folder too; LanceDB retries what collides, and what it gives up comes back as `failed`.
 * 2. Rows are inserted if their id is not there, never overwritten; only a vector that was missing is filled in.
 * 3. A row is durable without its vector when the embedder fails: words still find it, and `optimize` fills it in.
 * 4. The index of vectors is built beside the lane: it takes seconds and changes no row.
 */
import { type Connection, Index, type Table } from '@lancedb/lancedb'
import type { Embedder } from '#runtime/evidence/embedder.ts'
import { type Committed, openBatches } from '../batches.ts'
import { refuseIds, refuseQuery, refuseRows, refuseSource } from '../bounds.ts'
import { embedAll } from '../meaning.ts'
import {
  type Failed,
  MemoryClosed,
  type NewRow,
  QUEUE_ROWS_MAX,
  type Row,
  type SharedMemory,
} from '../port.ts'
import { strides } from '../retraction.ts'
import { isOneOf, quoted } from '../sql.ts'
import { counter } from '../summary.ts'
import { ROW_COLUMNS, rowOf, tableOf, vectorsOf } from './columns.ts'
import { READ_TIMEOUT_MS, search } from './search.ts'
import { Withdrawals } from './withdrawals.ts'

export const BATCH_ROWS_MAX = 5_000
export const BATCH_BYTES_MAX = 16_000_000
/**
 * Compacting and indexing costs as much as the table is long (16 ms at 100 rows, 0.6 s at 100,000), so it is done when the
 * table has doubled, and at the latest after so many commits or rows: each commit is a version and a file until then, and
 * each row is read by every search.
 */
export const OPTIMIZE_AFTER_COMMITS = 100
export const OPTIMIZE_AFTER_ROWS = 5_000
/** Failures in a row before they are told: one or two are another process compacting the same folder. */
const OPTIMIZE_FAILURES_TOLD = 3
/** How long a reader in another process may stay on a version before its files are removed. */
export const VERSIONS_KEPT_MS = 10 * 60_000
/** Fewer vectors are compared one by one: as fast, and exact. */
export const VECTOR_INDEX_ROWS_MIN = 10_000
/** Missing vectors filled in by one `optimize`. */
export const FILLED_IN_MAX = 5_000

export interface Store {
  readonly db: Connection
  readonly rows: Table
  readonly withdrawals: Table
  readonly forgotten: Table
  readonly embedder: Embedder | undefined
  /** For people: where it is. */
  readonly at: string
  readonly warn: (message: string) => void
}

export function memoryIn(store: Store): SharedMemory {
  const { db, rows, forgotten, embedder, at: place, warn } = store
  const limits = { rowsMax: BATCH_ROWS_MAX, bytesMax: BATCH_BYTES_MAX, queueRowsMax: QUEUE_ROWS_MAX }
  const batches = openBatches<NewRow>(limits, commit)
  const withdrawals = new Withdrawals(rows, store.withdrawals)
  let open = true
  let commitsSinceOptimize = 0
  let optimizing = false
  let optimizeFailures = 0
  let indexedRows = 0
  let vectorsMissing = embedder !== undefined
  let indexingVectors: Promise<void> | undefined
  /** The last write of each conversation that is not through yet. */
  const underWay = new Map<string, Promise<unknown>>()
  /** Ids written here that the index of words does not hold yet. */
  const fresh = new Set<string>()

  const use = () => {
    if (!open) throw new MemoryClosed(`the memory in ${place} is closed`)
  }

  async function commit(accepted: readonly NewRow[]): Promise<Committed> {
    try {
      const news = [...new Map(accepted.toReversed().map((row) => [row.id, row])).values()].reverse()
      const vectors = await vectorsFor(news)
      const known = await withdrawals.version()
      const gone = await withdrawals.among(news)
      await rows
        .mergeInsert('id')
        .whenNotMatchedInsertAll()
        .execute(
          tableOf(
            news.map((row, at) => ({ row, state: gone.get(row.id) ?? 'live', vector: vectors[at] })),
            embedder,
          ),
          { timeoutMs: READ_TIMEOUT_MS },
        )
      if ((await withdrawals.version()) !== known || gone.size > 0) {
        const late = await withdrawals.among(news)
        for (const state of ['held', 'retracted'] as const) {
          const seeds = [...late].flatMap(([id, each]) => (each === state ? [id] : []))
          if (seeds.length > 0) await withdrawals.spread(seeds, state)
        }
      }
      await forgetAgain(news)
    } catch (cause) {
      return failed(cause)
    }
    commitsSinceOptimize++
    for (const row of accepted) fresh.add(row.id)
    if (open && !optimizing && isOptimizeDue()) void optimizeInBackground()
    return { kind: 'committed' }
  }

  async function vectorsFor(news: readonly NewRow[]): Promise<readonly (Float32Array | undefined)[]> {
    if (!embedder) return []
    const embedded = await embedAll(
      embedder,
      news.map((row) => row.text),
    )
    if (embedded.kind === 'failed') {
      vectorsMissing = true
      warn(`rows in ${place} wait for their vectors: ${embedded.why}`)
    }
    return embedded.vectors
  }

  /** A row that was forgotten, and is written again by a replay, goes again. */
  async function forgetAgain(news: readonly NewRow[]): Promise<void> {
    if ((await forgotten.countRows()) === 0) return
    const kinds = [...new Set(news.map((row) => row.kind))]
    for (const { id, before } of await forgotten.query().where(isOneOf('id', kinds)).toArray())
      if (news.some((row) => row.kind === id && row.writtenAt < before))
        await rows.delete(olderThan(id, before))
  }

  function isOptimizeDue(): boolean {
    return (
      commitsSinceOptimize >= OPTIMIZE_AFTER_COMMITS ||
      fresh.size >= Math.min(Math.max(indexedRows, 1), OPTIMIZE_AFTER_ROWS)
    )
  }

  async function optimizeNow(): Promise<{ readonly kind: 'optimized' } | Failed> {
    try {
      if (embedder && vectorsMissing) await fillInVectors(embedder)
      const cleanupOlderThan = new Date(Date.now() - VERSIONS_KEPT_MS)
      await rows.optimize({ cleanupOlderThan })
      await store.withdrawals.optimize({ cleanupOlderThan })
      commitsSinceOptimize = 0
      optimizeFailures = 0
      fresh.clear()
      indexedRows = await rows.countRows()
      return { kind: 'optimized' }
    } catch (cause) {
      optimizeFailures++
      return failed(cause)
    }
  }

  async function fillInVectors(by: Embedder): Promise<void> {
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
    vectorsMissing = embedded.kind === 'failed' || lacking.length === FILLED_IN_MAX
  }

  async function optimizeInBackground(): Promise<void> {
    optimizing = true
    const result = await batches.alone(optimizeNow)
    optimizing = false
    if (result.kind === 'failed' && optimizeFailures % OPTIMIZE_FAILURES_TOLD === 0)
      warn(`compacting the memory in ${place} has failed ${optimizeFailures} times: ${result.cause.message}`)
    if (open) void indexVectors()
  }

  /** Once there are enough of them; from then on `optimize` keeps the index up. */
  function indexVectors(): Promise<void> {
    indexingVectors ??= buildVectorIndex()
      .catch((cause: unknown) =>
        warn(`indexing the vectors in ${place} has failed: ${failed(cause).cause.message}`),
      )
      .finally(() => {
        indexingVectors = undefined
      })
    return indexingVectors
  }

  async function buildVectorIndex(): Promise<void> {
    if (!embedder || indexedRows < VECTOR_INDEX_ROWS_MIN) return
    if ((await rows.countRows('vector IS NOT NULL')) < VECTOR_INDEX_ROWS_MIN) return
    const present = await rows.listIndices()
    if (present.some((index) => index.columns.includes('vector'))) return
    await rows.createIndex('vector', { config: Index.hnswSq({ distanceType: 'cosine' }) })
  }

  /** Reads after everything accepted before; I/O errors become values. */
  async function reading<Answer>(read: () => Promise<Answer>, reader?: string): Promise<Answer | Failed> {
    await (reader === undefined ? batches.caughtUp() : underWay.get(reader))
    return attempted(read)
  }

  /** Changes in the lane; I/O errors become values. */
  function changing<Answer>(change: () => Promise<Answer>): Promise<Answer | Failed> {
    return batches.alone(() => attempted(change))
  }

  return {
    describe: `LanceDB at ${place}${embedder ? `, meaning by ${embedder.model}` : ''}`,
    async write(news) {
      use()
      const refusal = refuseRows(news)
      if (refusal) return refusal
      if (news.length === 0) return { kind: 'written' }
      const accepted = batches.add(
        news,
        news.reduce((bytes, row) => bytes + weight(row, embedder), 0),
      )
      if (!accepted) return { kind: 'full' }
      const writers = new Set(news.map((row) => row.conversation))
      for (const writer of writers) underWay.set(writer, accepted)
      const committed = await accepted
      for (const writer of writers) if (underWay.get(writer) === accepted) underWay.delete(writer)
      return committed.kind === 'failed' ? committed : { kind: 'written' }
    },
    async get(ids) {
      use()
      const refusal = refuseIds(ids)
      if (refusal) return refusal
      return reading(async () => {
        const byId = new Map<string, Row>()
        for (const some of strides(ids))
          for (const raw of await rows
            .query()
            .select([...ROW_COLUMNS])
            .where(isOneOf('id', some))
            .toArray({ timeoutMs: READ_TIMEOUT_MS }))
            byId.set(raw.id, rowOf(raw))
        return { kind: 'got', rows: ids.flatMap((id) => byId.get(id) ?? []) }
      })
    },
    async search(query) {
      use()
      return refuseQuery(query) ?? reading(() => search({ rows, embedder, fresh }, query), query.reader)
    },
    async summary() {
      use()
      return reading(async () => {
        const counted = counter()
        for await (const batch of rows.query().select(['kind', 'standing', 'writer', 'state']))
          for (const { kind, standing, writer, state } of batch)
            counted.count({ kind, standing, writer, state })
        return counted.summary()
      })
    },
    async retract(source) {
      use()
      const ids = () => withdrawals.withdraw(source, 'retracted')
      return refuseSource(source) ?? changing(async () => ({ kind: 'retracted', ids: await ids() }))
    },
    async hold(source) {
      use()
      const ids = () => withdrawals.withdraw(source, 'held')
      return refuseSource(source) ?? changing(async () => ({ kind: 'held', ids: await ids() }))
    },
    async release(source) {
      use()
      const ids = () => withdrawals.release(source)
      return refuseSource(source) ?? changing(async () => ({ kind: 'released', ids: await ids() }))
    },
    async forget(kind, before) {
      use()
      const refusal = refuseSource(kind)
      if (refusal) return refusal
      return changing(async () => {
        await forgotten
          .mergeInsert('id')
          .whenMatchedUpdateAll({ where: 'target.before < source.before' })
          .whenNotMatchedInsertAll()
          .execute([{ id: kind, before }], { timeoutMs: READ_TIMEOUT_MS })
        const count = await rows.countRows(olderThan(kind, before))
        if (count > 0) await rows.delete(olderThan(kind, before))
        return { kind: 'forgotten', rows: count }
      })
    },
    async optimize() {
      use()
      const optimized = await batches.alone(optimizeNow)
      await indexVectors()
      return optimized
    },
    async close() {
      if (!open) return
      open = false
      await batches.alone(async () => {
        await indexingVectors
        for (const table of [rows, store.withdrawals, forgotten]) table.close()
        db.close()
      })
    },
  }
}

function olderThan(kind: string, before: number): string {
  return `kind = ${quoted(kind)} AND written_at < ${before}`
}

function weight(row: NewRow, embedder: Embedder | undefined): number {
  return 2 * row.text.length + 4 * Object.keys(row.fields).length + 500 + 4 * (embedder?.dimensions ?? 0)
}

async function attempted<Answer>(work: () => Promise<Answer>): Promise<Answer | Failed> {
  try {
    return await work()
  } catch (cause) {
    return failed(cause)
  }
}

export function failed(cause: unknown): Failed {
  return { kind: 'failed', cause: cause instanceof Error ? cause : new Error(String(cause)) }
}
