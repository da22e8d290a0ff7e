/** An operator and shared memory: the real binary, a real nats-server, a LanceDB folder that the test writes into beside the daemon. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aRow } from '#runtime/memory/contract.ts'
import { openLanceMemory } from '#runtime/memory/lancedb.ts'
import { newRoot, REFUNDS, type Running, recordsOf, run, start } from './operator.fixture.ts'

const root = newRoot()
const DATA = ['--data', root]
const AS_ADA = ['--as', 'ada', ...DATA]
let daemon: Running

beforeAll(async () => {
  daemon = start(['up', REFUNDS, ...DATA], {})
  await daemon.said('runs until')
  const opened = await openLanceMemory({ dir: join(root, 'refunds/memory') })
  if (opened.kind !== 'open') throw new Error(opened.message)
  await opened.memory.write([
    aRow('p0.1.0', { text: 'the gate opens at nine', kind: 'fact', sources: ['p0.0.9'] }),
    aRow('p0.2.0', { text: 'the gate is late', standing: 'derived', sources: ['p0.1.0'], writtenAt: 1_000 }),
    aRow('p0.3.0', { text: 'seats are free' }),
  ])
  await opened.memory.close()
})

afterAll(async () => {
  daemon.child.kill('SIGTERM')
  await daemon.ended
})

const memory = (...args: readonly string[]) => run(['memory', ...args, ...AS_ADA], {})

async function ids(...words: readonly string[]): Promise<string[]> {
  const { out } = await memory('search', ...words, '--by', 'words', '--json')
  const [answer] = JSON.parse(out) as [{ hits: { row: { id: string } }[] }]
  return answer.hits.map(({ row }) => row.id)
}

test('rows are searched, shown and counted', async () => {
  expect(await ids('gate')).toEqual(['p0.2.0', 'p0.1.0'])
  const { out } = await memory('search', 'gate', '--by', 'words', '--kind', 'fact')
  expect(out).toContain('p0.1.0  fact, observed by conv-1/clerk')
  expect(out).toContain('the gate opens at nine')
  expect((await memory('show', 'p0.2.0')).out).toMatch(/^p0\.2\.0 {2}live\n {2}the gate is late\n/)
  expect((await memory('stats')).out).toMatch(/3 {2}all\n.*2 {2}kind note\n.*1 {2}kind fact/)
  expect(await memory('show', 'p9.9.9')).toMatchObject({ code: 1, err: expect.stringContaining('p9.9.9') })
})

test('what is held is gone from searches with all that rests on it, until it is released', async () => {
  const held = await memory('hold', 'p0.0.9', '--note', 'the tool was wrong')
  expect([held.code, held.out]).toEqual([
    0,
    expect.stringMatching(/^hold p0\.0\.9: 2 rows .*\n {2}p0\.1\.0\n/),
  ])
  expect(await ids('gate')).toEqual([])
  expect((await memory('show', 'p0.2.0')).out).toContain('p0.2.0  held')
  expect((await memory('stats')).out).toContain('1  all  and 2 held')
  expect((await memory('release', 'p0.0.9', '--note', 'it was right')).code).toBe(0)
  expect(await ids('gate')).toEqual(['p0.2.0', 'p0.1.0'])
})

test('rows are retracted for good, and forgotten by kind and age', async () => {
  await memory('retract', 'p0.1.0', '--note', 'misread')
  expect(await ids('gate')).toEqual([])
  const forgotten = await memory('forget', 'note', '--before', '1970-01-01T00:01:00Z', '--note', 'retention')
  expect(forgotten.out).toContain('forget note: 1 rows')
  expect((await memory('show', 'p0.2.0')).code).toBe(1)
  expect((await memory('show', 'p0.1.0')).out).toContain('retracted')
})

test('who wanted it and why stands in the log, and `explain` tells it', async () => {
  const turns = (await recordsOf(root, 'refunds')).flatMap((record) => record.turns)
  const wishes = turns.flatMap(({ input }) => (input.kind === 'curate' ? [input.curation] : []))
  expect(wishes).toMatchObject([
    { what: 'hold', source: 'p0.0.9', by: 'ada', why: 'the tool was wrong' },
    { what: 'release', source: 'p0.0.9', by: 'ada', why: 'it was right' },
    { what: 'retract', source: 'p0.1.0', by: 'ada', why: 'misread' },
    { what: 'forget', rows: 'note', before: 60_000, by: 'ada', why: 'retention' },
  ])
  const { out } = await run(['explain', 'parapet.memory#1', ...DATA], {})
  expect(out).toContain('hold rows from p0.0.9, by ada: the tool was wrong')
})

test('nobody else sees or changes memory, and nothing is changed without a reason or by half a time', async () => {
  for (const command of [['stats'], ['hold', 'p0.3.0', '--note', 'x']]) {
    const { code, err } = await run(['memory', ...command, '--as', 'eve', ...DATA], {})
    expect([code, err]).toEqual([1, expect.stringContaining('nobody called `eve`')])
  }
  expect((await memory('hold', 'p0.3.0')).err).toContain('--note')
  expect((await memory('forget', 'note', '--before', '2026-05-01', '--note', 'x')).err).toContain('zone')
  expect(await ids('seats')).toEqual(['p0.3.0'])
})
