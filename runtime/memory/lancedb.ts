/**
 * Shared memory in a LanceDB folder. The only file that knows LanceDB and Arrow.
 *
 * Invariants:
 * 1. Everything that changes the folder goes through one lane (`batches.ts`): within this process no two commits race.
 *    Other processes may use the folder too; LanceDB retries what collides, and what it gives up comes back as `failed`.
 * 2. Rows are inserted if their id is not there, never overwritten.
 * 3. A retraction is recorded before rows are marked, and rows are checked against the record before and after they are
 *    written, so neither order nor a crash in between leaves a row live that should not be.
 * 4. Columns unknown to this file (a vector, later) are left as they are.
 */
import { type Connection, connect, Index, type Table } from '@lancedb/lancedb'
import { Field, Float64, List, Schema, Utf8 } from 'apache-arrow'
import { type Committed, openBatches } from './batches.ts'
import { refused, refuseIds, refuseQuery, refuseRows, refuseSource } from './bounds.ts'
import {
  type Failed,
  type Found,
  type Hit,
  MemoryClosed,
  type NewRow,
  QUEUE_ROWS_MAX,
  type Query,
  type Refused,
  type Row,
  type SharedMemory,
  WORD_CHARS_MAX,
} from './port.ts'
import { byScoreThenNewest, wordsOf } from './rank.ts'
import { type RawHit, rawOf, rowOf } from './raw-row.ts'
import { reachOf, strides } from './retraction.ts'
import { holdsAny, isOneOf, narrowed } from './sql.ts'
import { counter } from './summary.ts'

/** Raised when a folder written before cannot be read as it is. */
export const MEMORY_VERSION = 1

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
export const READ_TIMEOUT_MS = 30_000
/** Rows fetched beyond the limit to order equally good matches; when the cut still runs through equals, so many in all. */
const TIES_FETCHED = 32
const TIES_FETCHED_MAX = 512

const VERSION_KEY = 'parapet.memory'
const ROWS = 'memory'
const RETRACTIONS = 'retractions'

/**
 * Makes LanceDB notice that two processes insert the same id at once; without it each of them inserts its own row.
 * Measured with 0.31: 20 ids written by two connections at once make 40 rows without the mark, 20 with it.
 */
const primaryKey = new Map([['lance-schema:unenforced-primary-key', 'true']])
const names = new List(new Field('item', new Utf8(), true))
const rowSchema = new Schema(
  [
    new Field('id', new Utf8(), false, primaryKey),
    new Field('kind', new Utf8(), false),
    new Field('text', new Utf8(), false),
    new Field('fields', new Utf8(), false),
    new Field('writer', new Utf8(), false),
    new Field('conversation', new Utf8(), false),
    new Field('written_at', new Float64(), false),
    new Field('sources', names, false),
    new Field('labels', names, false),
    new Field('standing', new Utf8(), false),
    new Field('state', new Utf8(), false),
  ],
  new Map([[VERSION_KEY, String(MEMORY_VERSION)]]),
)
/** Sources and row ids that are retracted, also of rows that have not come yet. */
const retractionSchema = new Schema([new Field('id', new Utf8(), false, primaryKey)])

interface Store {
  readonly db: Connection
  readonly rows: Table
  readonly retractions: Table
}

export interface LanceMemoryOptions {
  readonly dir: string
  /** Told when compacting in the background keeps failing; it is tried again after the next commit. Node's own warnings if not given. */
  readonly warn?: (message: string) => void
}

export type OpenedMemory = { readonly kind: 'open'; readonly memory: SharedMemory } | Refused

/** Of two that make a folder at the same time one loses; what it then finds is the other's. */
const OPEN_TRIES_MAX = 5

