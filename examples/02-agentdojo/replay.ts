/** Judges a recorded run as `parapet audit` does: what was recorded happened, whatever the policy says of it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createJudge } from '#dsl/judge/create.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import type { Reason } from '#dsl/judge/verdict.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { judgeConversation } from '#runtime/traces/judge-conversation.ts'
import { readTraces } from '#runtime/traces/read.ts'
import { voiceFor } from '#runtime/traces/voice.ts'
import type { RecordedEvent, Suite, Trace } from './traces.ts'

export interface Stopped {
  readonly event: RecordedEvent
  readonly verdict: string
  readonly reasons: readonly Reason[]
}

const STARTS_AT = Date.parse('2024-05-15T12:00:00Z')

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
  const chosen = voiceFor(judge.plan, 'assistant', 'customer')
  if (chosen.kind !== 'voice') throw new Error(chosen.message)
  const read = readTraces(JSON.stringify(trace), {
    file: trace.id,
    format: 'events',
    voice: chosen.voice,
    startsAt: STARTS_AT,
  })
  if (read.kind !== 'read') throw new Error(`${trace.id}: ${read.kind}`)
  const [conversation] = read.conversations
  if (conversation === undefined) return []
  const { verdicts } = judgeConversation(judge, conversation)
  const bySeq = new Map(conversation.seqs?.map((seq, place) => [seq, verdicts[place]]))
  return trace.events.flatMap((event): Stopped[] => {
    const verdict = bySeq.get(event.seq)
    if (event.kind !== 'tool_call' || verdict === undefined || verdict.kind === 'allow') return []
    return [{ event, verdict: verdict.kind, reasons: verdict.reasons }]
  })
}
