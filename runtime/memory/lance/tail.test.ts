import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@lancedb/lancedb'
import { afterEach, expect, test } from 'vitest'
import { wordsEmbedder } from '#runtime/evidence/words-embedder.fixture.ts'
import { aRow, found } from '../contract.ts'
import { openLanceMemory } from '../lancedb.ts'
import type { SharedMemory } from '../port.ts'
import { FRESH_ROWS_MAX, type Mark, Tail } from './tail.ts'
import { VECTOR_INDEX_ROWS_MIN } from './upkeep.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each()
})

async function open(dir: string): Promise<SharedMemory> {
  const opened = await openLanceMemory({ dir, embedder: wordsEmbedder() })
  if (opened.kind !== 'open') throw new Error(opened.message)
  undo.push(() => opened.memory.close())
  return opened.memory
}

/** Enough rows for an index of vectors, and all of them in it. */
async function indexed(): Promise<{ readonly dir: string; readonly memory: SharedMemory }> {
  const dir = await mkdtemp(join(tmpdir(), 'parapet-tail-'))
  undo.push(() => rm(dir, { recursive: true, force: true }))
  const memory = await open(dir)
  const rows = Array.from({ length: VECTOR_INDEX_ROWS_MIN }, (_, at) =>
    aRow(`old${at}`, { text: `passenger ${at} of flight ${at % 30}`, kind: at % 2 === 0 ? 'note' : 'fact' }),
  )
  await memory.write(rows)
  expect(await memory.optimize()).toEqual({ kind: 'optimized' })
  const table = await (await connect(dir)).openTable('memory')
  expect((await table.listIndices()).map(({ columns }) => columns)).toContainEqual(['vector'])
  return { dir, memory }
}

const nearest = async (memory: SharedMemory, text: string) =>
  (await found(memory, { text, by: 'meaning', limit: 1 }))[0]

test('a row is found by meaning as soon as it is written, in the index or not, and only where the query wants it', async () => {
  const { memory } = await indexed()
  await memory.write([
    aRow('new', { text: 'zebra crossing umbrella', kind: 'note', conversation: 'c9' }),
    aRow('other', { text: 'zebra crossing', kind: 'fact' }),
  ])
  const text = 'zebra crossing umbrella'
  expect(await found(memory, { text, by: 'meaning', limit: 2 })).toEqual(['new', 'other'])
  expect(await nearest(memory, 'passenger 7 of flight 7')).toMatch(/^old/)
  expect(await found(memory, { text, by: 'meaning', limit: 1, kind: 'fact' })).toEqual(['other'])
  expect(await found(memory, { text, by: 'meaning', conversation: 'c9' })).toEqual(['new'])
  await memory.optimize()
  expect(await nearest(memory, text)).toBe('new')
})

test('what another holder of the folder writes, withdraws, releases and forgets shows at once', async () => {
  const { dir, memory } = await indexed()
  const other = await open(dir)
  const text = 'zebra crossing umbrella'
  await memory.write([aRow('mine', { text: 'zebra umbrella', kind: 'mine' })])
  await other.write([aRow('theirs', { text, kind: 'theirs', writtenAt: 1 })])
  expect(await nearest(memory, text)).toBe('theirs')
  await other.hold('theirs')
  expect(await nearest(memory, text)).toBe('mine')
  await memory.optimize()
  await other.release('theirs')
  expect(await nearest(memory, text)).toBe('theirs')
  await other.forget('theirs', 2)
  expect(await nearest(memory, text)).toBe('mine')
  await other.retract('mine')
  expect(['mine', 'theirs']).not.toContain(await nearest(memory, text))
})

