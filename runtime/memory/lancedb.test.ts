import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@lancedb/lancedb'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { aRow, found } from './contract.ts'
import { inMemory } from './in-memory.ts'
import { COMMITS_MAX } from './lance/backlog.ts'
import { openLanceMemory } from './lancedb.ts'
import type { SharedMemory } from './port.ts'

const folders: string[] = []
const opened: SharedMemory[] = []
afterEach(async () => {
  for (const memory of opened.splice(0)) await memory.close()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parapet-memory-'))
  folders.push(folder)
  return folder
}

async function open(folder: string, warnings: string[] = []): Promise<SharedMemory> {
  const answer = await openLanceMemory({ dir: folder, warn: (message) => warnings.push(message) })
  if (answer.kind !== 'open') throw new Error(`opening answered ${answer.kind}`, { cause: answer })
  opened.push(answer.memory)
  return answer.memory
}

test('rows, retractions and what they reach stand after the folder is opened again', async () => {
  const folder = await aFolder()
  const first = await open(folder)
  await first.write([aRow('a', { sources: ['bad'] }), aRow('b')])
  await first.retract('bad')
  await first.close()

  const again = await open(folder)
  await again.write([aRow('b', { text: 'other' }), aRow('c', { sources: ['a'] })])
  expect(await found(again, { text: 'words' })).toEqual(['b'])
  expect(await again.summary()).toMatchObject({ rows: { live: 1, held: 0, retracted: 2 } })
})

test('a reader waits for its own conversation’s writes', async () => {
  const memory = await open(await aFolder())
  const writing = [
    memory.write([aRow('theirs', { conversation: 'c2' })]),
    memory.write([aRow('mine', { conversation: 'c1' })]),
  ]
  expect(await found(memory, { text: 'words', reader: 'c1' })).toContain('mine')
  await Promise.all(writing)
})

test('closing writes what still waits', async () => {
  const folder = await aFolder()
  const first = await open(folder)
  const writing = first.write([aRow('a')])
  await first.close()
  expect(await writing).toEqual({ kind: 'written' })
  expect(await found(await open(folder), { text: 'words' })).toEqual(['a'])
})

test('rows that share only very common words with the query are found before they are indexed', async () => {
  const memory = await open(await aFolder())
  await memory.write([aRow('one', { text: 'seat' })])
  await memory.optimize()
  await memory.write([
    aRow('two', { text: 'gate gate seven' }),
    aRow('three', { text: 'gate gate', writtenAt: 0 }),
    aRow('four', { text: 'gate gate', kind: 'other' }),
  ])
  expect(await found(memory, { text: 'gate', kind: 'note' })).toEqual(['two', 'three'])
})

test('rows are found whether the index has them or not yet', async () => {
  const memory = await open(await aFolder())
  await memory.write([aRow('indexed', { text: 'gate seven' })])
  await memory.optimize()
  await memory.write([aRow('fresh', { text: 'gate eight' })])
  expect((await found(memory, { text: 'gate' })).toSorted()).toEqual(['fresh', 'indexed'])
  expect(await found(memory, { text: 'eight' })).toEqual(['fresh'])
})

test('a retraction that was cut short is finished by repeating it', async () => {
  const folder = await aFolder()
  const memory = await open(folder)
  await memory.write([aRow('a', { sources: ['bad'] }), aRow('b', { sources: ['a'] })])
  // What a crash leaves: the source is recorded, the first row is marked, the one derived from it is not.
  await (await (await connect(folder)).openTable('withdrawals')).add([{ id: 'bad', state: 'retracted' }])
  const raw = await (await connect(folder)).openTable('memory')
  await raw.update({ where: "id = 'a'", values: { state: 'retracted' } })
  expect(await found(memory, { text: 'words' })).toEqual(['b'])
  expect(await memory.retract('bad')).toEqual({ kind: 'retracted', ids: ['a', 'b'] })
  expect(await found(memory, { text: 'words' })).toEqual([])
})

test('many may open a new folder at once', async () => {
  const folder = await aFolder()
  const holders = await Promise.all(Array.from({ length: 4 }, () => open(folder)))
  await Promise.all(holders.map((memory, at) => memory.write([aRow(`r${at}`)])))
  expect(await found(holders[0]!, { text: 'words' })).toHaveLength(4)
})

test('two holders of one folder see each other, and a row both write is one row', async () => {
  const folder = await aFolder()
  const [one, other] = [await open(folder), await open(folder)]
  const ids = Array.from({ length: 20 }, (_, at) => `r${at}`)
  const writes = ids.flatMap((id) => [one.write([aRow(id)]), other.write([aRow(id)])])
  for (const written of await Promise.all(writes)) expect(written).toEqual({ kind: 'written' })
  await other.retract('r3')
  expect(await one.summary()).toMatchObject({ rows: { live: 19, held: 0, retracted: 1 } })
  expect((await found(one, { text: 'words', limit: 50 })).length).toBe(19)
})

test('a folder of another version is refused with a way out, and nothing in it changes', async () => {
  const folder = await aFolder()
  const db = await connect(folder)
  const table = await db.createTable('memory', [{ id: 'kept', anything: 1 }])
  expect(await openLanceMemory({ dir: folder })).toEqual({
    kind: 'refused',
    code: 'MEM10',
    message: `the memory in ${folder} has no version; this Parapet reads version 3`,
    help: 'Run the Parapet that wrote it, or name another folder to start empty. Nothing in it was changed.',
  })
  expect(await table.countRows()).toBe(1)
  expect(await readdir(folder)).not.toContain('withdrawals.lance')
})

test('a folder that lacks a column is refused', async () => {
  const folder = await aFolder()
  await (await open(folder)).close()
  await (await (await connect(folder)).openTable('memory')).dropColumns(['row'])
  expect(await openLanceMemory({ dir: folder })).toMatchObject({
    kind: 'refused',
    code: 'MEM11',
    message: expect.stringContaining('row'),
  })
})

test('a place that cannot be a folder is refused', async () => {
  const file = join(await aFolder(), 'file')
  await writeFile(file, 'not a folder')
  expect(await openLanceMemory({ dir: join(file, 'memory') })).toMatchObject({
    kind: 'refused',
    code: 'MEM12',
  })
})

test('a vector column may be added to a folder in use', async () => {
  const folder = await aFolder()
  await (await open(folder)).write([aRow('before')])
  const raw = await (await connect(folder)).openTable('memory')
  await raw.addColumns([{ name: 'vector', valueSql: 'cast(NULL as float)' }])
  const memory = await open(folder)
  expect(await memory.write([aRow('after')])).toEqual({ kind: 'written' })
  expect((await found(memory, { text: 'words' })).toSorted()).toEqual(['after', 'before'])
})

test('after many commits the folder is compacted by itself', async () => {
  const folder = await aFolder()
  const warnings: string[] = []
  const memory = await open(folder, warnings)
  for (let at = 0; at < COMMITS_MAX; at++) await memory.write([aRow(`r${at}`)])
  await memory.close()
  const raw = await (await connect(folder)).openTable('memory')
  expect((await raw.stats()).fragmentStats.numFragments).toBeLessThan(COMMITS_MAX / 2)
  expect(warnings).toEqual([])
})

test('any text survives the way to disk and into a filter, as it does in one process', async () => {
  const [disk, process] = [await open(await aFolder()), inMemory()]
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  let count = 0
  await fc.assert(
    fc.asyncProperty(
      name,
      name,
      fc.string({ unit: 'grapheme' }),
      fc.jsonValue(),
      async (kind, source, text, value) => {
        const id = `${count++}-${kind}`
        const row = aRow(id, {
          kind,
          conversation: kind,
          text,
          fields: { value: JSON.parse(JSON.stringify(value)) },
          sources: [source],
        })
        for (const memory of [disk, process]) {
          expect(await memory.write([row])).toEqual({ kind: 'written' })
          expect(await memory.get([id])).toEqual({ kind: 'got', rows: [{ ...row, state: 'live' }] })
          expect(await found(memory, { text: '', kind, conversation: kind, limit: 200 })).toContain(id)
        }
        expect(await disk.retract(source)).toEqual(await process.retract(source))
      },
    ),
    { numRuns: 25, seed: 7 },
  )
})

test('the same rows match as in one process, and once indexed in the same order', async () => {
  const words = fc.array(fc.constantFrom('refund', 'bag', 'gate', 'HAT7', 'späť', 'a', 'flight'), {
    minLength: 1,
    maxLength: 12,
  })
  const texts = fc.array(words, { minLength: 5, maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(texts, texts, words, async (indexed, fresh, asked) => {
      const [disk, process] = [await open(await aFolder()), inMemory()]
      const query = { text: asked.slice(0, 3).join(' '), limit: 100 }
      let at = 0
      const write = async (batch: readonly (readonly string[])[]) => {
        const rows = batch.map((text) => aRow(`r${at}`, { text: text.join(' '), writtenAt: at++ }))
        for (const memory of [disk, process]) await memory.write(rows)
      }
      await write(indexed)
      await disk.optimize()
      await write(fresh)
      expect((await found(disk, query)).toSorted()).toEqual((await found(process, query)).toSorted())
      await disk.optimize()
      expect(await found(disk, query)).toEqual(await found(process, query))
    }),
    { numRuns: 12, seed: 11 },
  )
})
