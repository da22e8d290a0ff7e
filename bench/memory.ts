/**
 * Shared memory against bare LanceDB calls on the same rows in the same run: what batching, insert-once ids, the
 * retraction check and the newest-first order cost, and what they save where writes are small.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, Index, type Table } from '@lancedb/lancedb'
import { openLanceMemory } from '#runtime/memory/lancedb.ts'
import type { NewRow, SharedMemory } from '#runtime/memory/port.ts'

const SIZES = [1_000, 10_000]
const SMALL_WRITES = 200
const SEARCHES = 60
const PORTION = 500

interface Measured {
  readonly what: string
  readonly rows: number
  readonly parapet: number
  readonly lancedb: number
  readonly unit: 'rows/s' | 'ms'
}

const folders: string[] = []
async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parapet-bench-'))
  folders.push(folder)
  return folder
}

async function openMemory(): Promise<SharedMemory> {
  const opened = await openLanceMemory({ dir: await aFolder() })
  if (opened.kind !== 'open') throw new Error(opened.message)
  return opened.memory
}

async function openTable(): Promise<Table> {
  const db = await connect(await aFolder())
  const table = await db.createTable('memory', [rawOf(aRow(-1))])
  await table.createIndex('text', {
    config: Index.fts({ withPosition: false, stem: false, removeStopWords: false }),
  })
  return table
}

function aRow(at: number): NewRow {
  return {
    id: `p0.${at}.0`,
    kind: at % 3 === 0 ? 'fact' : 'note',
    text: `passenger ${at} of flight HAT${at % 300} asks whether the ${at % 7 === 0 ? 'refund' : 'baggage'} is covered by insurance`,
    fields: { reservation: `R${at}`, amount: at },
    writer: `conv-${at % 50}/clerk`,
    conversation: `conv-${at % 50}`,
    writtenAt: 1_715_760_000_000 + at,
    sources: [`p0.${at}.1`],
    labels: ['private'],
    standing: 'observed',
  }
}

function rawOf(row: NewRow): Record<string, unknown> {
  return { ...row, fields: JSON.stringify(row.fields), state: 'live' }
}

async function timedMs(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** Medians of both, taken in turns so that whatever else the machine does falls on both alike. */
async function inTurns(
  times: number,
  parapet: (at: number) => Promise<unknown>,
  lancedb: (at: number) => Promise<unknown>,
) {
  const taken = { parapet: [] as number[], lancedb: [] as number[] }
  for (let at = 0; at < times; at++) {
    taken.parapet.push(await timedMs(async () => void (await parapet(at))))
    taken.lancedb.push(await timedMs(async () => void (await lancedb(at))))
  }
  const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[times >> 1]!
  return { parapet: median(taken.parapet), lancedb: median(taken.lancedb) }
}

async function write(memory: SharedMemory, rows: readonly NewRow[]): Promise<void> {
  const written = await memory.write(rows)
  if (written.kind !== 'written') throw new Error(`write answered ${written.kind}`)
}

async function measure(size: number): Promise<readonly Measured[]> {
  const memory = await openMemory()
  const table = await openTable()
  const rows = Array.from({ length: size }, (_, at) => aRow(at))
  const portions = Array.from({ length: size / PORTION }, (_, at) =>
    rows.slice(at * PORTION, (at + 1) * PORTION),
  )

  const bulk = {
    parapet: await timedMs(
      async () => void (await Promise.all(portions.map((portion) => write(memory, portion)))),
    ),
    lancedb: await timedMs(async () => {
      for (const portion of portions) await table.add(portion.map(rawOf))
    }),
  }
  const search = (word: string) => memory.search({ text: word, conversation: 'conv-7', limit: 10 })
  const rawSearch = (word: string) =>
    table
      .query()
      .fullTextSearch(word, { columns: ['text'] })
      .where("conversation = 'conv-7'")
      .limit(10)
      .toArray()
  const searches = () =>
    inTurns(
      SEARCHES,
      (at) => search(`refund HAT${at}`),
      (at) => rawSearch(`refund HAT${at}`),
    )
  const unindexed = await searches()
  await memory.optimize()
  await table.optimize()
  const indexed = await searches()
  const fresh = Array.from({ length: SMALL_WRITES }, (_, at) => aRow(size + at))
  const small = {
    parapet: await timedMs(async () => void (await Promise.all(fresh.map((row) => write(memory, [row]))))),
    // One after the other: at once they collide and retry, and make 20 rows a second.
    lancedb: await timedMs(async () => {
      for (const row of fresh) await table.add([rawOf(row)])
    }),
  }
  await memory.close()
  const perSecond = (ms: number, count: number) => (count / ms) * 1_000
  return [
    {
      what: `write, ${PORTION} at a time`,
      rows: size,
      unit: 'rows/s',
      parapet: perSecond(bulk.parapet, size),
      lancedb: perSecond(bulk.lancedb, size),
    },
    {
      what: `write, ${SMALL_WRITES} single rows`,
      rows: size,
      unit: 'rows/s',
      parapet: perSecond(small.parapet, SMALL_WRITES),
      lancedb: perSecond(small.lancedb, SMALL_WRITES),
    },
    { what: 'search, not indexed yet', rows: size, unit: 'ms', ...unindexed },
    { what: 'search, indexed', rows: size, unit: 'ms', ...indexed },
  ]
}

/** Above 1 is better than bare LanceDB. */
function ratio(line: Measured): number {
  return line.unit === 'ms' ? line.lancedb / line.parapet : line.parapet / line.lancedb
}

try {
  console.log('shared memory against bare LanceDB calls; ratio above 1: Parapet is faster')
  console.log('what                               in store       parapet       lancedb  unit     ratio')
  for (const size of SIZES)
    for (const line of await measure(size)) {
      const digits = line.unit === 'ms' ? 2 : 0
      const cells = [line.parapet, line.lancedb].map((value) => value.toFixed(digits).padStart(14)).join('')
      console.log(
        `${line.what.padEnd(32)}${String(line.rows).padStart(11)}${cells}  ${line.unit.padEnd(6)}${ratio(line).toFixed(2).padStart(8)}`,
      )
    }
} finally {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
}
