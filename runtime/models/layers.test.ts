/** Layers around scripted models: what each adds, with a clock that moves only when told. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '#dsl/judge/step.ts'
import { ManualClock } from '#runtime/fleet/fleet.fixture.ts'
import { randomOf } from '#runtime/simulation/random.ts'
import { fromJsonSchema } from '#runtime/tools/schema.ts'
import { atOnce, breaking, rated } from './limited.ts'
import { type Answered, failed, type Model, type ModelOutcome, type ModelRequest } from './model.ts'
import { costAtMost, costOf, type Price } from './price.ts'
import { recorded } from './recorded.ts'
import { firstOf, retrying } from './retrying.ts'
import { scripted } from './scripted.ts'
import { modelSource } from './source.ts'
import { structured } from './structured.ts'

const PRICE: Price = { inputPerMillion: 1_000, outputPerMillion: 2_000, cachedPerMillion: 100 }
const REQUEST: ModelRequest = { messages: [{ role: 'user', text: 'How many?' }], tokensMax: 50 }
const COST = { amount: 0.01, tokens: 5, known: true }
const DOWN = failed('down', 'broken', COST)

const context = (signal = new AbortController().signal) => ({ signal })
const turnOfLoop = () => new Promise((resolve) => setImmediate(resolve))

/** Gives these outcomes in order, the last again and again. */
function playing(outcomes: readonly (ModelOutcome | string)[], name = 'played') {
  const asked: ModelRequest[] = []
  const model: Model = {
    name,
    costAtMost: () => COST,
    async generate(request) {
      asked.push(request)
      const next = outcomes[Math.min(asked.length, outcomes.length) - 1]!
      return typeof next === 'string' ? answer(next) : next
    },
  }
  return { model, asked }
}

function answer(text: string): Answered {
  return { kind: 'answered', text, calls: [], ended: 'whole', cost: COST, latencyMs: 0, model: 'played' }
}

test('tries again with growing pauses from its seed, and every try is paid for', async () => {
  const pauses = async (seed: number) => {
    const clock = new ManualClock(0)
    const { next } = randomOf(seed)
    const { model, asked } = playing([DOWN, DOWN, DOWN, 'four'])
    const tried = retrying(model, { triesMax: 4, pauseMs: 100, pauseMaxMs: 300, clock, random: next })
    const outcome = tried.generate(REQUEST, context())
    const at: number[] = []
    for (let count = 0; asked.length < 4; ) {
      await turnOfLoop()
      if (asked.length > count) at.push(clock.now())
      count = asked.length
      clock.advance(1)
    }
    expect(await outcome).toMatchObject({
      kind: 'answered',
      text: 'four',
      cost: { amount: 0.04, tokens: 20 },
    })
    return at.slice(1).map((time, nth) => time - at[nth]!)
  }
  const [first, second, third] = await pauses(7)
  expect([first! >= 50, first! <= 101, second! >= 100, second! <= 201, third! >= 150, third! <= 301]).toEqual(
    Array(6).fill(true),
  )
  expect(await pauses(7)).toEqual([first, second, third])
})

test('what it refuses is not asked again, nor what somebody has begun to hear', async () => {
  const clock = new ManualClock(0)
  const retries = { triesMax: 3, pauseMs: 1, pauseMaxMs: 1, clock, random: () => 0 }
  const refused = playing([failed('refused', 'no')])
  expect(await retrying(refused.model, retries).generate(REQUEST, context())).toMatchObject({
    why: 'refused',
  })
  expect(refused.asked).toHaveLength(1)
  const half: Model = {
    ...refused.model,
    async generate(_, { hear }) {
      hear?.('Half a')
      return DOWN
    },
  }
  const heard: string[] = []
  const outcome = await firstOf(retrying(half, retries), playing(['all']).model).generate(REQUEST, {
    ...context(),
    hear: (words) => heard.push(words),
  })
  expect([outcome.kind, heard]).toEqual(['failed', ['Half a']])
})

test('the next in the chain answers, and the reasons of all are told when none does', async () => {
  const broken = playing([DOWN], 'a').model
  expect(await firstOf(broken, playing(['yes'], 'b').model).generate(REQUEST, context())).toMatchObject({
    text: 'yes',
    cost: { amount: 0.02 },
  })
  expect(
    await firstOf(broken, playing([failed('late', 'too late')], 'b').model).generate(REQUEST, context()),
  ).toMatchObject({ kind: 'failed', error: 'a: broken; b: too late' })
})

