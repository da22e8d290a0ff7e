import { expect, test } from 'vitest'
import { setup } from 'xstate'
import { effects } from '#agents/effects.ts'
import type { Json } from '#dsl/judge/step.ts'
import { simulate } from './simulate.ts'
import { fleetOf } from './subject.ts'

const clerk = setup({
  types: {} as { events: { type: string; [field: string]: Json } },
  actions: effects,
}).createMachine({
  on: {
    ask: {
      actions: {
        type: 'answer',
        params: ({ event }) => ({ to: 'customer', fields: { text: event['text'] ?? '' } }),
      },
    },
  },
})

const desk = fleetOf(
  {
    name: 'desk',
    agents: { clerk: { machine: clerk } },
    world: () => ({ tools: {}, outside: { customer: () => {} } }),
  },
  `policy "Desk" version 1
   message ask { text: text }
   agent clerk { may receive ask from customer  may answer customer }
   rule "Nothing of refunds" { when clerk answers and text is about "a refund of money" then deny because "Manual 9" }`,
)

const TOLD = ['Your money comes back.', 'The sun shines.'].map((text, i) => ({
  atMs: 1_000 + i,
  conversation: `c${i}`,
  to: 'clerk',
  from: 'customer',
  message: 'ask',
  fields: { text },
}))

test('runs that ask what texts mean share one model on one thread, and are the same again', async () => {
  const threads: number[] = []
  const count = ({ threadId }: { threadId: number }) => threads.push(threadId)
  process.on('worker', count)
  try {
    const runs = await Promise.all(
      [1, 1, 2].map((seed) => simulate(desk, { seed, faults: 'none', told: TOLD })),
    )
    for (const run of runs) expect(run.faults).toEqual([])
    for (const run of runs) expect(run.turns.length).toBeGreaterThan(0)
    expect(runs[0]!.records).toEqual(runs[1]!.records)
    expect(threads).toHaveLength(1)
  } finally {
    process.off('worker', count)
  }
})
