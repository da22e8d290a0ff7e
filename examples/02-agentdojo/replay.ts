/** Judges a recorded run step by step. A refused call has not happened, so what it gave is left out. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Cells } from '#dsl/judge/cells.ts'
import { createJudge } from '#dsl/judge/create.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import type { Reason } from '#dsl/judge/verdict.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { type RecordedEvent, type Suite, stepOf, type Trace } from './traces.ts'

export interface Stopped {
  readonly event: RecordedEvent
  readonly verdict: string
  readonly reasons: readonly Reason[]
}

export function judgeOf(suite: Suite): Judge {
  const file = `${suite}.parapet`
  const { plan, diagnostics } = compile(
    source(readFileSync(join(import.meta.dirname, '../../policies/agentdojo', file), 'utf8'), file),
  )
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => `${file}: ${message}`).join('\n'))
  return createJudge(plan)
}

/** The calls that were denied or put before someone. */
export function stoppedIn(judge: Judge, trace: Trace): Stopped[] {
  const cells = new Cells()
  const stopped: Stopped[] = []
  const refused = new Set<string>()
  for (const event of trace.events) {
    if (event.kind === 'tool_result' && event.call !== undefined && refused.has(event.call)) continue
    const step = stepOf(trace, event)
    if (step === undefined) continue
    const verdict = judge.judge(cells, step)
    cells.settle()
    if (event.kind !== 'tool_call' || verdict.kind === 'allow') continue
    if (event.call !== undefined) refused.add(event.call)
    stopped.push({ event, verdict: verdict.kind, reasons: verdict.reasons })
  }
  return stopped
}
