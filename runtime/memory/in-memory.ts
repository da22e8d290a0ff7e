/** Shared memory of one process, for simulation and tests: the same words, ranking and answers, nothing on disk. */
import { type Embedder, hasWords, similarity } from '#runtime/evidence/embedder.ts'
import { refuseIds, refuseQuery, refuseRows, refuseSource } from './bounds.ts'
import { embedAll } from './meaning.ts'
import {
  type Found,
  type Hit,
  MemoryClosed,
  type Query,
  type Row,
  type RowState,
  type SharedMemory,
} from './port.ts'
import { bm25, byScoreThenNewest, depthOf, fused } from './rank.ts'
import { counter } from './summary.ts'

/** `write` answers `full` beyond. */
export const IN_MEMORY_ROWS_MAX = 100_000

export function inMemory(embedder?: Embedder): SharedMemory {
  const rows = new Map<string, Row>()
  const vectors = new Map<string, Float32Array>()
  /** Sources as they were named, also of rows that have not come yet. */
  const withdrawn = new Map<string, Exclude<RowState, 'live'>>()
  const forgotten = new Map<string, number>()
  let open = true
  const use = () => {
    if (!open) throw new MemoryClosed('this memory is closed')
  }

  const mark = () => {
    const states = new Map<string, RowState>()
    for (const state of ['held', 'retracted'] as const)
      for (const [source, as] of withdrawn)
        if (as === state) for (const id of reach(source, rows)) states.set(id, state)
    for (const row of rows.values()) rows.set(row.id, { ...row, state: states.get(row.id) ?? 'live' })
  }
  const isForgotten = (row: { kind: string; writtenAt: number }) =>
    row.writtenAt < (forgotten.get(row.kind) ?? Number.NEGATIVE_INFINITY)

  async function byMeaning(query: Query): Promise<Found> {
    if (!embedder || !hasWords(query.text))
      return {
        kind: 'failed',
        cause: new Error(embedder ? 'the text has no word in it' : 'this memory has no embedder'),
      }
    const found = await embedAll(embedder, [query.text])
    const vector = found.vectors[0]
    if (found.kind === 'failed' || !vector)
      return { kind: 'failed', cause: new Error(found.kind === 'failed' ? found.why : 'no vector') }
    const near = narrow(rows.values(), query).flatMap((row): Hit[] => {
      const own = vectors.get(row.id)
      return own ? [{ row, score: similarity(own, vector) }] : []
    })
    return { kind: 'found', hits: near.sort(byScoreThenNewest).slice(0, query.limit) }
  }

  async function search(query: Query): Promise<Found> {
    const words = (limit: number) => byWords(rows.values(), { ...query, limit })
    const by = query.text === '' ? 'words' : (query.by ?? (embedder ? 'both' : 'words'))
    if (by === 'words') return { kind: 'found', hits: words(query.limit) }
    if (by === 'meaning') return byMeaning(query)
    const limit = depthOf(query.limit)
    const near = await byMeaning({ ...query, limit })
    if (near.kind === 'failed')
      return { kind: 'found', hits: words(query.limit), wordsOnly: near.cause.message }
    if (near.kind === 'refused') return near
    return { kind: 'found', hits: fused([words(limit), near.hits], query.limit) }
  }

  return {
    describe: 'in memory',
    async write(news) {
      use()
      const refusal = refuseRows(news)
      if (refusal) return refusal
      if (rows.size + news.length > IN_MEMORY_ROWS_MAX) return { kind: 'full' }
      for (const row of news)
        if (!rows.has(row.id) && !isForgotten(row))
          rows.set(row.id, { ...structuredClone(row), state: 'live' })
      if (withdrawn.size > 0) mark()
      if (embedder) {
        const texts = news.map(({ text }) => text)
        const found = await embedAll(embedder, texts)
        news.forEach(({ id }, at) => {
          const vector = found.vectors[at]
          if (vector && rows.get(id)?.text === texts[at]) vectors.set(id, vector)
        })
      }
      return { kind: 'written' }
    },
    async get(ids) {
      use()
      return refuseIds(ids) ?? { kind: 'got', rows: ids.flatMap((id) => rows.get(id) ?? []) }
    },
    async search(query) {
      use()
      return refuseQuery(query) ?? search(query)
    },
    async summary() {
      use()
      const counted = counter()
      for (const row of rows.values()) counted.count(row)
      return counted.summary()
    },
    async retract(source) {
      use()
      const refusal = refuseSource(source)
      if (refusal) return refusal
      withdrawn.set(source, 'retracted')
      mark()
      return { kind: 'retracted', ids: reach(source, rows) }
    },
    async hold(source) {
      use()
      const refusal = refuseSource(source)
      if (refusal) return refusal
      if (!withdrawn.has(source)) withdrawn.set(source, 'held')
      mark()
      return { kind: 'held', ids: reach(source, rows) }
    },
    async release(source) {
      use()
      const refusal = refuseSource(source)
      if (refusal) return refusal
      if (withdrawn.get(source) === 'held') withdrawn.delete(source)
      const before = reach(source, rows).filter((id) => rows.get(id)?.state === 'held')
      mark()
      return { kind: 'released', ids: before.filter((id) => rows.get(id)?.state === 'live') }
    },
    async forget(kind, before) {
      use()
      const refusal = refuseSource(kind)
      if (refusal) return refusal
      forgotten.set(kind, Math.max(before, forgotten.get(kind) ?? before))
      const old = [...rows.values()].filter((row) => row.kind === kind && row.writtenAt < before)
      for (const { id } of old) {
        rows.delete(id)
        vectors.delete(id)
      }
      return { kind: 'forgotten', rows: old.length }
    },
    async optimize() {
      use()
      return { kind: 'optimized' }
    },
    async close() {
      open = false
    },
  }
}

function narrow(rows: Iterable<Row>, query: Query): Row[] {
  return [...rows].filter(
    (row) =>
      row.state === 'live' &&
      (query.kind === undefined || row.kind === query.kind) &&
      (query.conversation === undefined || row.conversation === query.conversation) &&
      (query.standing === undefined || row.standing === query.standing),
  )
}

/** How rare a word is, is counted over all rows, as an index does. */
function byWords(rows: Iterable<Row>, query: Query): readonly Hit[] {
  const all = [...rows]
  const scores = query.text === '' ? undefined : bm25(all, query.text)
  const hits = narrow(all, query).flatMap((row): Hit[] => {
    const score = scores ? scores.get(row.id) : 0
    return score === undefined ? [] : [{ row, score }]
  })
  return hits.sort(byScoreThenNewest).slice(0, query.limit)
}

/** Ids of rows that are `source`, name it, or rest on a row reached before. */
function reach(source: string, rows: ReadonlyMap<string, Row>): readonly string[] {
  const reached = new Set([source])
  const rests = (row: Row) =>
    row.sources.some((each) => reached.has(each)) || (row.standing === 'derived' && reached.has(row.writer))
  for (let before = -1; before !== reached.size; ) {
    before = reached.size
    for (const row of rows.values()) if (rests(row)) reached.add(row.id)
  }
  return [...reached].filter((id) => rows.has(id)).sort()
}
