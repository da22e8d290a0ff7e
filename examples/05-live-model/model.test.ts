/** The desk with a real provider's wire on loopback: words, refusals, failures and budgets, as the log has them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { JsonObject } from '#dsl/judge/step.ts'
import { systemClock } from '#runtime/daemon/clock.ts'
import { startFleet } from '#runtime/fleet/fleet.fixture.ts'
import { liveModel } from '#runtime/models/live.ts'
import { modelSource } from '#runtime/models/source.ts'
import { openAi, type Reply, type WireServer, wireServer } from '#runtime/models/wires.fixture.ts'
import { desk } from './desk.ts'

// The fixture's policy has a name of its own.
const POLICY = readFileSync(join(import.meta.dirname, 'desk.parapet'), 'utf8').replace(
  /^policy .*\nowner .*\n/,
  '',
)
const PRICES = { m: { inputPerMillion: 100, outputPerMillion: 1_000 } }

const open: WireServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function asking(reply: Reply) {
  const server = await wireServer(() => reply)
  open.push(server)
  const model = await liveModel({
    env: { PARAPET_MODEL: `${server.url}#m`, PARAPET_MODEL_KEY: 'k' },
    prices: PRICES,
    clock: systemClock(),
    random: () => 0,
  })
  const answers: JsonObject[] = []
  let heard = Promise.withResolvers<void>()
  const under = await startFleet({
    policy: POLICY,
    agents: { desk: { machine: desk } },
    world: {
      sources: { model: modelSource(model!) },
      outside: {
        customer(fields) {
          answers.push(fields)
          heard.resolve()
        },
      },
    },
  })
  const ask = async (conversation: string) => {
    heard = Promise.withResolvers()
    await under.tell(conversation, 'desk', 'question', { text: 'How long does it take?' })
    await heard.promise
    await under.settle()
  }
  return { under, server, answers, ask }
}

const USAGE = { input: 100, output: 10 }

test('what the model says is answered, and what it cost is in the log', async () => {
  const { under, answers, ask, server } = await asking(openAi.stream({ text: 'Two days.', usage: USAGE }))
  await ask('c1')
  expect(answers).toEqual([{ text: 'Two days.' }])
  expect(server.asked[0]?.headers.authorization).toBe('Bearer k')
  expect(under.turns('c1/desk').map(({ input }) => input)).toContainEqual(
    expect.objectContaining({ kind: 'result', spent: { amount: 0.02, tokens: 110 } }),
  )
})

test('sentences go out one by one; one the policy does not let out ends the answer, and the model is told to stop', async () => {
  const text = 'Two days. We GUARANTEE it. Honestly.'
  const streamed = openAi.stream({ text, usage: USAGE }, 6, 'silence')
  const { answers, ask, server } = await asking(streamed)
  await ask('c1')
  await server.left(1)
  expect(answers).toEqual([{ text: 'Two days. ' }, { text: 'A colleague will answer you today.' }])
})

test('words the policy does not let out are replaced by the desk’s own', async () => {
  const { answers, ask } = await asking(openAi.whole({ text: 'We GUARANTEE it.', usage: USAGE }))
  await ask('c1')
  expect(answers).toEqual([{ text: 'A colleague will answer you today.' }])
})

test('a model that refuses is done without; what it cost is known when its sentences are out', async () => {
  const refused = await asking(openAi.error(400, 'no such model'))
  await refused.ask('c1')
  expect(refused.answers).toEqual([{ text: 'A colleague will answer you today.' }])
  const dear = await asking(openAi.stream({ text: 'Two days.', usage: USAGE }))
  for (let i = 0; i < 3; i++) await dear.ask('c1')
  expect(dear.answers.map(({ text }) => text)).toEqual([
    'Two days.',
    'Two days.',
    'Two days.',
    'A colleague will answer you today.',
  ])
})
