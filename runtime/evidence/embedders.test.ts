import { afterAll, describe, expect, test } from 'vitest'
import { cached } from './cached.ts'
import { similarity } from './embedder.ts'
import { embedderContract } from './embedder-contract.ts'
import { endpointEmbedder } from './endpoint.ts'
import { loopback } from './loopback.fixture.ts'
import { offlineEmbedder } from './offline.ts'
import { vectorOfWords, wordsEmbedder } from './words-embedder.fixture.ts'

const offline = offlineEmbedder()
const endpoint = await loopback((path, body) => {
  const { input } = body as { input: string[] }
  if (path !== '/v1/embeddings') return { status: 404, body: 'no such path' }
  // Out of order, as endpoints may answer.
  const data = input.map((text, index) => ({ index, embedding: vectorOfWords(text) })).reverse()
  return { status: 200, body: JSON.stringify({ data }) }
})
const remote = endpointEmbedder({ baseUrl: endpoint.baseUrl, model: 'words', dimensions: 64 })
afterAll(async () => {
  await offline.close?.()
  await endpoint.close()
})

embedderContract('the offline model', offline)
embedderContract('an endpoint', remote)
embedderContract('a cache', cached(wordsEmbedder()))

test('the offline model puts near what means nearly the same', async () => {
  const embedded = await offline.embed([
    'I want my money back for the broken chair.',
    'Please refund the chair, it arrived damaged.',
    'The museum opens at nine on Sundays.',
  ])
  if (embedded.kind === 'failed') throw new Error(embedded.why)
  const [want, refund, museum] = embedded.vectors
  expect(similarity(want!, refund!)).toBeGreaterThan(similarity(want!, museum!) + 0.1)
})

describe('what fails is said', () => {
  test('by the endpoint, in its own words', async () => {
    const server = await loopback(() => ({ status: 429, body: 'slow down' }))
    const failing = endpointEmbedder({ baseUrl: server.baseUrl, model: 'm', dimensions: 64 })
    expect(await failing.embed(['x'])).toEqual({
      kind: 'failed',
      why: `${server.baseUrl}/embeddings answered 429: slow down`,
    })
    await server.close()
  })

  test('when an endpoint gives vectors of another size than promised', async () => {
    const other = endpointEmbedder({ baseUrl: endpoint.baseUrl, model: 'words', dimensions: 65 })
    expect(await other.embed(['x'])).toEqual({
      kind: 'failed',
      why: 'the model gives vectors of 64 dimensions; the embedder says `dimensions: 65`',
      lasting: true,
    })
  })

  test('when whoever asked gives up', async () => {
    const server = await loopback(() => 'never')
    const silent = endpointEmbedder({ baseUrl: server.baseUrl, model: 'm', dimensions: 64 })
    expect(await silent.embed(['x'], AbortSignal.abort())).toMatchObject({ kind: 'failed' })
    await server.close()
  })
})

describe('a cache', () => {
  test('asks for each text once, whoever asks and however often, and for what comes together in one batch', async () => {
    const words = wordsEmbedder()
    const embedder = cached(words)
    await Promise.all([embedder.embed(['a', 'b']), embedder.embed(['b', 'c']), embedder.embed(['a'])])
    await embedder.embed(['c', 'a'])
    expect(words.batches).toEqual([['a', 'b', 'c']])
  })

  test('keeps batches, its memory and its queue within bounds', async () => {
    const words = wordsEmbedder()
    const embedder = cached(words, { batchMax: 2, entriesMax: 2, queueMax: 3 })
    expect(await embedder.embed(['a', 'b', 'c'])).toMatchObject({ kind: 'vectors' })
    expect(words.batches).toEqual([['a', 'b'], ['c']])
    await embedder.embed(['c'])
    await embedder.embed(['a'])
    expect(words.batches).toEqual([['a', 'b'], ['c'], ['a']])
    expect(await embedder.embed(['p', 'q', 'r', 's'])).toEqual({
      kind: 'failed',
      why: 'more than 3 texts wait to be embedded',
    })
  })
})
