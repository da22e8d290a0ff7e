/** Shared memory of one process, for simulation and tests: the same words, ranking and answers, nothing on disk. */
import { refuseIds, refuseQuery, refuseRows, refuseSource } from './bounds.ts'
import { type Hit, MemoryClosed, type Query, type Row, type SharedMemory } from './port.ts'
import { bm25, byScoreThenNewest } from './rank.ts'
import { counter } from './summary.ts'

/** `write` answers `full` beyond. */
export const IN_MEMORY_ROWS_MAX = 100_000

export function inMemory(): SharedMemory {
  const rows = new Map<string, Row>()
  /** Sources and row ids, also of rows that have not come yet. */
  const retracted = new Set<string>()
  let open = true
  const use = () => {
    if (!open) throw new MemoryClosed('this memory is closed')
  }

  const spread = () => {
    for (let before = -1; before !== retracted.size; ) {
      before = retracted.size
      for (const row of rows.values())
        if (row.sources.some((source) => retracted.has(source))) retracted.add(row.id)
    }
    for (const row of rows.values())
      if (row.state === 'live' && retracted.has(row.id)) rows.set(row.id, { ...row, state: 'retracted' })
  }

  return {
    describe: 'in memory',
    async write(news) {
      use()
      const refusal = refuseRows(news)
      if (refusal) return refusal
      if (rows.size + news.length > IN_MEMORY_ROWS_MAX) return { kind: 'full' }
      for (const row of news)
        if (!rows.has(row.id)) rows.set(row.id, { ...structuredClone(row), state: 'live' })
      if (retracted.size > 0) spread()
      return { kind: 'written' }
    },
    async get(ids) {
      use()
      return refuseIds(ids) ?? { kind: 'got', rows: ids.flatMap((id) => rows.get(id) ?? []) }
    },
    async search(query) {
      use()
      return refuseQuery(query) ?? { kind: 'found', hits: best([...rows.values()], query) }
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
      retracted.add(source)
      spread()
      return { kind: 'retracted', ids: reach(source, rows) }
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

function best(rows: readonly Row[], query: Query): readonly Hit[] {
  const scores = query.text === '' ? undefined : bm25(rows, query.text)
  const hits: Hit[] = []
  for (const row of rows) {
    if (row.state !== 'live') continue
    if (query.kind !== undefined && row.kind !== query.kind) continue
    if (query.conversation !== undefined && row.conversation !== query.conversation) continue
    if (query.standing !== undefined && row.standing !== query.standing) continue
    const score = scores ? scores.get(row.id) : 0
    if (score !== undefined) hits.push({ row, score })
  }
  return hits.sort(byScoreThenNewest).slice(0, query.limit)
}

/** Ids of rows that name `source`, or a row reached before. */
function reach(source: string, rows: ReadonlyMap<string, Row>): readonly string[] {
  const reached = new Set([source])
  for (let before = -1; before !== reached.size; ) {
    before = reached.size
    for (const row of rows.values()) if (row.sources.some((each) => reached.has(each))) reached.add(row.id)
  }
  return [...reached].filter((id) => rows.has(id)).sort()
}
