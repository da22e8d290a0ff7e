import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { aRow, found } from '../contract.ts'
import { openLanceMemory } from '../lancedb.ts'

/** Fewer end on one thread too. */
const ROWS = 20_000
const WORDS_A_ROW = 20
const PORTION = 1_000

const textOf = (row: number) =>
  Array.from({ length: WORDS_A_ROW }, (_, at) => `w${row * WORDS_A_ROW + at}`).join(' ')

// With one thread for LanceDB to compute on, as it takes on two or three processors, this never ends.
test('a store of very many different words is indexed, on few processors too', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parapet-threads-'))
  const opened = await openLanceMemory({ dir })
  if (opened.kind !== 'open') throw new Error(opened.message)
  const { memory } = opened
  try {
    for (let from = 0; from < ROWS; from += PORTION)
      await memory.write(
        Array.from({ length: PORTION }, (_, at) => aRow(`r${from + at}`, { text: textOf(from + at) })),
      )
    expect(await memory.optimize()).toEqual({ kind: 'optimized' })
    expect(await found(memory, { text: `w${WORDS_A_ROW * 777}`, limit: 1 })).toEqual(['r777'])
  } finally {
    await memory.close()
    await rm(dir, { recursive: true, force: true })
  }
}, 60_000)
