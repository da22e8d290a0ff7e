/** The figures of a daemon in Prometheus' text format (version 0.0.4). */
import type { Spender } from '#runtime/telemetry/spending.ts'
import type { Tally } from '#runtime/telemetry/tally.ts'
import type { DaemonStatus } from './asks.ts'

export function metricsText(status: DaemonStatus, tally: Tally): string {
  const page = new Page()
  page.one('parapet_up', 'gauge', '1 when the daemon is ready.', status.health === 'ready' ? 1 : 0)
  page.one('parapet_partitions_owned', 'gauge', 'Partitions this daemon owns.', status.partitions.length)
  page.one('parapet_partitions', 'gauge', 'Partitions of the fleet.', status.partitionsAll)
  page.one('parapet_records_total', 'counter', 'Commit records read or written.', tally.records)
  page.one('parapet_steps_total', 'counter', 'Steps judged.', tally.steps)
  page.one('parapet_messages_total', 'counter', 'Messages taken.', tally.messages)
  page.many('parapet_turns_total', 'counter', 'Turns by outcome.', 'outcome', tally.outcomes)
  page.many('parapet_decisions_total', 'counter', 'Decisions on asks.', 'decision', tally.decisions)
  page.many('parapet_conversations', 'gauge', 'Conversations.', 'state', status.conversations)
  page.many('parapet_agents', 'gauge', 'Agents of open conversations.', 'state', status.agents)
  page.one('parapet_dead_letters', 'gauge', 'Inputs put aside as undoable.', status.deadLetters)
  page.one(
    'parapet_overdue_holds',
    'gauge',
    'Steps whose outcome a person has to look at.',
    status.overdueHolds,
  )
  page.many('parapet_waiting', 'gauge', 'What waits.', 'what', status.waiting)
  const denied = Array.from(tally.checks.values(), (check) => [check.check, check.denied] as const)
  page.many('parapet_denials_total', 'counter', 'Denials by check.', 'check', Object.fromEntries(denied))
  const { by } = tally.spending
  const of = (figure: (spender: Spender) => number) =>
    Object.fromEntries(Array.from(by, ([model, spender]) => [model, figure(spender)]))
  const models = (name: string, help: string, figure: (spender: Spender) => number) =>
    page.many(name, 'counter', help, 'model', of(figure))
  models('parapet_model_calls_total', 'Answers of models, and looks of detectors.', ({ calls }) => calls)
  models('parapet_model_tokens_total', 'Tokens spent.', ({ tokens }) => tokens)
  models(
    'parapet_model_cost_total',
    'Money spent, in the unit of the fleet’s prices.',
    ({ amount }) => amount,
  )
  for (const [quantile, share] of [
    ['median', 0.5],
    ['p99', 0.99],
  ] as const)
    page.many(
      `parapet_model_latency_${quantile}_seconds`,
      'gauge',
      `How long answers took, ${quantile}.`,
      'model',
      of(({ latency }) => latency.quantile(share) / 1_000),
    )
  return page.text
}

class Page {
  text = ''

  one(name: string, type: 'gauge' | 'counter', help: string, value: number): void {
    this.#head(name, type, help)
    this.text += `${name} ${value}\n`
  }

  many(
    name: string,
    type: 'gauge' | 'counter',
    help: string,
    label: string,
    values: Readonly<Record<string, number>>,
  ): void {
    this.#head(name, type, help)
    for (const [key, value] of Object.entries(values))
      this.text += `${name}{${label}="${escaped(key)}"} ${value}\n`
  }

  #head(name: string, type: string, help: string): void {
    this.text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
  }
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
