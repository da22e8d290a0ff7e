import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { wordsEmbedder } from '#runtime/evidence/words-embedder.fixture.ts'
import { aRow, found } from './contract.ts'
import { openLanceMemory } from './lancedb.ts'

const ROUNDS = 25
/** After this round `a` retracts what `b` is about to rest rows on. */
const RETRACTED = 5

/** Each round writes a row of its own and one that the other writes too, as two daemons do when one takes over from the other. */
const DAEMON = `
const { openLanceMemory } = await import(process.env.MEMORY)
const { wordsEmbedder } = await import(process.env.WORDS)
const { NAME, DIR, ROW } = process.env
const row = JSON.parse(ROW)
const { memory } = await openLanceMemory({ dir: DIR, embedder: wordsEmbedder() })
for (let at = 0; at < ${ROUNDS}; at++) {
  const sources = ['tool-' + (at % 10)]
  const rows = ['both-' + at, NAME + '-' + at].map((id) => ({ ...row, id, sources, text: 'words of ' + at }))
  const written = await memory.write(rows)
  if (written.kind !== 'written') throw new Error(JSON.stringify(written), { cause: written.cause })
  const own = await memory.get(rows.map(({ id }) => id))
  if (own.rows.length !== 2) throw new Error('a writer does not see its rows')
  if (NAME === 'a' && at === ${RETRACTED}) await memory.retract('tool-7')
}
await memory.close()`

test('two processes on one folder lose no row, double none, and withdraw from each other', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parapet-memory-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const env = {
    ...process.env,
    DIR: dir,
    MEMORY: new URL('lancedb.ts', import.meta.url).href,
    WORDS: import.meta.resolve('#runtime/evidence/words-embedder.fixture.ts'),
    ROW: JSON.stringify(aRow('any')),
  }
  const daemons = ['a', 'b'].map((NAME) =>
    spawn(process.execPath, ['--input-type=module', '-e', DAEMON], {
      env: { ...env, NAME },
      stdio: ['ignore', 'inherit', 'inherit'],
    }),
  )
  const ended = await Promise.all(daemons.map((daemon) => once(daemon, 'exit')))
  expect(ended.map(([code]) => code)).toEqual([0, 0])

  const opened = await openLanceMemory({ dir, embedder: wordsEmbedder() })
  if (opened.kind !== 'open') throw new Error(opened.message)
  const { memory } = opened
  onTestFinished(() => memory.close())
  const summary = await memory.summary()
  if (summary.kind !== 'summary') throw summary.cause
  const { live, retracted } = summary.rows
  // Rounds 7 and 17 rest on what was retracted: three rows each.
  expect({ live, retracted }).toEqual({ live: 3 * ROUNDS - 6, retracted: 6 })
  for (const by of ['words', 'meaning', 'both'] as const) {
    const hits = await found(memory, { text: 'words', by, limit: 200 })
    expect([by, hits.length, new Set(hits).size]).toEqual([by, live, live])
  }
})
