import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '#runtime/fleet/fleet.fixture.ts'
import { aiSdkModel } from './ai-sdk.ts'
import { timed } from './limited.ts'
import { providerModel } from './live.ts'
import type { Model, ModelRequest } from './model.ts'
import type { Price } from './price.ts'
import { retrying } from './retrying.ts'
import { type Asked, anthropic, openAi, type Reply, type WireServer, wireServer } from './wires.fixture.ts'

const PRICE: Price = { inputPerMillion: 3, outputPerMillion: 15 }
const REQUEST: ModelRequest = {
  system: 'Be brief.',
  messages: [{ role: 'user', text: 'Hello?' }],
  tokensMax: 100,
}
const USAGE = { input: 20, output: 4 }
const COST = { amount: 0.00012, tokens: 24, known: true }

let clock: ManualClock
beforeEach(() => {
  clock = new ManualClock(Date.parse('2026-11-22T00:00:00Z'))
})
const open: WireServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

type WireName = 'openai' | 'anthropic'

async function asking(
  wire: WireName,
  reply: (asked: Asked, nth: number) => Reply,
  bodyBytesMax?: number,
): Promise<{ server: WireServer; model: Model }> {
  const server = await wireServer(reply)
  open.push(server)
  const place = { wire, baseUrl: server.url, id: 'm', apiKey: 'k', ...(bodyBytesMax && { bodyBytesMax }) }
  return { server, model: aiSdkModel({ model: await providerModel(place), price: PRICE, clock }) }
}

const signal = () => new AbortController().signal

for (const wire of [openAi, anthropic]) {
  const say = { text: 'Good day to you.', usage: USAGE }

  test(`${wire.name}: an answer comes with its words, its end and its cost`, async () => {
    const { server, model } = await asking(wire.name, () => wire.whole(say))
    const outcome = await model.generate(REQUEST, { signal: signal() })
    expect(outcome).toMatchObject({ kind: 'answered', text: say.text, calls: [], ended: 'whole', cost: COST })
    expect(server.asked[0]?.body).toMatchObject({ model: 'm', max_tokens: 100 })
    expect(JSON.stringify(server.asked[0]?.body)).toContain('Be brief.')
    expect(wire.heard(server.asked[0]!.body)).toContain('Hello?')
  })

  test(`${wire.name}: a stream is heard piece by piece and is the same answer in the end`, async () => {
    const { model } = await asking(wire.name, () => wire.stream(say))
    const heard: string[] = []
    const outcome = await model.generate(REQUEST, { signal: signal(), hear: (words) => heard.push(words) })
    expect(outcome).toMatchObject({ kind: 'answered', text: say.text, ended: 'whole', cost: COST })
    expect(heard).toEqual(['Good ', 'day ', 'to ', 'you.'])
  })

  test.each(['whole', 'stream'] as const)(`${wire.name}: it may call a tool (%s)`, async (how) => {
    const call = { id: 't1', tool: 'lookup', args: '{"order":"A-1"}' }
    const { server, model } = await asking(wire.name, () => wire[how]({ call, usage: USAGE }))
    const request: ModelRequest = {
      ...REQUEST,
      messages: [
        { role: 'user', text: 'Where is it?' },
        { role: 'model', text: '', calls: [{ id: 't0', tool: 'lookup', args: { order: 'A-0' } }] },
        { role: 'tool', results: [{ id: 't0', tool: 'lookup', value: { found: false } }] },
      ],
      tools: [{ name: 'lookup', description: 'One order.', inputSchema: { type: 'object' } }],
    }
    const hear = how === 'stream' ? { hear: () => {} } : {}
    expect(await model.generate(request, { signal: signal(), ...hear })).toMatchObject({
      kind: 'answered',
      calls: [{ id: 't1', tool: 'lookup', args: { order: 'A-1' } }],
      ended: 'to call',
    })
    expect(JSON.stringify(server.asked[0]?.body)).toContain('One order.')
    expect(wire.heard(server.asked[0]!.body)).toContain('found')
  })

  test(`${wire.name}: an error of the provider cost nothing and says whether to come again`, async () => {
    const replies = [
      wire.error(400, 'no such field'),
      wire.error(401, 'who are you'),
      wire.error(500, 'broken'),
      wire.error(429, 'slow down', { 'retry-after': '7' }),
      wire.error(429, 'slow down', { 'retry-after': 'Sun, 22 Nov 2026 00:00:30 GMT' }),
      wire.error(529, 'overloaded'),
    ]
    const { model } = await asking(wire.name, (_, nth) => replies[nth - 1]!)
    const outcomes = []
    for (const _ of replies) outcomes.push(await model.generate(REQUEST, { signal: signal() }))
    expect(outcomes).toMatchObject([
      { why: 'refused', error: expect.stringContaining('no such field') },
      { why: 'refused' },
      { why: 'down' },
      { why: 'busy', retryAfterMs: 7_000 },
      { why: 'busy', retryAfterMs: 30_000 },
      { why: 'busy' },
    ])
    for (const { cost } of outcomes) expect(cost).toEqual({ amount: 0, tokens: 0, known: true })
  })

  test(`${wire.name}: a stream that is cut is a failure, and counts as the most it could have cost`, async () => {
    for (const ending of ['cut', 'end'] as const) {
      const { model } = await asking(wire.name, () => wire.stream(say, 3, ending))
      const outcome = await model.generate(REQUEST, { signal: signal(), hear: () => {} })
      expect(outcome).toMatchObject({ kind: 'failed', why: 'down', cost: model.costAtMost(REQUEST) })
    }
  })

  test(`${wire.name}: an answer that is no answer is nonsense`, async () => {
    for (const parts of [['{"half": '], ['<html>'], ['{"choices": 7, "content": 7}'], ['null']]) {
      const { model } = await asking(wire.name, () => ({ parts }))
      const outcome = await model.generate(REQUEST, { signal: signal() })
      expect(outcome).toMatchObject({ kind: 'failed', why: 'nonsense', cost: { known: false } })
    }
  })

  test(`${wire.name}: a body without end is broken off`, async () => {
    const flood = Array.from({ length: 40 }, () => 'x'.repeat(1_000))
    const { server, model } = await asking(wire.name, () => ({ parts: flood, ending: 'silence' }), 20_000)
    expect(await model.generate(REQUEST, { signal: signal() })).toMatchObject({ kind: 'failed' })
    await server.left(1)
  })

  test(`${wire.name}: slow bytes are late at the deadline, and the line is let go`, async () => {
    const { server, model } = await asking(wire.name, () => wire.stream(say, 2, 'silence'))
    const asked = timed(model, 5_000, clock).generate(REQUEST, { signal: signal(), hear: () => {} })
    await server.sent(1)
    clock.advance(5_000)
    expect(await asked).toMatchObject({ kind: 'failed', why: 'late', cost: { known: false } })
    await server.left(1)
  })

  test(`${wire.name}: who cancels does not wait, and the line is let go`, async () => {
    const { server, model } = await asking(wire.name, () => wire.stream(say, 0, 'silence'))
    const leaving = new AbortController()
    const asked = model.generate(REQUEST, { signal: leaving.signal })
    await server.sent(1)
    leaving.abort()
    expect(await asked).toMatchObject({ kind: 'failed', why: 'cancelled', cost: { known: false } })
    await server.left(1)
  })
}

