/**
 * Transformers.js: the real library where it is at hand, with a real model of two kilobytes that is made here. It takes 470 MB with its
 * runtimes, so it is no dependency; `PARAPET_TRANSFORMERS=FOLDER` names one in whose `node_modules` it is. What has its shape goes
 * through the same tests everywhere.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { openLanceMemory } from '#runtime/memory/lancedb.ts'
import type { NewRow } from '#runtime/memory/port.ts'
import { cached } from './cached.ts'
import { builtInDetectors } from './detectors.ts'
import type { Embedder } from './embedder.ts'
import { similarity } from './embedder.ts'
import { embedderContract } from './embedder-contract.ts'
import { TINY_DIMENSIONS, writeTinyModel } from './tiny-model.fixture.ts'
import { type TransformersOptions, transformersEmbedder } from './transformers.ts'

const LIBRARY = '@huggingface/transformers'
const folder = mkdtempSync(join(tmpdir(), 'parapet-transformers-'))
const model = join(folder, 'tiny')
writeTinyModel(model)

const open: Embedder[] = []
const embedderOf = (options: Partial<TransformersOptions> = {}): Embedder => {
  const made = transformersEmbedder({ model, dimensions: TINY_DIMENSIONS, ...options })
  open.push(made)
  return made
}
afterAll(async () => {
  for (const each of open) await each.close?.()
  rmSync(folder, { recursive: true })
})

const stand = new URL('./transformers.fixture.ts', import.meta.url).href
embedderContract(
  'a library shaped as Transformers.js',
  embedderOf({ model: 'words', dimensions: 64, library: stand }),
)

test('that it is not installed is said with the command that mends it, and where else it may be', async () => {
  const absent = embedderOf({ library: '@parapet/not-installed' })
  expect(await absent.embed(['x'])).toEqual({
    kind: 'failed',
    why: expect.stringMatching(
      /^`@parapet\/not-installed` cannot be loaded.*: run `npm install @parapet\/not-installed`/,
    ),
    lasting: true,
  })
})

test('a folder without a model in it is told from a model that cannot be fetched', async () => {
  const nowhere = embedderOf({ model: join(folder, 'nowhere'), library: stand })
  expect(await nowhere.embed(['x'])).toMatchObject({
    lasting: true,
    why: expect.stringContaining('it takes config.json, tokenizer.json'),
  })
  const unknown = embedderOf({ model: 'nobody/knows', library: stand })
  expect(await unknown.embed(['x'])).toEqual({
    kind: 'failed',
    why: 'the model nobody/knows cannot be loaded: no feature-extraction with nobody/knows; without a network, give the folder its files are in',
    lasting: true,
  })
})

const real = realLibrary()
describe.skipIf(real === undefined)(
  `the library itself (${real ?? 'not installed, see the top of this file'})`,
  () => {
    const library = real ?? ''
    embedderContract('a model in a folder', embedderOf({ library }))

    test('its vectors are those of the model, batched or not, and recorded as of it', async () => {
      const embedder = embedderOf({ library })
      expect(embedder.model).toBe('tiny (mean, fp32)')
      const embedded = await cached(embedder, { batchMax: 2 }).embed([
        'Refund the broken chair!',
        'I want my money back.',
        'The museum opens.',
      ])
      if (embedded.kind === 'failed') throw new Error(embedded.why)
      const [refund, money, museum] = embedded.vectors
      expect(similarity(refund!, money!)).toBeGreaterThan(similarity(refund!, museum!) + 0.3)
    })

    test('of a text that is longer than the model reads, the beginning counts', async () => {
      const embedded = await embedderOf({ library }).embed([`${'money '.repeat(300)}museum`, 'money'])
      if (embedded.kind === 'failed') throw new Error(embedded.why)
      expect(similarity(embedded.vectors[0]!, embedded.vectors[1]!)).toBeGreaterThan(0.95)
    })

    test('other dimensions than the model has, and a type it was not published in, are said', async () => {
      expect(await embedderOf({ library, dimensions: 17 }).embed(['money'])).toEqual({
        kind: 'failed',
        why: 'the model gives vectors of 16 dimensions; the embedder says `dimensions: 17`',
        lasting: true,
      })
      expect(await embedderOf({ library, dtype: 'q8' }).embed(['money'])).toMatchObject({
        why: expect.stringContaining('model_quantized.onnx'),
        lasting: true,
      })
    })

    test('the loop goes on while it computes', async () => {
      const embedder = embedderOf({ library })
      await embedder.embed(['money'])
      let turns = 0
      let over = false
      const counting = (async () => {
        for (; !over; turns++) await new Promise(setImmediate)
      })()
      await embedder.embed(Array.from({ length: 2_000 }, (_, i) => `money back ${i} `.repeat(20)))
      over = true
      await counting
      expect(turns).toBeGreaterThan(20)
    })

    test('shared memory is searched by it, and belongs to it', async () => {
      const dir = join(folder, 'memory')
      const opened = await openLanceMemory({ dir, embedder: cached(embedderOf({ library })) })
      if (opened.kind === 'refused') throw new Error(opened.message)
      await opened.memory.write([
        rowOf('r1', 'The tower is closed.'),
        rowOf('r2', 'We pay the money back.'),
        rowOf('r3', 'A lamp stands there.'),
      ])
      expect(await opened.memory.search({ text: 'refund', by: 'meaning', limit: 1 })).toMatchObject({
        hits: [{ row: { id: 'r2' } }],
      })
      await opened.memory.close()
      const other = await openLanceMemory({ dir, embedder: embedderOf({ library, pooling: 'cls' }) })
      expect(other).toMatchObject({
        kind: 'refused',
        message: expect.stringMatching(
          /are of tiny \(mean, fp32\) \(16 dimensions\), not of tiny \(cls, fp32\)/,
        ),
      })
    })

    test('`resembles` is answered by it', async () => {
      const { resemblance } = builtInDetectors(cached(embedderOf({ library })))
      const { signal } = new AbortController()
      const context = { conversation: 'c', agent: 'c/a', key: 'k', at: 0, signal }
      const score = async (text: string) => {
        const looked = await resemblance!({ text, to: ['Refund the chair'] }, context)
        if (looked.kind === 'failed') throw new Error(looked.why)
        return (looked.value as { score: number }).score
      }
      expect(await score('The desk: I want my money back.')).toBeGreaterThan(
        (await score('The castle opens.')) + 0.3,
      )
    })
  },
)

function rowOf(id: string, text: string): NewRow {
  return {
    id,
    kind: 'fact',
    text,
    fields: { text },
    writer: 'c/clerk',
    conversation: 'c',
    writtenAt: 0,
    sources: [],
    labels: [],
    standing: 'observed',
  }
}

/** Its address; undefined where it is not installed. */
function realLibrary(): string | undefined {
  const from = process.env['PARAPET_TRANSFORMERS']
  try {
    const near = from === undefined ? import.meta.filename : join(from, 'package.json')
    return pathToFileURL(createRequire(near).resolve(LIBRARY)).href
  } catch {
    // The only way the platform says that there is no such package.
    return undefined
  }
}
