/**
 * Shared memory in LanceDB tables that are open.
 *
 * Invariants:
 * 1. Everything that changes rows goes through one lane (`batches.ts`): within this process no two commits race.
 *    Other processes may use the folder too; LanceDB retries what collides, and what it gives up comes back as `failed`.
 * 2. Rows are inserted if their id is not there, never overwritten; only a vector that was missing is filled in.
 * 3. A row is durable without its vector when the embedder fails: words still find it, and `optimize` fills it in.
 * 4. Compaction and indexes are made beside the lane (`upkeep.ts`); what withdraws or forgets waits for a compaction, whose
 *    commit it would undo.
 */
import type { Connection, Table } from '@lancedb/lancedb'
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
import { rowOf, tableOf } from './columns.ts'
import { Equals } from './equals.ts'
import { failed, READ_TIMEOUT_MS, search } from './search.ts'
import { type Seal, Tail } from './tail.ts'
import { Upkeep } from './upkeep.ts'
import { Withdrawals } from './withdrawals.ts'

export const BATCH_ROWS_MAX = 5_000
export const BATCH_BYTES_MAX = 16_000_000
/** Longer than for reading: while an index is built beside it a write gets little of the processors, and to fail would not make it faster. */
export const WRITE_TIMEOUT_MS = 600_000

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
  const tail = new Tail()
  const seal = async (): Promise<Seal> => {
    const [count, withdrawn, forgot] = await Promise.all([
      rows.countRows(),
      withdrawals.version(),
      forgotten.version(),
    ])
    return { rows: count, withdrawals: withdrawn, forgotten: forgot }
  }
  const { alone } = batches
  const upkeep = new Upkeep({
    rows,
    withdrawals: store.withdrawals,
    tail,
    embedder,
    at: place,
    warn,
    alone,
    seal,
  })
  const equals = new Equals()
  const searched = { rows, embedder, tail, equals, seal, withdrawn: () => withdrawals.version() }
  let open = true
  /** The last write of each conversation that is not through yet. */
  const underWay = new Map<string, Promise<unknown>>()

  const use = () => {
    if (!open) throw new MemoryClosed(`the memory in ${place} is closed`)
  }

  async function commit(accepted: readonly NewRow[]): Promise<Committed> {
    let inserted: number
    try {
      const news = [...new Map(accepted.toReversed().map((row) => [row.id, row])).values()].reverse()
      const vectors = await vectorsFor(news)
      const known = await withdrawals.version()
      const gone = await withdrawals.among(news)
      const incoming = news.map((row, at) => ({
        row,
        state: gone.get(row.id) ?? ('live' as const),
        vector: vectors[at],
      }))
      const merged = await rows
        .mergeInsert('id')
        // Reading all ids tells which are there. The index would have LanceDB read whole rows that it does not hold yet.
        .useIndex(false)
        .whenNotMatchedInsertAll()
        .execute(tableOf(incoming, embedder), { timeoutMs: WRITE_TIMEOUT_MS })
      inserted = merged.numInsertedRows
      tail.add(
        incoming.map(({ row, state, vector }) => ({ row, vector: state === 'live' ? vector : undefined })),
        inserted,
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
    upkeep.committed(inserted)
    return { kind: 'committed' }
  }

  async function vectorsFor(news: readonly NewRow[]): Promise<readonly (Float32Array | undefined)[]> {
    if (!embedder) return []
    const embedded = await embedAll(
      embedder,
      news.map((row) => row.text),
    )
    if (embedded.kind === 'failed') {
      upkeep.vectorsMissing()
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

  /** Reads after everything accepted before; I/O errors become values. */
  async function reading<Answer>(read: () => Promise<Answer>, reader?: string): Promise<Answer | Failed> {
    await (reader === undefined ? batches.caughtUp() : underWay.get(reader))
    return attempted(read)
  }

  /** Changes in the lane; I/O errors become values. */
  function changing<Answer>(change: () => Promise<Answer>): Promise<Answer | Failed> {
    return alone(async () => {
      await upkeep.compacted()
      const changed = await attempted(change)
      upkeep.committed(0)
      return changed
    })
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
            .select(['id', 'state', 'row'])
            .where(isOneOf('id', some))
            .toArray({ timeoutMs: READ_TIMEOUT_MS }))
            byId.set(raw.id, rowOf(raw, raw.state))
        return { kind: 'got', rows: ids.flatMap((id) => byId.get(id) ?? []) }
      })
    },
    async search(query) {
      use()
      return refuseQuery(query) ?? reading(() => search(searched, query), query.reader)
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
      return upkeep.optimize()
    },
    async close() {
      if (!open) return
      open = false
      await batches.caughtUp()
      await upkeep.close()
      await alone(async () => {
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
