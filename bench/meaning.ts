/**
 * Shared memory by meaning against bare LanceDB calls on the same table in the same run: 384 dimensions, top 10, p50 and
 * p99, recall against comparing all, the same under a writer, and inserts against bare batches. `PARAPET_ROWS=1000000`
 * for another size.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type Table } from '@lancedb/lancedb'
import { type Embedder, normalised } from '#runtime/evidence/embedder.ts'
import { tableOf } from '#runtime/memory/lance/columns.ts'
import { openLanceMemory } from '#runtime/memory/lancedb.ts'
import type { NewRow, SharedMemory } from '#runtime/memory/port.ts'

const DIMENSIONS = 384
const LIMIT = 10
const SEARCHES = 200
const RECALLED = 50
const PORTION = 1_000
const CLUSTERS = 500
const SIZES = process.env['PARAPET_ROWS']?.split(',').map(Number) ?? [1_000, 10_000, 100_000]

/** Small and seeded (mulberry32). */
function randoms(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Texts are about something: their vectors lie around so many centres. */
const centres = Array.from({ length: CLUSTERS }, (_, at) => {
  const random = randoms(at + 1)
  return Float32Array.from({ length: DIMENSIONS }, () => random() - 0.5)
})
function vectorOf(text: string): Float32Array {
  const at = Number(/\d+/.exec(text)?.[0] ?? 0)
  const random = randoms(1_000_003 + at)
  const centre = centres[Math.floor(random() * CLUSTERS)]!
  return normalised(centre.map((value) => value + 0.7 * (random() - 0.5)))
}
const embedder: Embedder = {
  model: 'synthetic',
  dimensions: DIMENSIONS,
  embed: async (texts) => ({ kind: 'vectors', vectors: texts.map(vectorOf) }),
}

const aRow = (at: number): NewRow => ({
  id: `p0.${at}.0`,
  kind: at % 3 === 0 ? 'fact' : 'note',
  text: `passage ${at}`,
  fields: { at },
  writer: `conv-${at % 50}/clerk`,
  conversation: `conv-${at % 50}`,
  writtenAt: 1_715_760_000_000 + at,
  sources: [],
  labels: [],
  standing: 'observed',
})

async function timedMs(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!
}

async function write(memory: SharedMemory, rows: readonly NewRow[]): Promise<void> {
  const written = await memory.write(rows)
  if (written.kind === 'failed') throw written.cause
  if (written.kind !== 'written') throw new Error(`write answered ${written.kind}`)
}

function bareSearch(table: Table, text: string) {
  return table
    .vectorSearch(vectorOf(text))
    .column('vector')
    .distanceType('cosine')
    .ef(100)
    .select(['row', '_distance'])
    .limit(LIMIT)
}

async function idsBy(memory: SharedMemory, text: string): Promise<readonly string[]> {
  const found = await memory.search({ text, by: 'meaning', limit: LIMIT, reader: 'bench' })
  if (found.kind !== 'found') throw new Error(`search answered ${found.kind}`)
  return found.hits.map(({ row }) => row.id)
}

function line(what: string, rows: number, ours: string, bare: string, ratio = ''): void {
  console.log(
    `${what.padEnd(34)}${String(rows).padStart(9)}${ours.padStart(18)}${bare.padStart(18)}${ratio.padStart(8)}`,
  )
}

const both = (values: readonly number[]) =>
  `${percentile(values, 0.5).toFixed(2)} / ${percentile(values, 0.99).toFixed(2)}`

async function measure(size: number, dir: string): Promise<void> {
  const opened = await openLanceMemory({ dir: join(dir, 'memory'), embedder })
  if (opened.kind !== 'open') throw new Error(opened.message)
  const { memory } = opened
  const bare = await (await connect(join(dir, 'memory'), { readConsistencyInterval: 0 })).openTable('memory')
  const model = { model: 'synthetic', dimensions: DIMENSIONS }
  const beside = await (await connect(join(dir, 'beside'))).createTable(
    'memory',
    tableOf([{ row: aRow(-1), state: 'live', vector: vectorOf('0') }], model),
  )
  const portions = Array.from({ length: size / PORTION }, (_, at) =>
    Array.from({ length: PORTION }, (_, one) => aRow(at * PORTION + one)),
  )
  const tables = (rows: readonly NewRow[]) =>
    tableOf(
      rows.map((row) => ({ row, state: 'live', vector: vectorOf(row.text) })),
      model,
    )
  let oursMs = 0
  let bareMs = 0
  for (const portion of portions) {
    oursMs += await timedMs(() => write(memory, portion))
    if (bareMs === 0 || size <= 10_000) bareMs += await timedMs(() => beside.add(tables(portion)))
  }
  const added = size <= 10_000 ? size : PORTION
  const rate = (ms: number, rows: number) => (rows / ms) * 1_000
  line(
    `insert, ${PORTION} at a time, rows/s`,
    size,
    rate(oursMs, size).toFixed(0),
    rate(bareMs, added).toFixed(0),
    (rate(oursMs, size) / rate(bareMs, added)).toFixed(2),
  )
  const indexMs = await timedMs(() => memory.optimize())
  line('index what is left, ms', size, indexMs.toFixed(0), '')

  const asked = (at: number) => `like ${(at * 7_919) % size}`
  const taken = { ours: [] as number[], bare: [] as number[] }
  for (let at = 0; at < SEARCHES; at++) {
    taken.ours.push(await timedMs(() => idsBy(memory, asked(at))))
    taken.bare.push(await timedMs(() => bareSearch(bare, asked(at)).toArray()))
  }
  const [ours, raw] = [percentile(taken.ours, 0.5), percentile(taken.bare, 0.5)]
  line('search, ms p50 / p99', size, both(taken.ours), both(taken.bare), (raw / ours).toFixed(2))

  let hit = 0
  for (let at = 0; at < RECALLED; at++) {
    const exact = await bareSearch(bare, asked(at)).bypassVectorIndex().toArray()
    const found = new Set(await idsBy(memory, asked(at)))
    hit += exact.filter(({ row }) => found.has(JSON.parse(row).id)).length
  }
  line('recall of 10', size, (hit / (RECALLED * LIMIT)).toFixed(3), '')

  const hybrid: number[] = []
  for (let at = 0; at < SEARCHES / 2; at++)
    hybrid.push(await timedMs(() => memory.search({ text: asked(at), limit: LIMIT })))
  line('search by both, ms p50 / p99', size, both(hybrid), '')

  let writing = true
  let next = size
  const writer = (async () => {
    while (writing) await write(memory, [aRow(next++)])
  })()
  const busy: number[] = []
  for (let at = 0; at < SEARCHES; at++) busy.push(await timedMs(() => idsBy(memory, asked(at))))
  writing = false
  await writer
  line('search beside a writer, p50 / p99', size, both(busy), `${next - size} rows written`)
  await memory.close()
}

console.log('shared memory by meaning against bare LanceDB calls; ratio above 1: Parapet is faster')
console.log('what                                   rows           Parapet           LanceDB   ratio')
for (const size of SIZES) {
  const dir = await mkdtemp(join(tmpdir(), 'parapet-bench-'))
  try {
    await measure(size, dir)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
