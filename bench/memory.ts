/**
 * Shared memory against bare LanceDB calls in the same run: inserts and searches with vectors of 384 dimensions, top 10, recall
 * against comparing all, the same beside a writer; then recall on real sentences, where the corpora are at hand.
 * `npm run bench memory -- 1000000` for other sizes than 1,000, 10,000 and 100,000; `--corpora FOLDER` for the sentences.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLanceMemory } from '#runtime/memory/lancedb.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import { bareTable, tableIn } from './memory/bare.ts'
import { heading, line, lineOfRates, median } from './memory/clocked.ts'
import { type Filled, fillFurther, fillMemory, fillTable, MORE_ROWS, type Stores } from './memory/inserts.ts'
import { type Passages, passagesFor } from './memory/passages.ts'
import { recallOfSentences } from './memory/real.ts'
import { afterSmallAdds, besideWriter, recallOfPassages, searches } from './memory/searches.ts'

const given = process.argv.slice(2).map(Number)
const SIZES = given.length > 0 ? given : [1_000, 10_000, 100_000]
/** Small stores are filled so often; medians are told. */
const ROUNDS = 5
const ROUNDS_ROWS_MAX = 10_000
/** The bare table is filled no further: in a million rows it would be half of the time, and adds cost there what they cost here. */
const BARE_ROWS_MAX = 100_000
const MB = 1_000_000

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'parapet-bench-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function opened(dir: string, { embedder }: Passages): Promise<SharedMemory> {
  const answer = await openLanceMemory({ dir, embedder })
  if (answer.kind !== 'open') throw new Error(answer.message)
  return answer.memory
}

async function measure(size: number, folder: string): Promise<void> {
  const passages = passagesFor(size)
  const taken = { ours: [] as Filled[], bare: [] as Filled[] }
  const rounds = size <= ROUNDS_ROWS_MAX ? ROUNDS : 1
  for (let round = 1; ; round++) {
    const [dir, bareDir] = [join(folder, `memory-${round}`), join(folder, `bare-${round}`)]
    const table = await bareTable(bareDir, passages.model)
    taken.bare.push(await fillTable({ table }, Math.min(size, BARE_ROWS_MAX), passages))
    const memory = await opened(dir, passages)
    taken.ours.push(await fillMemory({ memory }, size, passages))
    if (round === rounds) {
      tellFilled(size, taken)
      await measureFilled({ memory, table }, dir, size, passages)
      return
    }
    await memory.close()
  }
}

function tellFilled(
  size: number,
  taken: { readonly ours: readonly Filled[]; readonly bare: readonly Filled[] },
): void {
  const ms = (of: (filled: Filled) => number) => ({
    ours: median(taken.ours.map(of)),
    bare: (median(taken.bare.map(of)) * size) / Math.min(size, BARE_ROWS_MAX),
  })
  lineOfRates(
    'insert, 1,000 at a time',
    size,
    size,
    ms(({ insertMs }) => insertMs),
  )
  lineOfRates(
    'insert, until all are indexed',
    size,
    size,
    ms(({ indexedMs }) => indexedMs),
  )
}

async function measureFilled(stores: Stores, dir: string, size: number, passages: Passages): Promise<void> {
  const { memory, table } = stores
  line('on disk, MB; in this process, MB', size, `${await megabytesIn(dir)}; ${megabytesHere()}`)
  const own = await tableIn(dir)
  await searches(memory, own, size, passages)
  await recallOfPassages(memory, own, size, passages)
  await fillFurther(stores, size, passages)
  await memory.optimize()
  await besideWriter(memory, size + MORE_ROWS, size, passages)
  await memory.close()
  await afterSmallAdds(table, size + MORE_ROWS, size, passages)
}

async function megabytesIn(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size
  return Math.round(bytes / MB)
}

const megabytesHere = () => Math.round(process.memoryUsage.rss() / MB)

console.log('shared memory against bare LanceDB calls; ratio above 1: Parapet is faster')
heading()
for (const size of SIZES) await inFolder((folder) => measure(size, folder))
const corpora = process.env['PARAPET_CORPORA']
if (corpora !== undefined && existsSync(corpora))
  await inFolder((folder) => recallOfSentences(corpora, folder))
else console.log('For recall on real sentences name the folder of the corpora: --corpora FOLDER.')
