import { afterEach, expect, test } from 'vitest'
import type { Embedder } from '#runtime/evidence/embedder.ts'
import { embedWords } from '#runtime/evidence/embedder.ts'
import { vectorOfWords, wordsEmbedder } from '#runtime/evidence/words-embedder.fixture.ts'
import type { FleetDefinition } from '#runtime/fleet/definition.ts'
import { type Embedding, openEmbedding } from './embedding.ts'
import type { Problem } from './problem.ts'

const told: string[] = []
const open: Embedding[] = []
afterEach(async () => {
  told.length = 0
  for (const each of open.splice(0)) await each.close()
})

async function opened(embedder?: FleetDefinition['embedder']): Promise<Embedding | Problem> {
  const definition: FleetDefinition = {
    name: 'desk',
    policy: 'desk.parapet',
    agents: {},
    world: () => ({ tools: {} }),
    ...(embedder && { embedder }),
  }
  const made = await openEmbedding({ definition, file: '/fleets/desk/fleet.ts' }, (text) => told.push(text))
  if (made.kind === 'embedding') open.push(made)
  return made
}

const of = (dimensions: number, embed: (text: string) => ArrayLike<number>): Embedder => ({
  model: 'of the fleet',
  dimensions,
  embed: (texts) => embedWords(texts, dimensions, async (worded) => worded.map(embed)),
})

test('a fleet that names none has the one that comes along, for everything', async () => {
  const made = await opened()
  if (made.kind === 'problem') throw new Error(made.message)
  expect(made.embedder.model).toBe('use-lite-en@0.2')
  expect(made.offline).toBe(made.embedder)
})

test('the fleet’s own is asked for meaning, and what was trained on the one that comes along keeps that', async () => {
  let from = ''
  const made = await opened(({ fleetDir }) => {
    from = fleetDir
    return wordsEmbedder()
  })
  if (made.kind === 'problem') throw new Error(made.message)
  expect(from).toBe('/fleets/desk')
  expect(made.embedder.model).toBe(wordsEmbedder().model)
  expect(made.offline.model).toBe('use-lite-en@0.2')
})

test('one that can never work is a problem at the start', async () => {
  expect(await opened(() => of(65, vectorOfWords))).toMatchObject({
    code: 'D0039',
    message: expect.stringContaining('gives vectors of 64 dimensions; the embedder says `dimensions: 65`'),
  })
  expect(
    await opened(() => {
      throw new Error('no key')
    }),
  ).toMatchObject({ code: 'D0039', message: expect.stringContaining('no key') })
})

test('one that does not answer now is told, and the fleet starts', async () => {
  const made = await opened(() =>
    of(64, () => {
      throw new Error('connection refused')
    }),
  )
  expect(made.kind).toBe('embedding')
  expect(told).toEqual([expect.stringContaining('connection refused')])
})
