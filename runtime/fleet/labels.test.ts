/** A label on its whole way: a row of memory, a model, a message to another conversation, a restart, a tool's call. */
import { afterEach, expect, test } from 'vitest'
import { assign, fromPromise, setup } from 'xstate'
import type { Json } from '#dsl/judge/step.ts'
import { memoryBroker } from '#runtime/log/memory.ts'
import { aRow } from '#runtime/memory/contract.ts'
import { inMemory } from '#runtime/memory/in-memory.ts'
import { actions } from './desk.fixture.ts'
import { type FleetSetup, type FleetUnderTest, startFleet } from './fleet.fixture.ts'

type Event = { type: string; [key: string]: Json }

/** Recalls, has a model say something of it, and sends what that said to whom it was told. */
const reader = setup({
  types: {} as { context: { rows: Json }; events: Event },
  actions: { ...actions, recall: (_: unknown, _p: object) => {} },
  actors: { model: fromPromise<Json, Json>(async () => null) },
}).createMachine({
  id: 'reader',
  context: { rows: [] },
  initial: 'idle',
  states: {
    idle: {
      on: {
        ask: {
          target: 'recalling',
          actions: {
            type: 'recall',
            params: ({ event }) => ({ what: 'note', fields: { text: event['text'] } }),
          },
        },
      },
    },
    recalling: {
      on: {
        'parapet.recalled': {
          target: 'thinking',
          actions: assign({ rows: ({ event }) => event['rows'] ?? [] }),
        },
      },
    },
    thinking: {
      invoke: {
        src: 'model',
        input: ({ context }) => context.rows,
        onDone: {
          target: 'idle',
          actions: {
            type: 'send',
            params: ({ event }) => ({ to: 'c2/filer', message: 'hint', fields: { text: event.output } }),
          },
        },
      },
    },
  },
  on: { 'parapet.denied': {} },
})

/** Posts what a client tells it to. */
const filer = setup({ types: {} as { events: Event }, actions }).createMachine({
  id: 'filer',
  on: {
    hint: {},
    file: {
      actions: {
        type: 'call',
        params: ({ event }) => ({ tool: 'post_public', args: { text: event['text'] } }),
      },
    },
    'parapet.denied': {},
  },
})

const VOCABULARY = `
tool read_diary() { reads only }
tool post_public(text: text) { external }
message ask { text: text }
message file { text: text }
message hint { text: text }
agent reader { may receive ask from customer  may recall  may spawn model  may send hint to filer }
agent filer { may receive hint from reader  may receive file from customer  may call post_public }
`

let under: FleetUnderTest | undefined
afterEach(async () => under?.fleet.stop())

/** The reader has read a private note and written of it to the filer, and the fleet has started anew since. */
async function restarted(flow: string, said: string, labels: readonly string[] = ['private']) {
  const posted: Json[] = []
  const setup: FleetSetup = {
    policy: `${VOCABULARY}\n${flow}`,
    agents: { reader: { machine: reader }, filer: { machine: filer } },
    broker: memoryBroker(),
    memory: inMemory(),
    world: {
      tools: {
        post_public: ({ text }) => {
          posted.push(text ?? null)
          return { kind: 'ok', value: null }
        },
      },
      sources: { model: () => ({ kind: 'ok', value: said }) },
    },
  }
  const before = await startFleet(setup)
  await before.memory.write([
    aRow('n1', { text: 'the code of the vault is 48213377', labels: [...labels], conversation: 'c0' }),
  ])
  await before.tell('c1', 'reader', 'ask', { text: 'vault' })
  expect(before.turns('c2/filer').at(-1)).toMatchObject({ input: { message: 'hint' }, outcome: 'passed' })
  await before.fleet.stop()
  under = await startFleet({ ...setup, writer: 'w2' })
  return { under, posted, hint: before.turns('c2/filer').at(-1)?.input }
}

const BY_VALUE = `flow "Private stays inside" {
  label private on results of read_diary
  private never reaches post_public
}`
const REWORDED = `flow "Private stays inside" {
  label private on results of read_diary
  private never reaches post_public even reworded
}`

test('a value read from a labelled row is stopped at another agent’s tool, in another conversation, after a restart', async () => {
  const { under, posted, hint } = await restarted(BY_VALUE, 'Use the code 48213377, please.')
  expect(hint).toMatchObject({ labels: ['private'] })
  await under.tell('c2', 'filer', 'file', { text: 'nothing of the kind' })
  await under.tell('c2', 'filer', 'file', { text: 'it is 48,213,377' })
  expect(posted).toEqual(['nothing of the kind'])
  const [reason] = under.turns('c2/filer').at(-2)?.judged?.[0]?.verdict.reasons ?? []
  expect(reason?.found).toContain('is private')
})

test('a label that even rewording does not take off goes with every message that is written after reading', async () => {
  const { under, posted } = await restarted(REWORDED, 'Try what the old clock shows.')
  await under.tell('c2', 'filer', 'file', { text: 'anything at all' })
  expect(posted).toEqual([])
})

test('a message made of nothing labelled brings no label along', async () => {
  const { under, posted, hint } = await restarted(BY_VALUE, 'The weather is fine today in Oslo.')
  expect(hint).not.toHaveProperty('labels')
  await under.tell('c2', 'filer', 'file', { text: 'The weather is fine today in Oslo.' })
  expect(posted).toHaveLength(1)
})
