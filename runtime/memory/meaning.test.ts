/** What memory with an embedder does, in one process and in LanceDB alike; and what becomes of withdrawn and old rows. */

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import type { Embedder } from '#runtime/evidence/embedder.ts'
import { wordsEmbedder } from '#runtime/evidence/words-embedder.fixture.ts'
import { aRow, found } from './contract.ts'
import { inMemory } from './in-memory.ts'
import { openLanceMemory } from './lancedb.ts'
import type { SharedMemory } from './port.ts'

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each()
})

async function aFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'parapet-meaning-'))
  undo.push(() => rm(dir, { recursive: true, force: true }))
  return dir
}

async function onDisk(embedder?: Embedder, dir?: string, warnings: string[] = []): Promise<SharedMemory> {
  const opened = await openLanceMemory({
    dir: dir ?? (await aFolder()),
    ...(embedder && { embedder }),
    warn: (message) => warnings.push(message),
  })
  if (opened.kind !== 'open') throw new Error(opened.message)
  undo.push(() => opened.memory.close())
  return opened.memory
}

const broken: Embedder = {
  ...wordsEmbedder(),
  embed: async () => ({ kind: 'failed', why: 'the model is away' }),
}

for (const [name, open] of [
  ['a process', async (embedder?: Embedder) => inMemory(embedder)],
  ['LanceDB', onDisk],
] as const)
  describe(`${name} as memory with meaning`, () => {
    test('by meaning the nearest come first, however far; by both, what both rank well', async () => {
      const memory = await open(wordsEmbedder())
      await memory.write([
        aRow('near', { text: 'refund of the ticket' }),
        aRow('far', { text: 'weather tomorrow in Oslo' }),
        aRow('same', { text: 'refund ticket' }),
      ])
      expect(await found(memory, { text: 'ticket refund', by: 'meaning' })).toEqual(['same', 'near', 'far'])
      expect(await found(memory, { text: 'ticket refund' })).toEqual(['same', 'near', 'far'])
      expect(await found(memory, { text: 'ticket refund', by: 'words' })).toEqual(['same', 'near'])
    })

    test('a search by meaning is narrowed before it is cut, and withdrawn rows are not in it', async () => {
      const memory = await open(wordsEmbedder())
      await memory.write([
        ...Array.from({ length: 30 }, (_, at) => aRow(`n${at}`, { text: 'refund ticket' })),
        aRow('mine', { kind: 'rare', text: 'something else' }),
        aRow('gone', { kind: 'rare', text: 'refund ticket', sources: ['bad'] }),
      ])
      await memory.retract('bad')
      expect(await found(memory, { text: 'refund ticket', by: 'meaning', kind: 'rare', limit: 1 })).toEqual([
        'mine',
      ])
    })

    test('an embedder that fails costs the meaning, not the rows', async () => {
      const memory = await open(broken)
      expect(await memory.write([aRow('a', { text: 'refund' })])).toEqual({ kind: 'written' })
      expect(await memory.search({ text: 'refund', limit: 5 })).toMatchObject({
        kind: 'found',
        hits: [{ row: { id: 'a' } }],
        wordsOnly: 'the model is away',
      })
      expect(await memory.search({ text: 'refund', by: 'meaning', limit: 5 })).toMatchObject({
        kind: 'failed',
      })
    })

    test('what is held comes back when it is released, but not what is retracted or held for another reason', async () => {
      const memory = await open()
      await memory.write([
        aRow('a', { sources: ['tool'] }),
        aRow('b', { sources: ['a'], standing: 'derived' }),
        aRow('c', { sources: ['a', 'other'] }),
        aRow('d', { sources: ['b', 'third'] }),
      ])
      await memory.retract('other')
      await memory.hold('third')
      expect(await memory.hold('tool')).toEqual({ kind: 'held', ids: ['a', 'b', 'c', 'd'] })
      expect(await found(memory, { text: 'words' })).toEqual([])
      await memory.write([aRow('e', { sources: ['b'] })])
      expect(await memory.get(['e', 'c'])).toMatchObject({
        rows: [{ state: 'held' }, { state: 'retracted' }],
      })
      expect(await memory.release('tool')).toEqual({ kind: 'released', ids: ['a', 'b', 'e'] })
      expect((await found(memory, { text: 'words' })).toSorted()).toEqual(['a', 'b', 'e'])
      await memory.retract('other')
      expect(await memory.release('other')).toEqual({ kind: 'released', ids: [] })
    })

    test('holding an agent holds what it has derived and will derive, and what rests on that; not what it observed', async () => {
      const memory = await open()
      await memory.write([
        aRow('saw', { writer: 'c/bot' }),
        aRow('thought', { writer: 'c/bot', standing: 'derived' }),
        aRow('built', { writer: 'c/other', standing: 'derived', sources: ['thought'] }),
      ])
      await memory.hold('c/bot')
      await memory.write([aRow('late', { writer: 'c/bot', standing: 'derived' })])
      expect(await found(memory, { text: 'words' })).toEqual(['saw'])
      expect(await memory.release('c/bot')).toEqual({ kind: 'released', ids: ['built', 'late', 'thought'] })
    })

    test('old rows of a kind are forgotten, and a replay does not bring them back', async () => {
      const memory = await open()
      const rows = [
        aRow('old', { writtenAt: 1_000 }),
        aRow('new', { writtenAt: 3_000 }),
        aRow('fact', { kind: 'fact', writtenAt: 1_000 }),
      ]
      await memory.write(rows)
      expect(await memory.forget('note', 2_000)).toEqual({ kind: 'forgotten', rows: 1 })
      await memory.write(rows)
      expect((await found(memory, { text: 'words' })).toSorted()).toEqual(['fact', 'new'])
      expect(await memory.forget('note', 1_500)).toEqual({ kind: 'forgotten', rows: 0 })
      await memory.write(rows)
      expect((await found(memory, { text: 'words' })).toSorted()).toEqual(['fact', 'new'])
    })
  })

