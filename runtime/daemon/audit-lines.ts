/** `parapet audit --json`: one line a recorded conversation, in input order, with no more than one conversation in memory. */
import { createJudge } from '#dsl/judge/create.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import { LedgerBook } from '#dsl/judge/ledger-book.ts'
import { VERDICT_KINDS, type VerdictKind } from '#dsl/judge/verdict.ts'
import { lookingBy } from '#runtime/evidence/looking.ts'
import type { Detector } from '#runtime/fleet/definition.ts'
import type { Conversation } from '#runtime/traces/conversation.ts'
import type { LineProblem } from '#runtime/traces/happening.ts'
import { judgeLooking } from '#runtime/traces/judge-conversation.ts'
import { lineOf, type TraceLine } from '#runtime/traces/trace-line.ts'
import { loadPolicy } from './load-policy.ts'
import type { Paint } from './paint.ts'
import type { Problem } from './problem.ts'
import { openTraces, readOptions, showLineProblems, type TraceOptions } from './read-traces.ts'
import { isEventLines, talkLines } from './talk-lines.ts'

export interface AuditLinesOptions extends TraceOptions {
  readonly policyFile: string
  readonly traceFiles: readonly string[]
  readonly failOn: VerdictKind | undefined
  /** What looks where a trace has no score; none: such a check stays undecided. */
  readonly detectors: Readonly<Record<string, Detector>>
}

export interface AuditedLines {
  readonly kind: 'audited'
  readonly conversations: number
  readonly failed: boolean
}

/** `write` resolves when there is room for more: whoever reads slowly must not fill our memory. */
export async function auditLines(
  options: AuditLinesOptions,
  write: (line: string) => Promise<void>,
  warn: (line: string) => void,
  paint: Paint,
  signal: AbortSignal,
): Promise<AuditedLines | Problem> {
  const policy = await loadPolicy(options.policyFile, paint.isColorSupported)
  if (policy.kind === 'problem') return policy
  const judge = createJudge(policy.plan)
  const book = new LedgerBook(judge)
  const look = lookingBy(options.detectors)
  let conversations = 0
  let failed = false
  const tell = async (recorded: Conversation): Promise<void> => {
    const line = lineOf(recorded, await judgeLooking(judge, recorded, book, look))
    conversations++
    failed ||= options.failOn !== undefined && fails(line, options.failOn)
    await write(JSON.stringify(line))
  }
  const note = (problems: readonly LineProblem[]): void => {
    showLineProblems(problems, warn, paint)
    failed ||= options.failOn !== undefined && problems.length > 0
  }
  for (const file of options.traceFiles) {
    const problem = await tellFile(file, options, judge, tell, note, signal)
    if (problem !== undefined) return problem
    if (signal.aborted) break
  }
  return { kind: 'audited', conversations, failed }
}

async function tellFile(
  file: string,
  options: TraceOptions,
  judge: Judge,
  tell: (recorded: Conversation) => Promise<void>,
  note: (problems: readonly LineProblem[]) => void,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  if ((options.format ?? 'events') === 'events' && (await isEventLines(file))) {
    const reading = readOptions(options, judge.plan)
    if (reading.kind === 'problem') return reading
    for await (const read of talkLines(file, reading.voice, reading.startsAt)) {
      if (read.kind === 'problem') return read
      note(read.problems)
      for (const recorded of read.conversations) await tell(recorded)
      if (signal.aborted) return undefined
    }
    return undefined
  }
  // The other formats spread a conversation over lines, so that a file is read whole before it is judged.
  const opened = openTraces(file, options, judge.plan)
  if (opened.kind === 'problem') return opened
  note(opened.problems)
  for (const recorded of opened.conversations) {
    await tell(recorded)
    if (signal.aborted) return undefined
  }
  return undefined
}

function fails({ steps, obligations }: TraceLine, failOn: VerdictKind): boolean {
  const from = VERDICT_KINDS.indexOf(failOn)
  return obligations.length > 0 || steps.some(({ verdict }) => VERDICT_KINDS.indexOf(verdict) >= from)
}