/** Opens the folder, or makes it. A folder of another version is refused and left untouched. */
export async function openLanceMemory(options: LanceMemoryOptions): Promise<OpenedMemory> {
  const { dir, warn = (message) => process.emitWarning(message) } = options
  let last: unknown
  for (let attempt = 0; attempt < OPEN_TRIES_MAX; attempt++) {
    try {
      return await tryOpen(dir, warn)
    } catch (cause) {
      last = cause
    }
  }
  return refused(
    'MEM12',
    `the memory in ${dir} cannot be opened: ${failed(last).cause.message}`,
    'See that the folder can be read and written.',
  )
}

async function tryOpen(dir: string, warn: (message: string) => void): Promise<OpenedMemory> {
  // Interval 0: every read looks for versions other processes have committed.
  const db = await connect(dir, { readConsistencyInterval: 0 })
  try {
    const present = await db.tableNames()
    const refusal = present.includes(ROWS) ? await refuseTable(await db.openTable(ROWS), dir) : undefined
    if (refusal) {
      db.close()
      return refusal
    }
    // A present table is opened as it is: it may have gained columns.
    const table = (name: string, schema: Schema) =>
      present.includes(name) ? db.openTable(name) : db.createEmptyTable(name, schema, { existOk: true })
    const rows = await table(ROWS, rowSchema)
    const retractions = await table(RETRACTIONS, retractionSchema)
    await ensureIndexes(rows)
    const memory = memoryIn({ db, rows, retractions }, dir, warn)
    // What a process that ended early has left unindexed.
    await memory.optimize()
    return { kind: 'open', memory }
  } catch (cause) {
    db.close()
    throw cause
  }
}

async function refuseTable(table: Table, dir: string): Promise<Refused | undefined> {
  const schema = await table.schema()
  const version = schema.metadata.get(VERSION_KEY)
  const help =
    'Run the Parapet that wrote it, or name another folder to start empty. Nothing in it was changed.'
  if (version !== String(MEMORY_VERSION))
    return refused(
      'MEM10',
      `the memory in ${dir} has ${version === undefined ? 'no version' : `version ${version}`}; this Parapet reads version ${MEMORY_VERSION}`,
      help,
    )
  const present = new Set(schema.fields.map((field: { readonly name: string }) => field.name))
  const missing = rowSchema.fields.filter((field) => !present.has(field.name)).map((field) => field.name)
  if (missing.length > 0)
    return refused('MEM11', `the memory in ${dir} lacks the columns ${missing.join(', ')}`, help)
  return undefined
}

async function ensureIndexes(rows: Table): Promise<void> {
  await ensureIndex(rows, 'id', Index.btree())
  await ensureIndex(rows, 'text', Index.fts(WORDS))
}

/** Another process may make it at the same time: then one of the two attempts fails and the index is there all the same. */
async function ensureIndex(rows: Table, column: string, config: Index): Promise<void> {
  const isThere = async () => (await rows.listIndices()).some((index) => index.columns.includes(column))
  if (await isThere()) return
  try {
    await rows.createIndex(column, { config })
  } catch (cause) {
    if (!(await isThere())) throw cause
  }
}

/** No stemming and no stop words: texts hold codes and several languages. `rank.ts` reads words the same way. */
const WORDS = {
  baseTokenizer: 'simple',
  withPosition: false,
  stem: false,
  removeStopWords: false,
  lowercase: true,
  asciiFolding: true,
  maxTokenLength: WORD_CHARS_MAX,
} as const