test('a provider that does not count its tokens is charged the most the call could cost', async () => {
  const { model } = await asking('openai', () => openAi.whole({ text: 'Yes.' }))
  const outcome = await model.generate(REQUEST, { signal: signal() })
  expect(outcome).toMatchObject({ kind: 'answered', cost: model.costAtMost(REQUEST) })
  expect(outcome.cost.amount).toBeGreaterThan(COST.amount)
})

test('nobody listens there: it is down and cost nothing', async () => {
  const { server, model } = await asking('openai', () => openAi.whole({}))
  await server.close()
  expect(await model.generate(REQUEST, { signal: signal() })).toMatchObject({
    kind: 'failed',
    why: 'down',
    cost: { amount: 0, known: true },
  })
})

test('turned away with a time to wait, it comes again after that time and no sooner', async () => {
  const { server, model } = await asking('openai', (_, nth) =>
    nth === 1
      ? openAi.error(429, 'slow down', { 'retry-after': '7' })
      : openAi.whole({ text: 'Now.', usage: USAGE }),
  )
  const patient = retrying(model, { triesMax: 2, pauseMs: 100, pauseMaxMs: 1_000, clock, random: () => 0 })
  const started = clock.now()
  const asked = patient.generate(REQUEST, { signal: signal() })
  await server.sent(1)
  await server.left(1)
  while (server.asked.length === 1) {
    clock.advance(1_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(clock.now() - started).toBeGreaterThanOrEqual(7_000)
  expect(await asked).toMatchObject({ kind: 'answered', text: 'Now.', cost: COST })
})
