import { expect, test } from 'vitest'
import { Tally } from '#runtime/telemetry/tally.ts'
import type { DaemonStatus } from './asks.ts'
import { metricsText } from './metrics.ts'

const STATUS: DaemonStatus = {
  fleet: 'desk',
  daemon: 'd1',
  version: '0',
  pid: 1,
  health: 'ready',
  policy: '',
  log: 'memory',
  startedAt: '2026-11-22T00:00:00Z',
  partitions: [0],
  partitionsAll: 1,
  conversations: { open: 1, ended: 0 },
  agents: { active: 1, parked: 0, stopped: 0 },
  waiting: { approvals: 0, intents: 0, unsent: 0 },
  overdueHolds: 0,
  deadLetters: 0,
  turns: 0,
  records: 0,
}

test('what models cost is told by model', () => {
  const tally = new Tally()
  tally.spending.add({
    agent: 'c1/clerk',
    turn: 1,
    at: 0,
    input: {
      kind: 'result',
      intent: 'p0.1.0',
      value: { model: 'any/"m"', latencyMs: 1_500 },
      spent: { amount: 0.25, tokens: 40 },
    },
    outcome: 'passed',
    steps: 1,
    changes: [],
  })
  const text = metricsText(STATUS, tally)
  const figures = [
    ['calls_total', 1],
    ['tokens_total', 40],
    ['cost_total', 0.25],
    ['latency_p99_seconds', 1.5],
  ]
  for (const [name, value] of figures)
    expect(text).toContain(`parapet_model_${name}{model="any/\\"m\\""} ${value}\n`)
})
