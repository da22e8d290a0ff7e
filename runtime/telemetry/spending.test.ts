import { expect, test } from 'vitest'
import type { Input, TurnOutcome, TurnRecord } from '#runtime/fleet/record.ts'
import { DETECTORS, NO_ANSWER, Spending } from './spending.ts'

const turn = (input: Input, outcome: TurnOutcome = 'passed'): TurnRecord => ({
  agent: 'c1/clerk',
  turn: 1,
  at: 0,
  input,
  outcome,
  steps: 1,
  changes: [],
})
const answer = (model: string, latencyMs: number, amount: number): Input => ({
  kind: 'result',
  intent: 'p0.1.0',
  value: { text: 'Yes.', model, latencyMs },
  spent: { amount, tokens: 10 },
})

test('money, tokens and time are counted by model, failures and detectors among them', () => {
  const spending = new Spending()
  const looked = { pending: 'p0.2.0', spent: { amount: 0.0001, tokens: 5 } }
  for (const one of [
    turn(answer('small', 200, 0.1)),
    turn(answer('small', 400, 0.2)),
    turn(answer('large', 900, 1.5)),
    // Put aside: it comes again.
    turn(answer('small', 200, 0.1), 'deferred'),
    turn({ kind: 'failure', intent: 'p0.3.0', error: 'late', spent: { amount: 0.5, tokens: 100 } }),
    turn({ kind: 'failure', intent: 'p0.3.1', error: 'refused', spent: { amount: 0, tokens: 0 } }),
    turn({
      kind: 'found',
      evidence: { 'gloom:1': { kind: 'found', value: { score: 0.1, model: 'small' } } },
      ...looked,
    }),
    turn({ kind: 'found', evidence: { 'gloom:2': { kind: 'failed', why: 'late' } }, ...looked }),
    turn({ kind: 'result', intent: 'p0.4.0', value: { model: 'a car' } }),
  ])
    spending.add(one)
  const rows = Array.from(spending.by, ([model, { calls, amount, tokens, latency }]) => [
    model,
    calls,
    amount,
    tokens,
    latency.max,
  ])
  expect(rows).toEqual([
    ['small', 3, 0.3001, 25, 400],
    ['large', 1, 1.5, 10, 900],
    [NO_ANSWER, 1, 0.5, 100, 0],
    [DETECTORS, 1, 0.0001, 5, 0],
  ])
})
