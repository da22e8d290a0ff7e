/** What a constraint may have detectors look at, and what that costs at most: once for each different question. */
import { showDuration } from './bounds.ts'
import type { Expr } from './expression.ts'
import { type Consistency, type Flow, MICRO, type Rule } from './plan.ts'

type Score = Expr & { op: 'score' }

/** `injection and grounding, within 2 seconds each, at most 0.001 USD a step`; undefined when it asks none. */
export function looksOf(constraint: Rule | Consistency | Flow): string | undefined {
  const asked = new Map<string, Score>()
  collect(constraint, asked)
  const scores = Array.from(asked.values())
  if (scores.length === 0) return undefined
  const names = Array.from(new Set(scores.map(({ detector }) => detector))).sort()
  const costs = new Map<string, number>()
  for (const { cost, currency } of scores)
    if (currency !== undefined && cost > 0) costs.set(currency, (costs.get(currency) ?? 0) + cost)
  const dear = Array.from(costs, ([currency, cost]) => `at most ${cost / MICRO} ${currency} a step`)
  const withinMs = Math.max(...scores.map((score) => score.withinMs))
  return [`asks ${names.join(' and ')}`, `within ${showDuration(withinMs)}`, ...dear].join(', ')
}

function collect(node: unknown, into: Map<string, Score>): void {
  if (typeof node !== 'object' || node === null) return
  if (isScore(node)) {
    const { span: _, ...question } = node
    into.set(
      JSON.stringify(question, (key, value: unknown) => (key === 'span' ? undefined : value)),
      node,
    )
  }
  for (const inner of Object.values(node)) collect(inner, into)
}

function isScore(node: object): node is Score {
  return 'op' in node && node.op === 'score'
}