test('only so many requests a minute; the next wait in order, and beyond the queue they are turned away', async () => {
  const clock = new ManualClock(0)
  const { model, asked } = playing(['ok'])
  const slow = rated(model, { burst: 2, perMinute: 60, queueMax: 2 }, clock)
  const ask = (text: string, signal?: AbortSignal) =>
    slow.generate({ ...REQUEST, messages: [{ role: 'user', text }] }, context(signal))
  const leaving = new AbortController()
  const first = [ask('1'), ask('2'), ask('3', leaving.signal), ask('4')]
  expect(await ask('5')).toMatchObject({ kind: 'failed', why: 'busy' })
  leaving.abort()
  expect(await first[2]).toMatchObject({ kind: 'failed', why: 'cancelled' })
  expect(asked).toHaveLength(2)
  clock.advance(1_000)
  await first[3]
  expect(asked.map(({ messages }) => messages[0])).toMatchObject([
    { text: '1' },
    { text: '2' },
    { text: '4' },
  ])
})

test('only so many requests at once; the next go in order as places come free, and beyond the queue they are turned away', async () => {
  const asked: string[] = []
  const ends = new Map<string, () => void>()
  const held: Model = {
    name: 'held',
    costAtMost: () => COST,
    generate: ({ system = '' }) => {
      asked.push(system)
      return new Promise((resolve) => ends.set(system, () => resolve(answer(system))))
    },
  }
  const narrow = atOnce(held, { concurrencyMax: 2, queueMax: 2 })
  const leaving = new AbortController()
  const ask = (system: string, signal?: AbortSignal) =>
    narrow.generate({ ...REQUEST, system }, context(signal))
  const [first, second, third, fourth] = [ask('1'), ask('2'), ask('3', leaving.signal), ask('4')]
  expect(await ask('5')).toMatchObject({ kind: 'failed', why: 'busy' })
  leaving.abort()
  expect(await third).toMatchObject({ kind: 'failed', why: 'cancelled' })
  expect(asked).toEqual(['1', '2'])
  ends.get('2')!()
  expect(await second).toMatchObject({ text: '2' })
  await turnOfLoop()
  expect(asked).toEqual(['1', '2', '4'])
  for (const end of ends.values()) end()
  expect(await Promise.all([first, fourth])).toMatchObject([{ text: '1' }, { text: '4' }])
})

test('however requests come, no minute sees more than the burst and its share', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(4_000), { maxLength: 40 }), async (gaps) => {
      const clock = new ManualClock(0)
      const at: number[] = []
      const model = scripted('s', () => {
        at.push(clock.now())
        return 'ok'
      })
      const slow = rated(model, { burst: 3, perMinute: 30, queueMax: 5 }, clock)
      const outcomes = []
      for (const gap of gaps) {
        clock.advance(gap)
        outcomes.push(slow.generate(REQUEST, context()))
        await turnOfLoop()
      }
      for (let i = 0; i < 8; i++) {
        clock.advance(2_000)
        await turnOfLoop()
      }
      await Promise.all(outcomes)
      at.forEach((time, nth) => {
        const within = at.slice(nth).filter((later) => later - time < 20_000)
        expect(within.length).toBeLessThanOrEqual(3 + 10)
      })
    }),
    { numRuns: 50 },
  )
})

test('one that keeps failing rests, and one try decides whether it goes on', async () => {
  const clock = new ManualClock(0)
  const { model, asked } = playing([DOWN, DOWN, 'well'])
  const careful = breaking(model, { failuresMax: 2, withinMs: 60_000, restMs: 10_000 }, clock)
  for (let i = 0; i < 4; i++) await careful.generate(REQUEST, context())
  expect(asked).toHaveLength(2)
  clock.advance(10_000)
  expect(await careful.generate(REQUEST, context())).toMatchObject({ text: 'well' })
})

const NUMBER = fromJsonSchema({
  type: 'object',
  properties: { count: { type: 'integer', minimum: 0 } },
  required: ['count'],
  additionalProperties: false,
})

