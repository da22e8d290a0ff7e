/** A candidate over the fleet's own log: which recorded verdicts would have been others. */
import { createJudge } from '#dsl/judge/create.ts'
import type { Json } from '#dsl/judge/step.ts'
import type { Plan } from '#dsl/plan/plan.ts'
import { Diff, type DiffReport } from '#runtime/traces/diff.ts'
import { readFleetLog } from '#runtime/traces/fleet-log.ts'
import { Judges } from './judges.ts'
import type { Place } from './place.ts'
import type { Problem } from './problem.ts'
import { readRecords, walkTurns } from './read-log.ts'

/** Turns looked at, the newest of those that are kept. */
export const BACKTEST_TURNS_MAX = 200_000
const EXAMPLES = 3

export type Backtested = { readonly kind: 'backtested'; readonly report: DiffReport } | Problem

export async function backtest(
  place: Place,
  standing: string,
  candidate: Plan,
  natsUrl: string | undefined,
  natsProgram: string | undefined,
): Promise<Backtested> {
  const before = new Judges(place).of(standing)
  if (before.kind === 'problem') return before
  const opened = await readRecords(place, natsUrl, natsProgram)
  if (opened.kind === 'problem') return opened
  const turns: { readonly value: Json; readonly line: number }[] = []
  try {
    for await (const { record, turn } of walkTurns(opened)) {
      const value: Json = JSON.parse(JSON.stringify({ partition: record.partition, ...turn }))
      turns.push({ value, line: turns.length + 1 })
      if (turns.length >= 2 * BACKTEST_TURNS_MAX) turns.splice(0, BACKTEST_TURNS_MAX)
    }
  } finally {
    await opened.close()
  }
  const diff = new Diff(before.judge, createJudge(candidate), EXAMPLES)
  const documents = turns.slice(-BACKTEST_TURNS_MAX)
  for (const each of readFleetLog({ file: place.dir, documents, problems: [] }).conversations) diff.add(each)
  return { kind: 'backtested', report: diff.report() }
}
