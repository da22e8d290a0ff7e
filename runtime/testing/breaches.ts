/** What came about in a run, judged by another policy: of what the agents did, what does it speak against? */
import { judgeConversation } from '#runtime/traces/judge-conversation.ts'
import { stepsOf } from './happened.ts'
import type { Run } from './run.ts'
import { judgeOf } from './subject.ts'

const STOPS = new Set(['deny', 'quarantine', 'ask'])

/** One line each; empty when the policy is kept. Obligations still owed at the end are breaches too. */
export function breachesOf(run: Run, policy: string): string[] {
  const judge = judgeOf(policy)
  return Array.from(stepsOf(run.records)).flatMap(([conversation, steps]) => {
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
