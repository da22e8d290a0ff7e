/** What a model makes of something labelled keeps the label, whoever says it in the end. */
import { expect, test } from 'vitest'
import { assign, setup } from 'xstate'
import { effects, source } from '#agents/effects.ts'
import type { Json } from '#dsl/judge/step.ts'
import { startFleet } from '#runtime/fleet/fleet.fixture.ts'
import type { ModelRequest } from './model.ts'
import { scripted } from './scripted.ts'
import { type ModelAnswer, modelSource } from './source.ts'

const POLICY = `
tool read_record() returns { text: text } { reads only }
tool post(text: text) { external, idempotent }
message go { record: yes or no }
message draft { text: text }
agent reader { may receive go from customer  may call read_record  may spawn model  may send draft to writer }
agent writer { may receive draft from reader  may call post }
flow "Records stay inside" {
  label private on results of read_record
  private never reaches post even reworded
}
`

type Event = { type: string; [field: string]: Json }

const reader = setup({
  types: {} as { context: { read: string }; events: Event },
  actions: effects,
  guards: { record: ({ event }) => event['record'] === true },
  actors: { model: source<ModelAnswer, ModelRequest>() },
}).createMachine({
  id: 'reader',
  context: { read: 'nothing' },
  initial: 'idle',
  states: {
    idle: {
      on: {
        go: [
          { guard: 'record', actions: { type: 'call', params: { tool: 'read_record' } } },
          { target: 'thinking' },
        ],
        'parapet.result': {
          target: 'thinking',
          actions: assign({ read: ({ event }) => JSON.stringify(event['value']) }),
        },
      },
    },
    thinking: {
      invoke: {
        src: 'model',
        input: ({ context }) => ({ messages: [{ role: 'user', text: context.read }], tokensMax: 10 }),
        onDone: {
          target: 'idle',
          actions: {
            type: 'send',
            params: ({ event }) => ({ to: 'writer', message: 'draft', fields: { text: event.output.text } }),
          },
        },
      },
    },
  },
})

const writer = setup({ types: {} as { events: Event }, actions: effects }).createMachine({
  id: 'writer',
  on: {
    draft: {
      actions: {
        type: 'call',
        params: ({ event }) => ({ tool: 'post', args: { text: event['text'] ?? '' } }),
      },
    },
  },
})

test('a summary of what is private is held at the agent that got it in a message', async () => {
  const posted: Json[] = []
  const under = await startFleet({
    policy: POLICY,
    agents: { reader: { machine: reader }, writer: { machine: writer } },
    world: {
      tools: {
        read_record: () => ({ kind: 'ok', value: { text: 'Ada Lovelace, born 10 December 1815, asthma' } }),
        post: ({ text }) => {
          posted.push(text ?? null)
          return { kind: 'ok', value: null }
        },
      },
      sources: { model: modelSource(scripted('m', () => 'One patient has a lung complaint.')) },
    },
  })
  await under.tell('open', 'reader', 'go', { record: false })
  expect(posted).toEqual(['One patient has a lung complaint.'])
  await under.tell('closed', 'reader', 'go', { record: true })
  expect(posted).toHaveLength(1)
  const reasons = under
    .turns('closed/writer')
    .flatMap(({ judged = [] }) => judged.flatMap(({ verdict }) => verdict.reasons))
  expect(reasons.map(({ check }) => check)).toContain('Records stay inside')
})
