/** Searching a LanceDB table: by words, by meaning, by both. */
import type { Table } from '@lancedb/lancedb'
import { type Embedder, hasWords } from '#runtime/evidence/embedder.ts'
import { embedAll } from '../meaning.ts'
import type { Failed, Found, Hit, Query } from '../port.ts'
import { byScoreThenNewest, depthOf, fused, wordsOf } from '../rank.ts'
import { strides } from '../retraction.ts'
import { isOneOf, narrowed } from '../sql.ts'
import { type RawHit, type RawNeighbour, rowOf } from './columns.ts'
import type { Equals } from './equals.ts'
import type { Known, Look, Seal, Tail } from './tail.ts'

export const READ_TIMEOUT_MS = 30_000
/** When the cut runs through equally good matches, so many rows are fetched in all, to have the newest of them. */
const EQUALS_FETCHED_MAX = 512
/** Candidates the index looks at for each row wanted, and at least: what recall is paid with. */
const EF_FACTOR = 4
const EF_MIN = 100

export interface Searched {
  readonly rows: Table
  readonly embedder: Embedder | undefined
  readonly tail: Tail
  readonly equals: Equals
  /** Version of the record of withdrawals. */
  readonly withdrawn: () => Promise<number>
  readonly seal: () => Promise<Seal>
}

/** A query, with what is known of the table it is asked of. */
interface Narrowed extends Query {
  readonly known: Known
}

/** Throws what LanceDB throws. */
export async function search(searched: Searched, asked: Query): Promise<Found> {
  const { embedder, tail } = searched
  const by = asked.text === '' ? 'words' : (asked.by ?? (embedder ? 'both' : 'words'))
  // The model may take its time: the table is looked at after it.
  const vector = by === 'words' ? undefined : await vectorOf(embedder, asked.text)
  if (typeof vector === 'string' && by === 'meaning') return { kind: 'failed', cause: new Error(vector) }
  const ranked = (known: Known) => rank(searched, { ...asked, known }, by, vector)
  // It is asked on what was known last while that is being looked up, and asked anew should somebody else have changed it.
  const look = tail.look()
  if (look) {
    const [holds, found] = await Promise.all([stillHolds(searched, look), ranked(look.known)])
    if (holds) return found
  }
  return ranked({ vectors: false, clean: false })
}

/** Unless some rows are to be looked for in the tail alone, LanceDB sees all there are; what is left to know is whether they are live. */
async function stillHolds({ tail, withdrawn, seal }: Searched, look: Look): Promise<boolean> {
  if (look.known.vectors) return tail.holds(look, await seal())
  return (await withdrawn()) === look.seal.withdrawals
}

async function rank(
  searched: Searched,
  query: Narrowed,
  by: Query['by'],
  vector: Float32Array | string | undefined,
): Promise<Found> {
  if (vector === undefined) return { kind: 'found', hits: await byWords(searched, query) }
  if (typeof vector === 'string')
    return { kind: 'found', hits: await byWords(searched, query), wordsOnly: vector }
  if (by === 'meaning') return { kind: 'found', hits: await byMeaning(searched, query, vector) }
  const deep = { ...query, limit: depthOf(query.limit) }
  const rankings = await Promise.all([byMeaning(searched, deep, vector), byWords(searched, deep)])
  return { kind: 'found', hits: fused(rankings, query.limit) }
}

/** Why there is none, if there is none. */
async function vectorOf(embedder: Embedder | undefined, text: string): Promise<Float32Array | string> {
  if (!embedder) return 'this memory has no embedder'
  if (!hasWords(text)) return 'the text has no word in it'
  const found = await embedAll(embedder, [text])
  return found.kind === 'failed' ? found.why : (found.vectors[0] ?? 'the text has no word in it')
}