test('the same of a holder that has written nothing since all was indexed', async () => {
  const { dir, memory } = await indexed()
  const other = await open(dir)
  const text = 'zebra crossing umbrella'
  await other.write([aRow('theirs', { text, kind: 'theirs', writtenAt: 1 })])
  expect(await nearest(memory, text)).toBe('theirs')
  await other.hold('theirs')
  expect(await nearest(memory, text)).toMatch(/^old/)
  await other.release('theirs')
  expect(await nearest(memory, text)).toBe('theirs')
  await other.forget('theirs', 2)
  expect(await nearest(memory, text)).toMatch(/^old/)
})

test('more rows than are kept here are found all the same, and indexed once they stop coming', async () => {
  const { dir, memory } = await indexed()
  const text = 'zebra crossing umbrella'
  const portion = 1_000
  for (let from = 0; from <= FRESH_ROWS_MAX; from += portion)
    await memory.write(
      Array.from({ length: portion }, (_, at) =>
        aRow(`r${from + at}`, { text: from + at === 0 ? text : `crowd ${from + at}` }),
      ),
    )
  expect(await nearest(memory, text)).toBe('r0')
  const table = await (await connect(dir, { readConsistencyInterval: 0 })).openTable('memory')
  await expect
    .poll(async () => (await table.indexStats('vector_idx'))?.numUnindexedRows, { timeout: 30_000 })
    .toBe(0)
  expect(await nearest(memory, text)).toBe('r0')
})

test('a row written again with other words is found by the words that stand', async () => {
  const { memory } = await indexed()
  await memory.write([aRow('a', { text: 'zebra umbrella' })])
  await memory.write([aRow('a', { text: 'giraffe lantern' }), aRow('b', { text: 'lantern' })])
  expect(await found(memory, { text: 'giraffe lantern', by: 'meaning', limit: 1 })).toEqual(['b'])
  expect(await nearest(memory, 'zebra umbrella')).toBe('a')
})

const SEAL = { rows: 10, withdrawals: 1, forgotten: 1 }
const marked = (tail: Tail, seal = SEAL): Mark => tail.mark({ seal, vectors: true, clean: true })
const fresh = (id: string) => ({ row: aRow(id), vector: Float32Array.of(1) })

test('rows of this process move on what is expected; any other change ends what is known until the next mark', () => {
  const tail = new Tail()
  expect(tail.look()).toBeUndefined()
  tail.indexed(marked(tail))
  const before = tail.look()!
  tail.add([fresh('a'), fresh('b')], 2)
  expect(tail.holds(before, SEAL)).toBe(true)
  expect(tail.holds(before, { ...SEAL, rows: 12 })).toBe(true)
  for (const other of [
    { ...SEAL, rows: 13 },
    { ...SEAL, rows: 12, withdrawals: 2 },
    { ...SEAL, rows: 12, forgotten: 2 },
  ])
    expect(tail.holds(before, other)).toBe(false)

  const mark = marked(tail, { ...SEAL, rows: 13 })
  tail.add([fresh('c')], 1)
  tail.indexed(mark)
  expect([...tail.ids]).toEqual(['c'])
  expect(tail.holds(tail.look()!, { ...SEAL, rows: 14 })).toBe(true)
  // What was looked at before is judged by what was known then.
  expect(tail.holds(before, { ...SEAL, rows: 14 })).toBe(false)
})

test('a row that had been there before, or one too many, is left to the table until it is indexed', () => {
  const tail = new Tail()
  tail.indexed(marked(tail))
  tail.add([fresh('again')], 0)
  expect(tail.look()?.known.vectors).toBe(false)
  tail.indexed(marked(tail))
  tail.add([fresh('new')], 1)
  expect(tail.look()?.known.vectors).toBe(true)
  tail.indexed(marked(tail))
  // Nothing that LanceDB would not see by itself.
  expect(tail.look()?.known).toEqual({ vectors: false, clean: true })
  const many = Array.from({ length: FRESH_ROWS_MAX + 1 }, (_, at) => fresh(`r${at}`))
  tail.add(many, many.length)
  expect(tail.size).toBe(FRESH_ROWS_MAX)
  expect(tail.look()?.known.vectors).toBe(false)
})
