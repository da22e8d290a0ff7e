/** What comes when nobody waits for it any more: nothing comes of it, and what it cost was spent. */
import { expect, test } from 'vitest'
import { setup } from 'xstate'
import { effects, source } from '#agents/effects.ts'
import type { Json } from '#dsl/judge/step.ts'
import type { Outcome, SourceExecutor } from './definition.ts'
import { startFleet } from './fleet.fixture.ts'
import { replayed } from './replay.fixture.ts'

const POLICY = `message question { text: text }
message enough { text: text }
agent teller { may spawn words  may answer customer by sentence  at most 0.10 USD per conversation }
rule "No oaths" { when teller answers, and text contains "swear" then deny because "manners" }
`

const teller = setup({
  types: {} as { events: { type: string; [field: string]: Json } },
  actions: effects,
  actors: { words: source<string>() },
}).createMachine({
  id: 'teller',
  initial: 'idle',
  states: {
    idle: { on: { question: 'telling' } },
    telling: {
      invoke: { src: 'words', onDone: 'idle', onError: 'idle' },
      on: {
        'parapet.part': {
          actions: {
            type: 'answer',
            params: ({ event }) => ({ to: 'customer', fields: { text: String(event['value']) } }),
          },
        },
        enough: 'idle',
        'parapet.denied': 'idle',
      },
    },
  },
})

const SPENT = { amount: 0.06, tokens: 100 }

/** A model that is under way until somebody stops it, and then says what that has cost. */
const endless: SourceExecutor = (_, { signal, parts }) => {
  parts?.say('I swear.')
  return new Promise<Outcome>((resolve) => {
    signal.addEventListener('abort', () => resolve({ kind: 'failed', error: 'cut', spent: SPENT }))
  })
}
const quick: SourceExecutor = (_, { parts }) => {
  parts?.say('I swear.')
  return { kind: 'ok', value: 'I swear.', spent: SPENT }
}
const silent: SourceExecutor = (input, { parts: _, ...context }) => endless(input, context)

test.each([
  ['an answer that was broken off for what it said', endless, 'denied'],
  ['an answer that had come by then', quick, 'denied'],
  ['an answer that came to no end in time', silent, 'deadline'],
  ['an answer that nobody wants any more', silent, 'enough'],
] as const)('%s is paid for, and the budget ends', async (_, words, ending) => {
  const under = await startFleet({
    policy: POLICY,
    agents: { teller: { machine: teller } },
    executors: { words: { timeoutMs: 1_000 } },
    world: { sources: { words }, outside: { customer: () => {} } },
  })
  const quiet = async () => {
    for (let i = 0; i < 20; i++) await new Promise(setImmediate)
  }
  for (let n = 0; n < 3; n++) {
    const asked = under.tell('c1', 'teller', 'question', { text: 'Well?' })
    await quiet()
    if (ending === 'deadline') await under.pass(1_000)
    if (ending === 'enough') await under.tell('c1', 'teller', 'enough', { text: '' })
    await asked
  }
  const turns = under.turns('c1/teller')
  const spent = turns.flatMap(({ input }) => ('spent' in input && input.spent ? [input.spent] : []))
  expect(spent).toEqual([SPENT, SPENT])
  const reasons = turns.flatMap(({ judged = [] }) => judged.flatMap(({ verdict }) => verdict.reasons))
  expect(reasons.at(-1)?.found).toBe('0.12 USD spent already, at most 0.10 USD')
  expect(replayed(under.records, () => under.judge).differences).toEqual([])
})
