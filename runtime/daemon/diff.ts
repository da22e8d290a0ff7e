/** `parapet diff`: which verdicts over recorded traces would change if one policy took another's place. */
import { createJudge } from '#dsl/judge/create.ts'
import { Diff, type DiffReport } from '#runtime/traces/diff.ts'
import type { LineProblem } from '#runtime/traces/happening.ts'
import { place } from './audit.ts'
import { counted } from './counted.ts'
import { fieldsShown, reasonShown, stepShown, verdictWord } from './describe-turn.ts'
import { loadPolicy } from './load-policy.ts'
import type { Paint } from './paint.ts'
import type { Problem } from './problem.ts'
import { openTraces, showLineProblems, type TraceOptions } from './read-traces.ts'

export interface DiffOptions extends TraceOptions {
  readonly before: string
  readonly after: string
  readonly traceFiles: readonly string[]
  readonly json: boolean
  /** Fail when a verdict changes or a line could not be read. */
  readonly failOnChange: boolean
  /** Examples shown for each way a verdict changed. */
  readonly examples: number
  readonly width: number
}

export interface Compared {
  readonly kind: 'compared'
  readonly report: DiffReport
  readonly problems: readonly LineProblem[]
  readonly failed: boolean
}

/** `nowMs` is a clock for the throughput alone. */
export async function diff(
  options: DiffOptions,
  write: (line: string) => void,
  warn: (line: string) => void,
  paint: Paint,
  nowMs: () => number,
): Promise<Compared | Problem> {
  const before = await loadPolicy(options.before, paint.isColorSupported)
  if (before.kind === 'problem') return before
  const after = await loadPolicy(options.after, paint.isColorSupported)
  if (after.kind === 'problem') return after
  const comparing = new Diff(createJudge(before.plan), createJudge(after.plan), options.examples)
  const problems: LineProblem[] = []
  let judgingMs = 0
  for (const file of options.traceFiles) {
    // Both judge the same steps, said in the words of the policy that is in force.
    const read = openTraces(file, options, before.plan)
    if (read.kind === 'problem') return read
    for (const each of read.problems) problems.push(each)
    showLineProblems(read.problems, warn, paint)
    const began = nowMs()
    for (const conversation of read.conversations) comparing.add(conversation)
    judgingMs += nowMs() - began
  }
  const report = comparing.report()
  const changed = report.changed + report.otherReasons + report.breaches.changed
  const failed = options.failOnChange && (changed > 0 || problems.length > 0)
  if (options.json) write(JSON.stringify({ ...report, problems, failed }, null, 2))
  else showDiff(report, judgingMs, options.width, write, paint)
  return { kind: 'compared', report, problems, failed }
}

export function showDiff(
  report: DiffReport,
  judgingMs: number,
  width: number,
  write: (line: string) => void,
  paint: Paint,
): void {
  write(
    `${paint.dim(report.before.slice(0, 12))} → ${paint.dim(report.after.slice(0, 12))} over ${counted(report.conversations, 'conversation')}, ${counted(report.steps, 'step')}`,
  )
  if (report.unknown > 0)
    write(
      paint.yellow(
        `${counted(report.unknown, 'step')} cannot be compared: a detector was not asked of them when they were recorded`,
      ),
    )
  const { changed, otherReasons, breaches } = report
  if (changed + otherReasons + breaches.changed === 0)
    write(paint.green(`no verdict changes${report.unknown > 0 ? ' among the others' : ''}`))
  else
    write(
      `${paint.bold(counted(changed, 'verdict'))} would change, in ${counted(report.changedConversations, 'conversation')}; ${otherReasons} stay for other reasons; promises broken ${breaches.before} → ${breaches.after}`,
    )
  if (report.checks.length > 0) {
    write(`\n${paint.dim('    now  no more  check speaks')}`)
    for (const { check, speaksNow, speaksNoMore } of report.checks)
      write(`${signed('+', speaksNow, 7)}${signed('-', speaksNoMore, 9)}  ${paint.bold(check)}`)
  }
  for (const { from, to, steps, conversations, examples } of report.verdicts) {
    write(
      `\n${paint.bold(`${WORDS[from]} → ${WORDS[to]}`)}: ${counted(steps, 'step')} in ${counted(conversations, 'conversation')}`,
    )
    for (const change of examples) {
      write(
        `  ${verdictWord(change.after, paint)} ${place(change)} ${stepShown(change.step)}  ${paint.dim(fieldsShown(change.step, Math.max(20, width - 60)))}`,
      )
      const [shownSide, label] =
        change.after.reasons.length > 0 ? [change.after, ''] : [change.before, 'no more: ']
      for (const reason of shownSide.reasons) write(`           ${label}${reasonShown(reason, paint)}`)
    }
  }
  if (judgingMs > 0)
    write(
      paint.dim(
        `\njudged twice in ${judgingMs.toFixed(0)} ms, ${Math.round((2_000 * report.steps) / judgingMs).toLocaleString('en')} steps/s`,
      ),
    )
}

const WORDS = {
  allow: 'allowed',
  repair: 'repaired',
  ask: 'asked',
  deny: 'denied',
  quarantine: 'quarantined',
} as const

const signed = (sign: string, n: number, width: number): string =>
  (n === 0 ? '·' : `${sign}${n}`).padStart(width)
