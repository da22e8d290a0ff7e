/** What came about in a run, judged by another policy: of what the agents did, what does it speak against? */
import type { Step } from '#dsl/judge/step.ts'
import { addressOf } from '#runtime/fleet/address.ts'
import { PartitionState } from '#runtime/fleet/partition-state.ts'
import { happenedIn } from '#runtime/fleet/replay.ts'
import { judgeConversation } from '#runtime/traces/judge-conversation.ts'
import type { Run } from './run.ts'
import { judgeOf } from './subject.ts'

const STOPS = new Set(['deny', 'quarantine', 'ask'])

/** One line each; empty when the policy is kept. Obligations still owed at the end are breaches too. */
export function breachesOf(run: Run, policy: string): string[] {
  const judge = judgeOf(policy)
  return Array.from(stepsOf(run)).flatMap(([conversation, steps]) => {
    const { verdicts, breaches } = judgeConversation(judge, { conversation, steps })
    const stopped = verdicts.flatMap(({ kind, reasons }, i) => {
      if (!STOPS.has(kind)) return []
      const { agent, kind: does, name, fields } = steps[i]!
      const why = reasons.map(({ check, found }) => `${check}: ${found}`).join('; ')
      return [`${conversation}: ${agent} ${does} ${name} ${JSON.stringify(fields)}: ${why}`]
    })
    const owed = breaches.flatMap(({ verdict }) =>
      verdict.reasons.map(({ check, found }) => `${conversation}: ${check}: ${found}`),
    )
    return [...stopped, ...owed]
  })
}

/** Steps that came about, by conversation. */
function stepsOf(run: Run): Map<string, Step[]> {
  const states = new Map<number, PartitionState>()
  const steps = new Map<string, Step[]>()
  for (const record of run.records) {
    const state = states.get(record.partition) ?? new PartitionState()
    states.set(record.partition, state)
    for (const turn of record.turns) {
      const { conversation } = addressOf(turn.agent)
      const all = steps.get(conversation) ?? []
      steps.set(conversation, all)
      all.push(...happenedIn(state, turn))
      state.foldTurn(turn, record.rev)
    }
    state.advance(record)
  }
  return steps
}
