/** Searching a LanceDB table: by words, by meaning, by both. */
import type { Table } from '@lancedb/lancedb'
import { type Embedder, hasWords } from '#runtime/evidence/embedder.ts'
import { embedAll } from '../meaning.ts'
import type { Found, Hit, Query } from '../port.ts'
import { byScoreThenNewest, depthOf, fused, wordsOf } from '../rank.ts'
import { strides } from '../retraction.ts'
import { isOneOf, narrowed } from '../sql.ts'
import { type RawHit, type RawNeighbour, ROW_COLUMNS, rowOf } from './columns.ts'

export const READ_TIMEOUT_MS = 30_000
/** Rows fetched beyond the limit to order equally good matches; when the cut still runs through equals, so many in all. */
const TIES_FETCHED = 32
const TIES_FETCHED_MAX = 512
/** Candidates the index looks at for each row wanted, and at least: what recall is paid with. */
const EF_FACTOR = 4
const EF_MIN = 100

export interface Searched {
  readonly rows: Table
  readonly embedder: Embedder | undefined
  /** Ids written here that the index of words does not hold yet. */
  readonly fresh: ReadonlySet<string>
}

/** Throws what LanceDB throws. */
export async function search(searched: Searched, query: Query): Promise<Found> {
  const { rows, embedder } = searched
  if (query.text === '') return newest(rows, query)
  const by = query.by ?? (embedder ? 'both' : 'words')
  if (by === 'words') return { kind: 'found', hits: await byWords(searched, query) }
  const vector = await vectorOf(embedder, query.text)
  if (typeof vector === 'string') {
    if (by === 'meaning') return { kind: 'failed', cause: new Error(vector) }
    return { kind: 'found', hits: await byWords(searched, query), wordsOnly: vector }
  }
  if (by === 'meaning') return { kind: 'found', hits: await byMeaning(rows, query, vector) }
  const deep = { ...query, limit: depthOf(query.limit) }
  const rankings = await Promise.all([byWords(searched, deep), byMeaning(rows, deep, vector)])
  return { kind: 'found', hits: fused(rankings, query.limit) }
}

/** Why there is none, if there is none. */
async function vectorOf(embedder: Embedder | undefined, text: string): Promise<Float32Array | string> {
  if (!embedder) return 'this memory has no embedder'
  if (!hasWords(text)) return 'the text has no word in it'
  const found = await embedAll(embedder, [text])
  return found.kind === 'failed' ? found.why : (found.vectors[0] ?? 'the text has no word in it')
}

async function byMeaning(rows: Table, query: Query, vector: Float32Array): Promise<readonly Hit[]> {
  const found: readonly RawNeighbour[] = await rows
    .vectorSearch(vector)
    .column('vector')
    .distanceType('cosine')
    .ef(Math.max(EF_MIN, EF_FACTOR * query.limit))
    .where(narrowed(query))
    .select([...ROW_COLUMNS, '_distance'])
    .limit(query.limit)
    .toArray({ timeoutMs: READ_TIMEOUT_MS })
  return found.map((raw): Hit => ({ row: rowOf(raw), score: 1 - raw._distance })).sort(byScoreThenNewest)
}

async function byWords(searched: Searched, query: Query): Promise<readonly Hit[]> {
  const { rows } = searched
  const asked = query.limit + TIES_FETCHED
  const found = await bestByWords(rows, query, asked)
  const cutsThroughEquals = found.length === asked && found.at(-1)?._score === found[query.limit - 1]?._score
  const raw = cutsThroughEquals ? await bestByWords(rows, query, TIES_FETCHED_MAX) : found
  const hits = raw.map((each): Hit => ({ row: rowOf(each), score: each._score }))
  if (hits.length < query.limit)
    hits.push(...(await overlooked(searched, query, new Set(hits.map((hit) => hit.row.id)))))
  return hits.sort(byScoreThenNewest).slice(0, query.limit)
}

async function bestByWords(rows: Table, query: Query, limit: number): Promise<readonly RawHit[]> {
  return rows
    .query()
    .fullTextSearch(query.text, { columns: ['text'] })
    .where(narrowed(query))
    .select([...ROW_COLUMNS, '_score'])
    .limit(limit)
    .toArray({ timeoutMs: READ_TIMEOUT_MS })
}

/**
 * LanceDB 0.31 counts how often a word occurs among rows not indexed yet, where BM25 counts the rows that hold it, and
 * drops those whose score is negative for it: rows that share only very common words with the query. They belong last.
 */
async function overlooked(
  { rows, fresh }: Searched,
  query: Query,
  found: ReadonlySet<string>,
): Promise<readonly Hit[]> {
  const asked = new Set(wordsOf(query.text))
  const hits: Hit[] = []
  for (const some of strides([...fresh].filter((id) => !found.has(id))))
    for (const raw of await rows
      .query()
      .where(`${narrowed(query)} AND ${isOneOf('id', some)}`)
      .select([...ROW_COLUMNS])
      .toArray({ timeoutMs: READ_TIMEOUT_MS }))
      if (wordsOf(raw.text).some((word) => asked.has(word))) hits.push({ row: rowOf(raw), score: 0 })
  return hits
}

async function newest(rows: Table, query: Query): Promise<Found> {
  const ordered = rows
    .query()
    .where(narrowed(query))
    .select([...ROW_COLUMNS])
    .limit(query.limit)
    .orderBy([
      { columnName: 'written_at', ascending: false },
      { columnName: 'id', ascending: true },
    ])
  const found = await ordered.toArray({ timeoutMs: READ_TIMEOUT_MS })
  return { kind: 'found', hits: found.map((raw) => ({ row: rowOf(raw), score: 0 })) }
}