test.each([
  ['as written', '{"count": 4}'],
  ['in a fence', 'Here you are:\n```json\n{"count": 4}\n```'],
  ['with loose commas', '{"count": 4,}'],
])('JSON %s needs no second try', async (_, text) => {
  const { model, asked } = playing([text])
  expect(await structured(model, { schema: NUMBER }).generate(REQUEST, context())).toMatchObject({
    value: { count: 4 },
  })
  expect(asked[0]?.output).toEqual(NUMBER.json)
  expect(asked).toHaveLength(1)
})

test('what does not fit is asked for again with what was wrong, then answered without the model', async () => {
  const { model, asked } = playing(['{"count": -1}', 'four'])
  const options = { schema: NUMBER, triesMax: 2 }
  expect(await structured(model, options).generate(REQUEST, context())).toMatchObject({
    kind: 'failed',
    why: 'unfit',
    cost: { amount: 0.02 },
  })
  expect(asked[1]?.messages.at(-1)).toMatchObject({ text: expect.stringContaining('count: at least 0') })
  const otherwise = (): Json => ({ count: 0 })
  for (const failing of [playing(['four']), playing([DOWN])])
    expect(
      await structured(failing.model, { ...options, otherwise }).generate(REQUEST, context()),
    ).toMatchObject({ kind: 'answered', value: { count: 0 }, model: 'otherwise' })
})

test('no text a model may write passes that is not of the schema', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (text) => {
      const { model } = playing([text])
      const outcome = await structured(model, { schema: NUMBER, triesMax: 1 }).generate(REQUEST, context())
      if (outcome.kind === 'answered') expect(NUMBER.read(outcome.value!).kind).toBe('fits')
    }),
  )
})

test('no answer costs more than was reserved for it, whatever is said', async () => {
  await fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(50), fc.nat(1_000), (text, output, cached) => {
      const request: ModelRequest = { ...REQUEST, messages: [{ role: 'user', text }] }
      // A tokenizer makes at most a token of each byte.
      const inputTokens = Buffer.byteLength(text)
      const real = costOf({ inputTokens, outputTokens: output, cachedTokens: cached }, PRICE)
      const most = costAtMost(request, PRICE)
      expect(real.amount).toBeLessThanOrEqual(most.amount)
      expect(real.tokens).toBeLessThanOrEqual(most.tokens)
    }),
  )
})

test('a request is recorded once and played from then on, with what it cost', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'recordings-'))
  try {
    const { model, asked } = playing(['four'])
    const live = await recorded({ folder, name: 'm', live: model }).generate(REQUEST, context())
    const heard: string[] = []
    const played = await recorded({ folder, name: 'm' }).generate(
      { tokensMax: 50, messages: REQUEST.messages },
      { ...context(), hear: (words) => heard.push(words) },
    )
    expect(played).toEqual(live)
    expect([heard, asked.length]).toEqual([['four'], 1])
    const other = await recorded({ folder, name: 'm' }).generate({ ...REQUEST, tokensMax: 51 }, context())
    expect(other).toMatchObject({ kind: 'failed', error: expect.stringContaining('no recording') })
    const [file] = await readdir(folder)
    await writeFile(join(folder, file!), '{"half')
    expect(await recorded({ folder, name: 'm' }).generate(REQUEST, context())).toMatchObject({
      kind: 'failed',
      error: expect.stringContaining('cannot be read'),
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('as a source it takes requests only, and says what was spent also when it fails', async () => {
  const place = { conversation: 'c', agent: 'c/a', key: 'k', at: 0, ...context() }
  const ok = modelSource(scripted('s', () => 'Four of them.', PRICE))
  expect(await ok(REQUEST, place)).toMatchObject({
    kind: 'ok',
    value: { text: 'Four of them.', ended: 'whole', model: 's' },
    spent: { tokens: 5, amount: 0.008 },
  })
  for (const wrong of [
    null,
    {},
    { messages: [], tokensMax: 1 },
    { ...REQUEST, messages: [{ role: 'boss' }] },
  ])
    expect(await ok(wrong, place)).toMatchObject({
      kind: 'failed',
      error: expect.stringContaining('no request'),
    })
  expect(await modelSource(playing([DOWN]).model)(REQUEST, place)).toEqual({
    kind: 'failed',
    error: 'down: broken',
    cameAbout: 'yes',
    spent: { amount: 0.01, tokens: 5 },
  })
})
