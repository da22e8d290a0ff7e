/** What a source says before it is done: judged as it comes, once, in order, and not said again after a crash. */
import { expect, test } from 'vitest'
import { assign, setup } from 'xstate'
import { effects, source } from '#agents/effects.ts'
import type { Json } from '#dsl/judge/step.ts'
import { memoryBroker } from '#runtime/log/memory.ts'
import type { Outcome, SourceExecutor } from './definition.ts'
import { PARTS_MAX } from './executors.ts'
import { type FleetSetup, ManualClock, NOON, startFleet } from './fleet.fixture.ts'

const POLICY = `message question { text: text }
agent teller { may spawn words  may answer customer by sentence }
rule "No oaths" { when teller answers, and text contains "swear" then deny because "manners" }
`

const teller = setup({
  types: {} as { context: { heard: string[] }; events: { type: string; [field: string]: Json } },
  actions: effects,
  actors: { words: source<string>() },
}).createMachine({
  id: 'teller',
  context: { heard: [] },
  initial: 'idle',
  states: {
    idle: { on: { question: 'telling' } },
    telling: {
      invoke: { src: 'words', onDone: 'done', onError: 'broken' },
      on: {
        'parapet.part': {
          actions: [
            assign({ heard: ({ context, event }) => [...context.heard, String(event['value'])] }),
            {
              type: 'answer',
              params: ({ event }) => ({ to: 'customer', fields: { text: String(event['value']) } }),
            },
          ],
        },
        'parapet.denied': 'idle',
      },
    },
    done: {},
    broken: {},
  },
})

interface Telling extends Partial<FleetSetup> {
  readonly onAnswer?: (count: number) => void
}

async function telling(words: SourceExecutor, { onAnswer = () => {}, ...setup }: Telling = {}) {
  // By key, as whoever is answered has to tell apart what is delivered again.
  const answers = new Map<string, Json | undefined>()
  const under = await startFleet({
    policy: POLICY,
    agents: { teller: { machine: teller } },
    world: {
      sources: { words },
      outside: { customer: ({ text }, { key }) => onAnswer(answers.set(key, text).size) },
    },
    ...setup,
  })
  const state = () => under.fleet.stateOf(1).agent('c1/teller')?.packed['value']
  return { under, answers, said: () => [...answers.values()], state }
}

const ok: Outcome = { kind: 'ok', value: 'all of it' }

test('parts come in order before the result, each judged by itself', async () => {
  const { under, said, state } = await telling((_, { parts }) => {
    for (const part of ['One.', 'Two.', 'Three.']) parts?.say(part)
    return ok
  })
  await under.tell('c1', 'teller', 'question', { text: 'Well?' })
  expect(said()).toEqual(['One.', 'Two.', 'Three.'])
  expect(state()).toBe('done')
})

test('after one that is denied none is heard', async () => {
  const { under, said, state } = await telling((_, { parts }) => {
    for (const part of ['One.', 'I swear.', 'Three.']) parts?.say(part)
    return ok
  })
  await under.tell('c1', 'teller', 'question', { text: 'Well?' })
  expect(said()).toEqual(['One.'])
  expect(state()).toBe('idle')
})

test('without `by sentence` a source cannot speak before it is done', async () => {
  const seen: unknown[] = []
  const { under, state } = await telling(
    (_, { parts }) => {
      seen.push(parts)
      return ok
    },
    { policy: POLICY.replace(' by sentence', '') },
  )
  await under.tell('c1', 'teller', 'question', { text: 'Well?' })
  expect([seen, state()]).toEqual([[undefined], 'done'])
})

test('a source that says too much, or what is no JSON, has failed', async () => {
  const { under, said, state } = await telling((_, { parts }) => {
    for (let n = 0; n <= PARTS_MAX; n++) parts?.say(`${n}`)
    return ok
  })
  await under.tell('c1', 'teller', 'question', { text: 'Well?' })
  expect(said()).toHaveLength(PARTS_MAX)
  expect(state()).toBe('broken')
})

test('after a crash a source knows how much was heard, and what it says next follows that', async () => {
  const broker = memoryBroker()
  const clock = new ManualClock(NOON)
  const spoken = Promise.withResolvers<void>()
  const first = await telling(
    (_, { parts }) => {
      parts?.say('One.')
      parts?.say('Two.')
      return new Promise(() => {})
    },
    { broker, clock, onAnswer: (count) => count === 2 && spoken.resolve() },
  )
  const { inlet } = first.under.fleet
  const asks = { source: 'client', seq: 1, conversation: 'c1', to: 'teller', from: 'customer' }
  await inlet.tell({ ...asks, message: 'question', fields: { text: 'Well?' } })
  await spoken.promise
  await first.under.fleet.stop()
  const heard: (number | undefined)[] = []
  const second = await telling(
    (_, { parts }) => {
      heard.push(parts?.heard)
      parts?.say('Three.')
      return ok
    },
    { broker, clock, writer: 'w2' },
  )
  await second.under.settle()
  expect(heard).toEqual([2])
  expect([...new Map([...first.answers, ...second.answers]).values()]).toEqual(['One.', 'Two.', 'Three.'])
  expect(second.state()).toBe('done')
})
