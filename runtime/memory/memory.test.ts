import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { keepsTheMemoryContract } from './contract.ts'
import { inMemory } from './in-memory.ts'
import { openLanceMemory } from './lancedb.ts'

const folders: string[] = []
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

keepsTheMemoryContract('a process', async () => inMemory())

keepsTheMemoryContract('LanceDB', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parapet-memory-'))
  folders.push(folder)
  const opened = await openLanceMemory({ dir: folder })
  if (opened.kind !== 'open') throw new Error(`opening answered ${opened.kind}`, { cause: opened })
  return opened.memory
})
