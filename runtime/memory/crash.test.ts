import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { aRow } from './contract.ts'
import { openLanceMemory } from './lancedb.ts'

/** Writes rows for ever, a few at a time, and says which are written. Every tenth write retracts the source of row 0. */
const WRITER = `
const { openLanceMemory } = await import(process.env.MEMORY)
const row = JSON.parse(process.env.ROW)
const { memory } = await openLanceMemory({ dir: process.env.DIR })
for (let at = 0; ; at++) {
  const ids = [at + '.0', at + '.1']
  const written = await memory.write(ids.map((id) => ({ ...row, id, sources: ['tool-' + at] })))
  if (at % 10 === 9) await memory.retract('tool-' + (at - 9))
  if (written.kind === 'written') console.log(ids.join(' '))
}`

test('a killed writer loses no written row, and writing again what it may have written doubles none', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'parapet-memory-'))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  const written: string[] = []

  for (const acknowledged of [7, 23]) {
    const env = {
      ...process.env,
      DIR: dir,
      MEMORY: new URL('lancedb.ts', import.meta.url).href,
      ROW: JSON.stringify(aRow('any')),
    }
    const writer = spawn(process.execPath, ['--input-type=module', '-e', WRITER], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(writer, 'exit')
    let lines = 0
    for await (const line of createInterface({ input: writer.stdout })) {
      written.push(...line.split(' '))
      if (++lines === acknowledged) writer.kill('SIGKILL')
    }
    await ended
  }

  const opened = await openLanceMemory({ dir })
  if (opened.kind !== 'open') throw new Error(opened.message)
  const { memory } = opened
  onTestFinished(() => memory.close())
  const unique = [...new Set(written)]
  expect(unique.length).toBeGreaterThanOrEqual(46)
  expect(await memory.get(unique)).toMatchObject({ rows: unique.map((id) => ({ id })) })

  const last = Math.max(...unique.map((id) => Number.parseInt(id, 10)))
  const possible = Array.from({ length: last + 2 }, (_, at) => [`${at}.0`, `${at}.1`]).flat()
  await memory.write(possible.map((id) => aRow(id, { sources: [`tool-${Number.parseInt(id, 10)}`] })))
  const summary = await memory.summary()
  if (summary.kind !== 'summary') throw summary.cause
  expect(summary.rows.live + summary.rows.retracted).toBe(possible.length)
  expect(await memory.get(['0.0', '0.1', '1.0'])).toMatchObject({
    rows: [{ state: 'retracted' }, { state: 'retracted' }, { state: 'live' }],
  })
})