async function byMeaning(
  { rows, tail }: Searched,
  query: Narrowed,
  vector: Float32Array,
): Promise<readonly Hit[]> {
  // Before the index is asked: by the time it answers it may hold what stands in the tail now, and the tail no more.
  const { vectors: isKnown } = query.known
  const fresh = isKnown ? tail.nearest(vector, query) : []
  const near = rows
    .vectorSearch(vector)
    .column('vector')
    .distanceType('cosine')
    .ef(Math.max(EF_MIN, EF_FACTOR * query.limit))
    .select(['row', '_distance'])
    .limit(query.limit)
  if (isKnown) near.fastSearch()
  const found: readonly RawNeighbour[] = await where(near, query).toArray({ timeoutMs: READ_TIMEOUT_MS })
  const hits = new Map(fresh.map((hit) => [hit.row.id, hit]))
  for (const raw of found) {
    const row = rowOf(raw)
    hits.set(row.id, { row, score: 1 - raw._distance })
  }
  return [...hits.values()].sort(byScoreThenNewest).slice(0, query.limit)
}

function where<Narrowable extends { where(predicate: string): Narrowable }>(
  asked: Narrowable,
  query: Narrowed,
): Narrowable {
  const predicate = narrowed(query, query.known.clean)
  return predicate === '' ? asked : asked.where(predicate)
}

async function byWords(searched: Searched, query: Narrowed): Promise<readonly Hit[]> {
  const { rows, equals } = searched
  if (query.text === '') return newest(rows, query)
  const asked = query.limit + equals.extra
  const found = await bestByWords(rows, query, asked)
  const cutsThroughEquals = found.length === asked && found.at(-1)?._score === found[query.limit - 1]?._score
  const raw = cutsThroughEquals ? await bestByWords(rows, query, EQUALS_FETCHED_MAX) : found
  // What is worse than the last one wanted need not be read.
  const least = raw[query.limit - 1]?._score ?? Number.NEGATIVE_INFINITY
  const hits = raw.flatMap((each): Hit[] =>
    each._score < least ? [] : [{ row: rowOf(each), score: each._score }],
  )
  equals.saw(Math.max(0, hits.length - query.limit))
  if (hits.length < query.limit)
    hits.push(...(await overlooked(searched, query, new Set(hits.map((hit) => hit.row.id)))))
  return hits.sort(byScoreThenNewest).slice(0, query.limit)
}

async function bestByWords(rows: Table, query: Narrowed, limit: number): Promise<readonly RawHit[]> {
  const best = rows
    .query()
    .fullTextSearch(query.text, { columns: ['text'] })
    .select(['row', '_score'])
    .limit(limit)
  return where(best, query).toArray({ timeoutMs: READ_TIMEOUT_MS })
}

/**
 * LanceDB 0.31 counts how often a word occurs among rows not indexed yet, where BM25 counts the rows that hold it, and
 * drops those whose score is negative for it: rows that share only very common words with the query. They belong last.
 */
async function overlooked(
  { rows, tail }: Searched,
  query: Narrowed,
  found: ReadonlySet<string>,
): Promise<readonly Hit[]> {
  const asked = new Set(wordsOf(query.text))
  const hits: Hit[] = []
  for (const some of strides([...tail.ids].filter((id) => !found.has(id))))
    for (const raw of await rows
      .query()
      .where(`${narrowed(query, false)} AND ${isOneOf('id', some)}`)
      .select(['row'])
      .toArray({ timeoutMs: READ_TIMEOUT_MS })) {
      const row = rowOf(raw)
      if (wordsOf(row.text).some((word) => asked.has(word))) hits.push({ row, score: 0 })
    }
  return hits
}

async function newest(rows: Table, query: Narrowed): Promise<readonly Hit[]> {
  const ordered = rows
    .query()
    .select(['row', 'written_at', 'id'])
    .limit(query.limit)
    .orderBy([
      { columnName: 'written_at', ascending: false },
      { columnName: 'id', ascending: true },
    ])
  const found = await where(ordered, query).toArray({ timeoutMs: READ_TIMEOUT_MS })
  return found.map((raw) => ({ row: rowOf(raw), score: 0 }))
}

export function failed(cause: unknown): Failed {
  return { kind: 'failed', cause: cause instanceof Error ? cause : new Error(String(cause)) }
}
