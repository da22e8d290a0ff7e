/** `parapet audit`: what a policy says of recorded traces, without a fleet. */

import { createJudge } from '#dsl/judge/create.ts'
import { VERDICT_KINDS, type VerdictKind } from '#dsl/judge/verdict.ts'
import { lookingBy } from '#runtime/evidence/looking.ts'
import type { Detector } from '#runtime/fleet/definition.ts'
import { Audit, type AuditReport, type CheckCount, type Finding } from '#runtime/traces/audit.ts'
import type { LineProblem } from '#runtime/traces/happening.ts'
import { counted } from './counted.ts'
import { fieldsShown, reasonShown, stepShown, verdictWord } from './describe-turn.ts'
import { loadPolicy } from './load-policy.ts'
import { clip, type Paint } from './paint.ts'
import type { Problem } from './problem.ts'
import { openTraces, showLineProblems, type TraceOptions } from './read-traces.ts'

export interface AuditOptions extends TraceOptions {
  readonly policyFile: string
  readonly traceFiles: readonly string[]
  /** What looks where a trace has no score; none: such a check stays undecided. */
  readonly detectors: Readonly<Record<string, Detector>>
  readonly json: boolean
  /** Fail when a step gets this verdict or a stronger one, a promise is broken, or a line could not be read. */
  readonly failOn: VerdictKind | undefined
  /** How many steps that were not simply allowed are shown with their reasons. */
  readonly explain: number
  readonly width: number
}

export interface Audited {
  readonly kind: 'audited'
  readonly report: AuditReport
  readonly problems: readonly LineProblem[]
  readonly failed: boolean
}

/** Examples of a check, and conversations listed with their first stop. */
const EXAMPLES_MAX = 3
const FIRST_STOPS_SHOWN_MAX = 20
/** Of a long reason at least so much is shown; the margin is the verdict's word and the spaces. */
const REASON_COLUMNS_MIN = 40
const REASON_MARGIN = 12

/** `nowMs` is a clock for the throughput alone. */
export async function audit(
  options: AuditOptions,
  write: (line: string) => void,
  warn: (line: string) => void,
  paint: Paint,
  nowMs: () => number,
): Promise<Audited | Problem> {
  const policy = await loadPolicy(options.policyFile, paint.isColorSupported)
  if (policy.kind === 'problem') return policy
  const auditing = new Audit(createJudge(policy.plan), {
    examplesMax: EXAMPLES_MAX,
    findingsMax: options.explain,
  })
  const look = lookingBy(options.detectors)
  const problems: LineProblem[] = []
  const formats = new Set<string>()
  let readingMs = 0
  let judgingMs = 0
  for (const file of options.traceFiles) {
    const opened = nowMs()
    const read = openTraces(file, options, policy.plan)
    readingMs += nowMs() - opened
    if (read.kind === 'problem') return read
    formats.add(read.format)
    for (const each of read.problems) problems.push(each)
    showLineProblems(read.problems, warn, paint)
    const began = nowMs()
    for (const conversation of read.conversations) await auditing.addLooking(conversation, look)
    judgingMs += nowMs() - began
  }
  const report = auditing.report()
  const failed = options.failOn !== undefined && fails(report, problems, options.failOn)
  if (options.json) write(JSON.stringify({ ...report, problems, failed }, null, 2))
  else show(report, { ...options, formats: [...formats], readingMs, judgingMs }, write, paint)
  return { kind: 'audited', report, problems, failed }
}

/** What was not read was not judged: under --fail-on it counts as failing. */
function fails(report: AuditReport, problems: readonly LineProblem[], failOn: VerdictKind): boolean {
  const from = VERDICT_KINDS.indexOf(failOn)
  const strong = VERDICT_KINDS.slice(from).some((kind) => report.verdicts[kind] > 0)
  return strong || report.breaches > 0 || problems.length > 0
}

interface Shown {
  readonly explain: number
  readonly width: number
  readonly formats: readonly string[]
  readonly readingMs: number
  readonly judgingMs: number
}

