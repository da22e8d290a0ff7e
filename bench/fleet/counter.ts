/** The fleet that is measured: one small machine under three rules and two counts. */
import { assign, setup } from 'xstate'
import { createJudge } from '#dsl/judge/create.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { systemClock, systemStopwatch } from '#runtime/daemon/clock.ts'
import type { FleetDeps } from '#runtime/fleet/fleet.ts'
import { inMemory } from '#runtime/memory/in-memory.ts'

const policyText = `policy "Bench" version 1
message tick { amount: money in USD, at least 0 USD, note: text, sent: number }
agent counter { may receive tick from client  at most 1_000_000_000 steps per conversation }
rule "No large ticks" { when counter receives tick and amount > 500 USD then deny }
rule "No shouting" { when counter receives tick and note contains "!!!" then deny }
rule "No card numbers" { when counter receives tick and note contains card_number then redact card_number in note }
consistency "Count" { counter receives tick at most 1_000_000_000 times }
consistency "Budget" { total amount of (counter receives tick) at most 1_000_000_000 USD }
`

function benchJudge(): Judge {
  const compiled = compile(source(policyText, 'bench.parapet'))
  if (!compiled.plan) throw new Error(JSON.stringify(compiled.diagnostics))
  return createJudge(compiled.plan)
}

const counter = setup({
  types: {} as {
    context: { count: number; total: number }
    events: { type: 'tick'; amount: number; note: string }
  },
}).createMachine({
  id: 'counter',
  context: { count: 0, total: 0 },
  initial: 'counting',
  states: {
    counting: {
      on: {
        tick: {
          actions: assign(({ context, event }) => ({
            count: context.count + 1,
            total: context.total + event.amount,
          })),
        },
      },
    },
  },
})

/** It has no tools and keeps nothing but its log. Stops the process when a partition stops unasked. */
export function counting(name: string, own: Pick<FleetDeps, 'log' | 'writer' | 'onCommit'>): FleetDeps {
  const world = { tools: {} }
  return {
    definition: { name, policy: '', agents: { counter: { machine: counter } }, world: () => world },
    judge: benchJudge(),
    world,
    memory: inMemory(),
    clock: systemClock(),
    stopwatch: systemStopwatch,
    measured: { judging: () => {}, turn: () => {} },
    checkPurity: false,
    onRecovered: () => {},
    onStop: (_partition, reason) => {
      if (reason.kind !== 'closed') throw new Error(JSON.stringify(reason))
    },
    ...own,
  }
}