function memoryIn(store: Store, dir: string, warn: (message: string) => void): SharedMemory {
  const { db, rows, retractions } = store
  const limits = { rowsMax: BATCH_ROWS_MAX, bytesMax: BATCH_BYTES_MAX, queueRowsMax: QUEUE_ROWS_MAX }
  const batches = openBatches<NewRow>(limits, commit)
  let open = true
  let commitsSinceOptimize = 0
  let optimizing = false
  let optimizeFailures = 0
  let indexedRows = 0
  /** Ids written here that the index does not hold yet. */
  const fresh = new Set<string>()

  const use = () => {
    if (!open) throw new MemoryClosed(`the memory in ${dir} is closed`)
  }

  async function commit(accepted: readonly NewRow[]): Promise<Committed> {
    try {
      const news = [...new Map(accepted.toReversed().map((row) => [row.id, row])).values()].reverse()
      const known = await retractions.version()
      const gone = await retractedAmong(news)
      const insert = rows.mergeInsert('id').whenNotMatchedInsertAll()
      await insert.execute(
        news.map((row) => rawOf(row, gone.has(row.id))),
        { timeoutMs: READ_TIMEOUT_MS },
      )
      const late = (await retractions.version()) === known ? gone : await retractedAmong(news)
      if (late.size > 0) await spread(late)
    } catch (cause) {
      return failed(cause)
    }
    commitsSinceOptimize++
    for (const row of accepted) fresh.add(row.id)
    if (open && !optimizing && isOptimizeDue()) void optimizeInBackground()
    return { kind: 'committed' }
  }

  /** Ids of those of `news` that name something retracted or are retracted themselves; not what follows from them. */
  async function retractedAmong(news: readonly NewRow[]): Promise<ReadonlySet<string>> {
    if ((await retractions.countRows()) === 0) return new Set()
    const named = [...new Set(news.flatMap((row) => [row.id, ...row.sources]))]
    const gone = new Set<string>()
    for (const some of strides(named))
      for (const found of await retractions.query().where(isOneOf('id', some)).toArray()) gone.add(found.id)
    return new Set(
      news
        .filter((row) => gone.has(row.id) || row.sources.some((source) => gone.has(source)))
        .map((row) => row.id),
    )
  }

  /** Records and marks everything that follows from `seeds`. Gives all it reached, seeds included. */
  async function spread(seeds: Iterable<string>): Promise<ReadonlySet<string>> {
    const reached = await reachOf(seeds, async (sources) => {
      const citing = await rows
        .query()
        .select(['id'])
        .where(holdsAny('sources', sources))
        .toArray({ timeoutMs: READ_TIMEOUT_MS })
      return citing.map((row: { readonly id: string }) => row.id)
    })
    const ids = [...reached]
    await retractions
      .mergeInsert('id')
      .whenNotMatchedInsertAll()
      .execute(
        ids.map((id) => ({ id })),
        { timeoutMs: READ_TIMEOUT_MS },
      )
    for (const some of strides(ids))
      await rows.update({
        where: `state = 'live' AND ${isOneOf('id', some)}`,
        values: { state: 'retracted' },
      })
    return reached
  }

  function isOptimizeDue(): boolean {
    return (
      commitsSinceOptimize >= OPTIMIZE_AFTER_COMMITS ||
      fresh.size >= Math.min(Math.max(indexedRows, 1), OPTIMIZE_AFTER_ROWS)
    )
  }

  async function optimizeNow(): Promise<{ readonly kind: 'optimized' } | Failed> {
    try {
      const cleanupOlderThan = new Date(Date.now() - VERSIONS_KEPT_MS)
      await rows.optimize({ cleanupOlderThan })
      await retractions.optimize({ cleanupOlderThan })
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

  async function optimizeInBackground(): Promise<void> {
    optimizing = true
    const result = await batches.alone(optimizeNow)
    optimizing = false
    if (result.kind === 'failed' && optimizeFailures % OPTIMIZE_FAILURES_TOLD === 0)
      warn(`compacting the memory in ${dir} has failed ${optimizeFailures} times: ${result.cause.message}`)
  }

  /** Reads after everything accepted before; I/O errors become values. */
  async function reading<Answer>(read: () => Promise<Answer>): Promise<Answer | Failed> {
    await batches.caughtUp()
    try {
      return await read()
    } catch (cause) {
      return failed(cause)
    }
  }

  async function byText(query: Query): Promise<Found> {
    const asked = query.limit + TIES_FETCHED
    const found = await bestByText(query, asked)
    const cutsThroughEquals =
      found.length === asked && found.at(-1)?._score === found[query.limit - 1]?._score
    const raw = cutsThroughEquals ? await bestByText(query, TIES_FETCHED_MAX) : found
    const hits = raw.map((each): Hit => ({ row: rowOf(each), score: each._score }))
    if (hits.length < query.limit)
      hits.push(...(await overlooked(query, new Set(hits.map((hit) => hit.row.id)))))
    return { kind: 'found', hits: hits.sort(byScoreThenNewest).slice(0, query.limit) }
  }

  /**
   * LanceDB 0.31 counts how often a word occurs among rows not indexed yet, where BM25 counts the rows that hold it, and
   * drops those whose score is negative for it: rows that share only very common words with the query. They belong last.
   */
  async function overlooked(query: Query, found: ReadonlySet<string>): Promise<readonly Hit[]> {
    const asked = new Set(wordsOf(query.text))
    const hits: Hit[] = []
    for (const some of strides([...fresh].filter((id) => !found.has(id))))
      for (const raw of await rows
        .query()
        .where(`${narrowed(query)} AND ${isOneOf('id', some)}`)
        .toArray({ timeoutMs: READ_TIMEOUT_MS }))
        if (wordsOf(raw.text).some((word) => asked.has(word))) hits.push({ row: rowOf(raw), score: 0 })
    return hits
  }

  async function bestByText(query: Query, limit: number): Promise<readonly RawHit[]> {
    const search = rows.query().fullTextSearch(query.text, { columns: ['text'] })
    return search.where(narrowed(query)).limit(limit).toArray({ timeoutMs: READ_TIMEOUT_MS })
  }

  async function newest(query: Query): Promise<Found> {
    const search = rows.query().where(narrowed(query)).limit(query.limit)
    const ordered = search.orderBy([
      { columnName: 'written_at', ascending: false },
      { columnName: 'id', ascending: true },
    ])
    const found = await ordered.toArray({ timeoutMs: READ_TIMEOUT_MS })
    return { kind: 'found', hits: found.map((raw) => ({ row: rowOf(raw), score: 0 })) }
  }

  return {
    describe: `LanceDB at ${dir}`,
    async write(news) {
      use()
      const refusal = refuseRows(news)
      if (refusal) return refusal
      if (news.length === 0) return { kind: 'written' }
      const committed = await batches.add(
        news,
        news.reduce((bytes, row) => bytes + weight(row), 0),
      )
      if (!committed) return { kind: 'full' }
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
            .where(isOneOf('id', some))
            .toArray({ timeoutMs: READ_TIMEOUT_MS }))
            byId.set(raw.id, rowOf(raw))
        return { kind: 'got', rows: ids.flatMap((id) => byId.get(id) ?? []) }
      })
    },
    async search(query) {
      use()
      return refuseQuery(query) ?? reading(() => (query.text === '' ? newest(query) : byText(query)))
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
      const refusal = refuseSource(source)
      if (refusal) return refusal
      return batches.alone(async () => {
        try {
          const reached = [...(await spread([source]))]
          const ids: string[] = []
          for (const some of strides(reached))
            for (const raw of await rows.query().select(['id']).where(isOneOf('id', some)).toArray())
              ids.push(raw.id)
          return { kind: 'retracted', ids: ids.sort() }
        } catch (cause) {
          return failed(cause)
        }
      })
    },
    async optimize() {
      use()
      return batches.alone(optimizeNow)
    },
    async close() {
      if (!open) return
      open = false
      await batches.alone(async () => {
        rows.close()
        retractions.close()
        db.close()
      })
    },
  }
}

function weight(row: NewRow): number {
  return 2 * row.text.length + 4 * Object.keys(row.fields).length + 500
}

function failed(cause: unknown): Failed {
  return { kind: 'failed', cause: cause instanceof Error ? cause : new Error(String(cause)) }
}
