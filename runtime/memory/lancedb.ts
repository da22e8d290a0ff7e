/** Shared memory in a LanceDB folder: opening it, or refusing to. What is done with it is in `lance/store.ts`. */
import { connect, Index, type Table } from '@lancedb/lancedb'
import type { Embedder } from '#runtime/evidence/embedder.ts'
import { refused } from './bounds.ts'
import {
  forgottenSchema,
  MEMORY_VERSION,
  modelIn,
  ROW_COLUMNS,
  rowSchema,
  VERSION_KEY,
  vectorField,
  withdrawalSchema,
} from './lance/columns.ts'
import { failed } from './lance/search.ts'
import { memoryIn } from './lance/store.ts'
import './lance/threads.ts'
import { type Refused, type SharedMemory, WORD_CHARS_MAX } from './port.ts'

const ROWS = 'memory'
const WITHDRAWALS = 'withdrawals'
const FORGOTTEN = 'forgotten'

export interface LanceMemoryOptions {
  /** A folder, or what LanceDB takes in its place: `s3://…`, `gs://…`, `az://…`. */
  readonly dir: string
  /** Keys, regions and endpoints of an object store, as LanceDB names them; the environment's unless given. */
  readonly storage?: Readonly<Record<string, string>>
  /** Gives rows and queries their meaning. Without it words are searched, and rows written wait for their vectors. */
  readonly embedder?: Embedder
  /** Told when compacting in the background keeps failing; it is tried again after the next commit. Node's own warnings if not given. */
  readonly warn?: (message: string) => void
}

export type OpenedMemory = { readonly kind: 'open'; readonly memory: SharedMemory } | Refused

/** Of two that make a folder at the same time one loses; what it then finds is the other's. */
const OPEN_TRIES_MAX = 5

/** Opens the folder, or makes it. A folder of another version or model is refused and left untouched. */
export async function openLanceMemory(options: LanceMemoryOptions): Promise<OpenedMemory> {
  let last: unknown
  for (let attempt = 0; attempt < OPEN_TRIES_MAX; attempt++) {
    try {
      return await tryOpen(options)
    } catch (cause) {
      last = cause
    }
  }
  return refused(
    'MEM12',
    `the memory in ${options.dir} cannot be opened: ${failed(last).cause.message}`,
    'See that the folder can be read and written.',
  )
}

async function tryOpen(options: LanceMemoryOptions): Promise<OpenedMemory> {
  const { dir, storage, embedder, warn = (message) => process.emitWarning(message) } = options
  // Interval 0: every read looks for versions other processes have committed.
  const db = await connect(dir, {
    readConsistencyInterval: 0,
    ...(storage && { storageOptions: { ...storage } }),
  })
  try {
    const present = await db.tableNames()
    const refusal = present.includes(ROWS)
      ? await refuseTable(await db.openTable(ROWS), dir, embedder)
      : undefined
    if (refusal) {
      db.close()
      return refusal
    }
    // A present table is opened as it is: it may have gained columns.
    const table = (name: string, schema: typeof rowSchema) =>
      present.includes(name) ? db.openTable(name) : db.createEmptyTable(name, schema, { existOk: true })
    const rows = await table(ROWS, rowSchema)
    const withdrawals = await table(WITHDRAWALS, withdrawalSchema)
    const forgotten = await table(FORGOTTEN, forgottenSchema)
    if (embedder && !modelIn(await rows.schema())) await rows.addColumns(vectorField(embedder))
    await ensureIndex(rows, 'id', Index.btree())
    await ensureIndex(rows, 'text', Index.fts(WORDS))
    for (const column of NARROWING) await ensureIndex(rows, column, Index.bitmap())
    await ensureIndex(rows, 'conversation', Index.btree())
    const memory = memoryIn({ db, rows, withdrawals, forgotten, embedder, at: dir, warn })
    // What a process that ended early has left unindexed.
    await memory.optimize()
    return { kind: 'open', memory }
  } catch (cause) {
    db.close()
    throw cause
  }
}

async function refuseTable(
  table: Table,
  dir: string,
  embedder: Embedder | undefined,
): Promise<Refused | undefined> {
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
  const missing = ROW_COLUMNS.filter((name) => !present.has(name))
  if (missing.length > 0)
    return refused('MEM11', `the memory in ${dir} lacks the columns ${missing.join(', ')}`, help)
  const had = modelIn(schema)
  if (!embedder || !had || (had.model === embedder.model && had.dimensions === embedder.dimensions))
    return undefined
  return refused(
    'MEM13',
    `the vectors in ${dir} are of ${had.model ?? 'no known model'} (${had.dimensions ?? '?'} dimensions), not of ${embedder.model} (${embedder.dimensions})`,
    'Give the embedder that made them, or name another folder to start empty. Nothing in it was changed.',
  )
}

/** Columns of few values that searches are narrowed by. */
const NARROWING = ['kind', 'state', 'standing']

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
