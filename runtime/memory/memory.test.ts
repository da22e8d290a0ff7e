import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { aRow, keepsTheMemoryContract } from './contract.ts'
import { inMemory } from './in-memory.ts'
import { keptSearches } from './kept-searches.ts'
import { openLanceMemory } from './lancedb.ts'

const folders: string[] = []
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

keepsTheMemoryContract('a process', async () => inMemory())

keepsTheMemoryContract('a process, its searches kept', async () =>
  keptSearches(inMemory(), { keptMs: 60_000, now: () => 0 }),
)

keepsTheMemoryContract('LanceDB', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parapet-memory-'))
  folders.push(folder)
  const opened = await openLanceMemory({ dir: folder })
  if (opened.kind !== 'open') throw new Error(`opening answered ${opened.kind}`, { cause: opened })
  return opened.memory
})

test('what is asked at once is looked for once, and again when its time is over or something was written', async () => {
  const memory = inMemory()
  let looked = 0
  let now = 0
  const search: typeof memory.search = (query) => {
    looked++
    return memory.search(query)
  }
  const kept = keptSearches({ ...memory, search }, { keptMs: 1_000, searchesMax: 2, now: () => now })
  const ask = (text: string) => kept.search({ text, limit: 5 })
  await Promise.all([ask('window'), ask('window'), ask('aisle')])
  expect(looked).toBe(2)
  now = 1_000
  await ask('window')
  expect(looked).toBe(3)
  await kept.write([aRow('a', { text: 'seat by the window' })])
  expect(await ask('window')).toMatchObject({ hits: [{ row: { id: 'a' } }] })
  // Of three that are kept, the oldest has gone.
  for (const text of ['aisle', 'exit', 'window']) await ask(text)
  expect(looked).toBe(7)
})
