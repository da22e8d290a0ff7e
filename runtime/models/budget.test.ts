/** A model as a tool, on a provider's wire: its cost is reserved before it is asked and settled by what it was. */
import { afterEach, expect, test } from 'vitest'
import { setup } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { isObject } from '#dsl/judge/values.ts'
import { actions } from '#runtime/fleet/desk.fixture.ts'
import { ManualClock, startFleet } from '#runtime/fleet/fleet.fixture.ts'
import { replayed } from '#runtime/fleet/replay.fixture.ts'
import { fromJsonSchema } from '#runtime/tools/schema.ts'
import { executorsOf } from '#runtime/tools/tool.ts'
import { aiSdkModel } from './ai-sdk.ts'
import { providerModel } from './live.ts'
import type { ModelRequest } from './model.ts'
import { modelTool } from './source.ts'
import { openAi, type Reply, type WireServer, wireServer } from './wires.fixture.ts'

const open: WireServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

const POLICY = `
tool ask_model(prompt: text, cost: money in USD) returns { text: text } { external, settles cost by spends }
message question { text: text, cost: number }
agent clerk { may receive question from customer  may call ask_model  may answer customer }
consistency "Conversation" { total cost of ask_model at most 0.30 USD }
consistency "Day" { across the fleet  total cost of ask_model at most 0.50 USD per calendar day in "UTC" }
`

const clerk = setup({
  types: {} as { events: { type: string; [field: string]: Json } },
  actions,
}).createMachine({
  on: {
    question: {
      actions: {
        type: 'call',
        params: ({ event }) => ({ tool: 'ask_model', args: { prompt: event['text'], cost: event['cost'] } }),
      },
    },
    'parapet.result': {
      actions: { type: 'answer', params: { to: 'customer', fields: { text: 'answered' } } },
    },
    'parapet.failed': {
      actions: {
        type: 'answer',
        params: { to: 'customer', fields: { text: 'failed' } },
      },
    },
    'parapet.denied': { actions: { type: 'answer', params: { to: 'customer', fields: { text: 'denied' } } } },
  },
})

/** A token in costs a millionth, one out a thousandth. */
const PRICE = { inputPerMillion: 1, outputPerMillion: 1_000 }
const requestOf = (prompt: string): ModelRequest => ({
  messages: [{ role: 'user', text: prompt }],
  tokensMax: 100,
})

async function desk(reply: Reply) {
  const server = await wireServer(() => reply)
  open.push(server)
  const provider = await providerModel({ wire: 'openai', baseUrl: server.url, id: 'm' })
  const model = aiSdkModel({ model: provider, price: PRICE, clock: new ManualClock(0) })
  const tool = modelTool({
    name: 'ask_model',
    description: 'Asks the model.',
    takes: fromJsonSchema({
      type: 'object',
      properties: { prompt: { type: 'string' }, cost: { type: 'number' } },
      required: ['prompt', 'cost'],
    }),
    model,
    request: (args) => requestOf(isObject(args) ? String(args['prompt']) : ''),
  })
  const said: Json[] = []
  let heard = Promise.withResolvers<void>()
  const customer = ({ text = null }: JsonObject) => {
    said.push(text)
    heard.resolve()
  }
  const under = await startFleet({
    policy: POLICY,
    agents: { clerk: { machine: clerk } },
    world: { tools: executorsOf([tool]), outside: { customer } },
  })
  const ask = async (conversation: string) => {
    const cost = model.costAtMost(requestOf('How long?')).amount
    heard = Promise.withResolvers()
    await under.tell(conversation, 'clerk', 'question', { text: 'How long?', cost })
    await heard.promise
    await under.settle()
  }
  return { under, server, said, ask }
}

const cheap = openAi.whole({ text: 'Two days.', usage: { input: 1_000, output: 9 } })

test('what was reserved and not spent may be spent again', async () => {
  const { under, said, ask } = await desk(cheap)
  // At most 0.1 a call: three would be reserved at once; each costs a hundredth.
  for (let i = 0; i < 12; i++) await ask('c1')
  expect(said).toEqual(Array(12).fill('answered'))
  expect(replayed(under.records, () => under.judge).differences).toEqual([])
})

test('when the budget does not reach for the most it could cost, nobody asks the model', async () => {
  const { server, said, ask } = await desk(
    openAi.whole({ text: 'Two days.', usage: { input: 1_000, output: 90 } }),
  )
  for (let i = 0; i < 4; i++) await ask('c1')
  expect(said).toEqual(['answered', 'answered', 'answered', 'denied'])
  expect(server.asked).toHaveLength(3)
})

test('what was refused cost nothing, and an answer that was cut all that was reserved', async () => {
  const refused = await desk(openAi.error(400, 'no such field'))
  for (let i = 0; i < 5; i++) await refused.ask('c1')
  expect(refused.said).toEqual(Array(5).fill('failed'))
  const cut = await desk({ parts: ['{"choices": [{'], ending: 'cut' })
  for (let i = 0; i < 3; i++) await cut.ask('c1')
  expect(cut.said).toEqual(['failed', 'failed', 'denied'])
  expect(cut.server.asked).toHaveLength(2)
  expect(replayed(cut.under.records, () => cut.under.judge).differences).toEqual([])
})

test('a budget across the fleet is settled as well, and denies other conversations when it is out', async () => {
  const { server, said, ask } = await desk(
    openAi.whole({ text: 'Two days.', usage: { input: 1_000, output: 90 } }),
  )
  for (let i = 1; i <= 6; i++) await ask(`c${i}`)
  expect(said).toEqual([...Array(5).fill('answered'), 'denied'])
  expect(server.asked).toHaveLength(5)
})