function show(report: AuditReport, shown: Shown, write: (line: string) => void, paint: Paint): void {
  const { policy, conversations, steps, verdicts, firstStops } = report
  write(
    `${paint.bold(`"${policy.name}" ${policy.version}`)} ${paint.dim(policy.hash.slice(0, 12))} over ${counted(conversations, 'conversation')}, ${counted(steps, 'step')} ${paint.dim(`(${shown.formats.join(', ')})`)}`,
  )
  write(
    `${paint.green(`${verdicts.allow} allowed`)}, ${verdicts.repair} repaired, ${paint.yellow(`${verdicts.ask} asked`)}, ${paint.red(`${verdicts.deny} denied`)}, ${verdicts.quarantine} quarantined; ${counted(report.breaches, 'promise')} broken; ${firstStops.length} of ${counted(conversations, 'conversation')} would have been stopped somewhere`,
  )
  if (report.proposed > 0)
    write(paint.dim(`${counted(report.proposed, 'step')} had been stopped by the fleet and never happened`))
  if (report.unknownNames.length > 0) {
    write(`\n${paint.yellow('not in the policy')}, which allows only what it names:`)
    for (const { kind, name, steps: times } of report.unknownNames)
      write(`${pad(times)} ${times === 1 ? 'step ' : 'steps'}  ${kind} \`${name}\``)
  }
  if (report.checks.length > 0) {
    write(`\n${paint.dim('  steps  convs  check')}`)
    for (const check of report.checks) showCheck(check, shown.width, write, paint)
  }
  if (firstStops.length > 0) {
    write(`\n${paint.bold('first stop of each conversation')}`)
    for (const finding of firstStops.slice(0, FIRST_STOPS_SHOWN_MAX)) {
      const where = place(finding)
      const room = Math.max(REASON_COLUMNS_MIN, shown.width - where.length - REASON_MARGIN)
      write(`  ${where} ${verdictWord(finding.verdict, paint)} ${clip(firstReason(finding), room)}`)
    }
    if (firstStops.length > FIRST_STOPS_SHOWN_MAX)
      write(paint.dim(`  and ${firstStops.length - FIRST_STOPS_SHOWN_MAX} more (--json lists all)`))
  }
  for (const finding of report.findings.slice(0, shown.explain))
    showFinding(finding, shown.width, write, paint)
  const rate = shown.judgingMs > 0 ? Math.round((steps * 1_000) / shown.judgingMs) : undefined
  if (rate !== undefined)
    write(
      paint.dim(
        `\nread in ${shown.readingMs.toFixed(0)} ms, judged in ${shown.judgingMs.toFixed(0)} ms: ${rate.toLocaleString('en')} steps/s`,
      ),
    )
}

function showCheck(check: CheckCount, width: number, write: (line: string) => void, paint: Paint): void {
  const notes = [check.action, ...(check.shadow ? ['shadow'] : [])].join(', ')
  const unknown = check.unknown > 0 ? paint.yellow(`, ${check.unknown} undecided`) : ''
  write(
    `${pad(check.steps)}${pad(check.conversations)}  ${paint.bold(check.check)} ${paint.dim(`(${notes})`)}${unknown}`,
  )
  const [example] = check.examples
  if (example !== undefined)
    write(
      paint.dim(clip(`                 ${example.conversation}[${example.index}]: ${example.found}`, width)),
    )
}

function showFinding(finding: Finding, width: number, write: (line: string) => void, paint: Paint): void {
  const { step, verdict } = finding
  write('')
  write(
    `${verdictWord(verdict, paint)} ${paint.bold(place(finding))} ${finding.breach ? 'promise broken after ' : ''}${stepShown(step)}  ${paint.dim(fieldsShown(step, Math.max(20, width - 50)))}`,
  )
  for (const reason of verdict.reasons) {
    write(`  ${reasonShown(reason, paint)}`)
    if (reason.remedy !== undefined) write(`    ${paint.green('remedy')} ${reason.remedy}`)
    for (const next of reason.next) write(`    ${paint.green('allowed next')} ${next.say}`)
  }
}

function firstReason({ step, verdict }: Finding): string {
  const reason = verdict.reasons.find(({ shadow, action }) => !shadow && action === verdict.kind)
  return `${stepShown(step)}: ${reason === undefined ? '' : `${reason.check}: ${reason.found}`}`
}

/** Where the recording has it: the step's place in its conversation, from 0. */
export const place = ({ conversation, index }: { conversation: string; index: number }): string =>
  `${conversation}[${index}]`
const pad = (n: number): string => String(n).padStart(7)
