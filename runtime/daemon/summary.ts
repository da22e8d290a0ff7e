/** What a run did, at its end. */

import type { Summary as MemorySummary } from '#runtime/memory/port.ts'
import type { Histogram } from '#runtime/telemetry/histogram.ts'
import type { Tally } from '#runtime/telemetry/tally.ts'
import { clip, duration, type Paint } from './paint.ts'

export interface RunFigures {
  readonly tally: Tally
  readonly judging: Histogram
  readonly turns: Histogram
  readonly memory: MemorySummary
  readonly conversations: number
  readonly seconds: number
  readonly log: string
  readonly memoryPlace: string
  readonly recovered: number
}

export function summaryLines(figures: RunFigures, paint: Paint, width: number): string[] {
  const { tally, judging, turns } = figures
  const rows: [string, string][] = [
    ['conversations', `${tally.conversationsEnded} of ${figures.conversations} ended`],
    ['steps judged', `${tally.steps} in ${tally.turns} turns`],
    ['judging a step', `p50 ${duration(judging.quantile(0.5))}   p99 ${duration(judging.quantile(0.99))}`],
    [
      'a turn',
      `p50 ${duration(turns.quantile(0.5))}   p99 ${duration(turns.quantile(0.99))}   ${paint.dim('input taken → record durable')}`,
    ],
    ['messages', `${tally.messages} delivered, each once`],
    [
      'commits',
      `${tally.records} records${figures.recovered > 0 ? `, ${figures.recovered} of them from before this start` : ''}`,
    ],
    ['approvals', `${tally.decisions.granted} granted, ${tally.decisions.refused} refused`],
    ...modelRows(tally),
    ['time', `${figures.seconds.toFixed(1)} s`],
    ['log', figures.log],
    ['shared memory', memoryLine(figures)],
  ]
  const lines = [
    '',
    paint.bold('What the fleet did'),
    ...rows.map(([name, value]) => `  ${paint.dim(name.padEnd(16))}${value}`),
  ]
  const checks = Array.from(tally.checks.values()).sort((a, b) => weight(b) - weight(a))
  if (checks.length > 0) {
    lines.push(
      '',
      paint.bold('Verdicts by rule'),
      paint.dim('  denied  asked  repaired  warned  shadow   rule'),
    )
    for (const check of checks) {
      const counts = [
        cell(check.denied, 8, paint.red),
        cell(check.asked, 7, paint.yellow),
        cell(check.repaired, 10, paint.cyan),
        cell(check.warned, 8, paint.magenta),
        cell(check.shadow, 8, paint.dim),
      ]
      lines.push(
        `${counts.join('')}   ${paint.bold(check.check)}  ${paint.dim(clip(check.example, Math.max(10, width - 48 - check.check.length)))}`,
      )
    }
  }
  return lines
}

/** One line a model; none where nothing was spent. */
function modelRows({ spending }: Tally): [string, string][] {
  return Array.from(spending.by, ([model, { calls, amount, tokens, latency }], at) => {
    const money = amount === 0 ? '' : `   cost ${amount}`
    const took =
      latency.max === 0
        ? ''
        : `   p50 ${duration(latency.quantile(0.5) * MS)}   p99 ${duration(latency.quantile(0.99) * MS)}`
    return [at === 0 ? 'models' : '', `${model}: ${calls} calls, ${tokens} tokens${money}${took}`]
  })
}

/** `duration` takes nanoseconds. */
const MS = 1_000_000

function weight(check: {
  denied: number
  asked: number
  repaired: number
  warned: number
  shadow: number
}): number {
  return check.denied * 4 + check.asked * 3 + check.repaired * 2 + check.warned + check.shadow * 0.5
}

function cell(count: number, width: number, colour: (text: string) => string): string {
  const text = String(count || '·').padStart(width)
  return count === 0 ? text : colour(text)
}

function memoryLine(figures: RunFigures): string {
  const { memory } = figures
  if (memory.kind === 'failed') return `could not be read: ${memory.cause.message}`
  const lines = (rows: readonly { name: string; live: number }[]) =>
    rows.map((row) => `${row.live} ${row.name}`).join(', ')
  return memory.rows.live === 0
    ? `empty, in ${figures.memoryPlace}`
    : `${memory.rows.live} rows (${lines(memory.byStanding)}; by kind: ${lines(memory.byKind)}) in ${figures.memoryPlace}`
}