test('a folder is bound to the model its vectors are of, by name and by dimensions', async () => {
  const dir = await aFolder()
  await (await onDisk(wordsEmbedder(), dir)).close()
  for (const embedder of [
    { ...wordsEmbedder(), model: 'another' },
    { ...wordsEmbedder(), dimensions: 32 },
  ])
    expect(await openLanceMemory({ dir, embedder })).toMatchObject({
      kind: 'refused',
      code: 'MEM13',
      message: expect.stringContaining('words (64 dimensions)'),
    })
})

test('rows written without vectors get theirs when an embedder is there, and stay as they were otherwise', async () => {
  const dir = await aFolder()
  const plain = await onDisk(undefined, dir)
  const early = aRow('early', { text: 'refund ticket', labels: ['private'], sources: ['p1'] })
  await plain.write([early, aRow('silent', { text: '…' })])
  await plain.close()

  const warnings: string[] = []
  const away = await onDisk(broken, dir, warnings)
  await away.write([aRow('while', { text: 'ticket refund' })])
  await away.close()
  expect(warnings.join()).toContain('the model is away')

  const whole = await onDisk(wordsEmbedder(), dir)
  expect((await found(whole, { text: 'refund ticket', by: 'meaning' })).toSorted()).toEqual([
    'early',
    'while',
  ])
  expect(await whole.get(['early'])).toEqual({ kind: 'got', rows: [{ ...early, state: 'live' }] })
})

test('a folder may be given as a URI, the way an object store is', async () => {
  const dir = await aFolder()
  const uri = pathToFileURL(join(dir, 'memory')).href
  await (await onDisk(undefined, uri)).write([aRow('a')])
  expect(await found(await onDisk(undefined, join(dir, 'memory')), { text: 'words' })).toEqual(['a'])
})

test('an object store is asked where the URI says, with the keys and at the endpoint that were given', async () => {
  const asked = Promise.withResolvers<string>()
  const server = createServer((request, response) => {
    asked.resolve(`${request.url} ${request.headers.authorization}`)
    response.writeHead(403).end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  undo.push(() => new Promise((closed) => server.close(closed).closeAllConnections()))
  const options = {
    dir: 's3://our-bucket/fleet/memory',
    storage: {
      aws_endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      allow_http: 'true',
      aws_region: 'eu-west-1',
      aws_access_key_id: 'ADASKEY',
      aws_secret_access_key: 'secret',
    },
  }
  // In a process of its own: the store's client goes on trying for longer than a test should take.
  const script = `const { openLanceMemory } = await import(process.env.MEMORY); await openLanceMemory(${JSON.stringify(options)})`
  const opening = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, MEMORY: new URL('lancedb.ts', import.meta.url).href },
    stdio: 'ignore',
  })
  undo.push(async () => opening.kill('SIGKILL'))
  expect(await asked.promise).toMatch(/our-bucket.*fleet.*memory.*Credential=ADASKEY\/\d+\/eu-west-1\//)
})
