/**
 * What Parapet is compared with: LanceDB as its own documentation has it used, on a table with the same columns and the same
 * indexes. Rows go in as Arrow tables, a portion a commit, without asking whether they are there already; searches give the
 * whole row in one column, and read it.
 */
import { connect, Index, type Table } from '@lancedb/lancedb'
import { type Model, rowSchema, tableOf, vectorField } from '#runtime/memory/lance/columns.ts'
import { GRAPH } from '#runtime/memory/lance/upkeep.ts'
import type { NewRow } from '#runtime/memory/port.ts'
import type { Passages } from './passages.ts'

/** Candidates the index looks at, as Parapet asks for the best ten. */
const CANDIDATES = 100

/** An empty table with all indexes but that of vectors, which needs rows to be built of. */
export async function bareTable(folder: string, model: Model): Promise<Table> {
  const db = await connect(folder, { readConsistencyInterval: 0 })
  const table = await db.createEmptyTable('memory', rowSchema)
  await table.addColumns(vectorField(model))
  for (const column of ['id', 'conversation']) await table.createIndex(column, { config: Index.btree() })
  for (const column of ['kind', 'state', 'standing'])
    await table.createIndex(column, { config: Index.bitmap() })
  await table.createIndex('text', {
    config: Index.fts({ withPosition: false, stem: false, removeStopWords: false }),
  })
  return table
}

/** The table that Parapet keeps in a folder, past Parapet. Every read looks for what others have committed, as Parapet's do. */
export async function tableIn(folder: string): Promise<Table> {
  return (await connect(folder, { readConsistencyInterval: 0 })).openTable('memory')
}

export async function bareAdd(table: Table, rows: readonly NewRow[], passages: Passages): Promise<void> {
  const incoming = rows.map((row) => ({ row, state: 'live' as const, vector: passages.vectorOf(row.text) }))
  await table.add(tableOf(incoming, passages.model))
}

export async function bareIndex(table: Table): Promise<void> {
  await table.createIndex('vector', { config: Index.hnswSq(GRAPH) })
  await table.optimize()
}

export interface Narrowing {
  readonly where?: string
  readonly exact?: boolean
}

/** Ids of the nearest rows. */
export async function bareNearest(
  table: Table,
  vector: Float32Array,
  limit: number,
  { where, exact }: Narrowing = {},
): Promise<readonly string[]> {
  const asked = table
    .vectorSearch(vector)
    .column('vector')
    .distanceType('cosine')
    .ef(CANDIDATES)
    .select(['row', '_distance'])
    .limit(limit)
  if (where !== undefined) asked.where(where)
  if (exact) asked.bypassVectorIndex()
  return idsOf(await asked.toArray())
}

/** Ids of the rows that hold the words best. */
export async function bareWords(
  table: Table,
  words: string,
  limit: number,
  where?: string,
): Promise<readonly string[]> {
  const asked = table
    .query()
    .fullTextSearch(words, { columns: ['text'] })
    .select(['row', '_score'])
    .limit(limit)
  if (where !== undefined) asked.where(where)
  return idsOf(await asked.toArray())
}

function idsOf(found: readonly { readonly row: string }[]): readonly string[] {
  return found.map(({ row }) => (JSON.parse(row) as NewRow).id)
}
