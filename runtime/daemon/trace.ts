/**
 * `parapet trace`: what a fleet did, turn by turn, from its log; with --replay every verdict is made again and compared.
 * Conversations stand one after the other in order of their first turn.
 */

import { describeLine } from '#dsl/judge/describe.ts'
import type { Verdict } from '#dsl/judge/verdict.ts'
import type { PartitionState } from '#runtime/fleet/partition-state.ts'
import type { TurnRecord } from '#runtime/fleet/record.ts'
import { type Replayed, replayTurn } from '#runtime/fleet/replay.ts'
import { shellWord } from './command.ts'
import { counted } from './counted.ts'
import {
  changeLines,
  clockShown,
  consequenceLines,
  conversationOf,
  fieldsShown,
  inputShown,
  reasonLines,
  roleOf,
  stepShown,
  timeShown,
  verdictWord,
} from './describe-turn.ts'
import { Judges } from './judges.ts'
import { clip, type Paint } from './paint.ts'
import type { Place } from './place.ts'
import { type Problem, problem } from './problem.ts'
import { readRecords, walkTurns, whatIsGone } from './read-log.ts'
import { wrap } from './wrap.ts'

export interface TraceOptions {
  readonly place: Place
  readonly conversation: string | undefined
  /** Only turns in which a step was not simply allowed. */
  readonly only: 'all' | 'stopped'
  readonly replay: boolean
  readonly json: boolean
  readonly natsUrl: string | undefined
  readonly natsProgram: string | undefined
  readonly width: number
  /** A command as it can be copied and run from here. */
  readonly commands: (command: string) => string
}

export interface TraceSummary {
  readonly kind: 'traced'
  readonly turns: number
  readonly steps: number
  readonly differences: number
}

interface Talk {
  readonly startedAt: number
  readonly lines: string[]
  turns: number
  stopped: number
}

interface Total {
  turns: number
  steps: number
  differences: number
  /** The first turn in which something was said or stopped. */
  example?: string
}

export async function trace(
  options: TraceOptions,
  write: (line: string) => void,
  paint: Paint,
  stop: AbortSignal,
): Promise<TraceSummary | Problem> {
  const opened = await readRecords(options.place, options.natsUrl, options.natsProgram)
  if (opened.kind === 'problem') return opened
  const judges = new Judges(options.place)
  const talks = new Map<string, Talk>()
  const total: Total = { turns: 0, steps: 0, differences: 0 }
  let empty = true
  try {
    for await (const { record, turn, state } of walkTurns(opened)) {
      empty = false
      if (stop.aborted) break
      const conversation = conversationOf(turn)
      if (options.conversation !== undefined && conversation !== options.conversation) continue
      if (options.only === 'stopped' && !wasStopped(turn)) continue
      total.turns++
      if (options.json) {
        write(
          JSON.stringify({ partition: record.partition, rev: record.rev, policy: record.policy, ...turn }),
        )
        continue
      }
      const judge = judges.of(turn.policy ?? record.policy)
      if (judge.kind === 'problem') return judge
      const replayed = replayTurn(judge.judge, state, turn)
      total.steps += replayed.steps.length
      total.differences += replayed.differences.length
      let talk = talks.get(conversation)
      if (!talk) {
        talk = { startedAt: turn.at, lines: [], turns: 0, stopped: 0 }
        talks.set(conversation, talk)
      }
      talk.turns++
      if (wasStopped(turn)) {
        talk.stopped++
        total.example ??= `${conversation}#${turn.turn}`
      }
      talk.lines.push(...turnLines(turn, state, replayed, options, paint))
    }
  } finally {
    await opened.close()
  }
  if (empty && !stop.aborted)
    return problem('D0024', `the log of \`${options.place.fleet}\` holds no record yet`, {
      where: options.place.dir,
      help: 'run the fleet first; if it ran with NATS_URL set, set it again',
    })
  if (total.turns === 0 && options.conversation !== undefined && options.only === 'all' && !stop.aborted)
    return problem('D0022', `the log has no conversation \`${options.conversation}\``, {
      help: whatIsGone(opened.beginnings) ?? `\`${options.commands('trace')}\` lists all of them`,
    })
  if (!options.json && !stop.aborted) {
    show(talks, total, options, write, paint)
    const gone = whatIsGone(opened.beginnings)
    if (gone !== undefined) write(paint.yellow(gone))
  }
  return { kind: 'traced', turns: total.turns, steps: total.steps, differences: total.differences }
}

/** Something was denied, asked, repaired or warned of, or the turn could not be done. */
function wasStopped(turn: TurnRecord): boolean {
  if (turn.outcome === 'ignored' || turn.outcome === 'deferred') return false
  return (
    turn.outcome !== 'passed' ||
    (turn.judged ?? []).some(({ verdict }) => verdict.reasons.some(({ action }) => action !== 'allow'))
  )
}

function show(
  talks: ReadonlyMap<string, Talk>,
  total: Total,
  options: TraceOptions,
  write: (line: string) => void,
  paint: Paint,
): void {
  for (const [conversation, talk] of Array.from(talks).sort(([, a], [, b]) => a.startedAt - b.startedAt)) {
    const stopped = talk.stopped === 0 ? '' : `, in ${talk.stopped} of them something was said or stopped`
    write(
      `${paint.bold(conversation)}  ${paint.dim(`${timeShown(talk.startedAt)}, ${counted(talk.turns, 'turn')}${stopped}`)}`,
    )
    for (const line of talk.lines) write(line)
    write('')
  }
  const again = !options.replay
    ? ''
    : total.differences === 0
      ? ` judged again: ${paint.green('all as recorded')}`
      : ` judged again: ${paint.red(`${total.differences} differ`)}`
  write(
    `${counted(talks.size, 'conversation')}, ${counted(total.turns, 'turn')}, ${counted(total.steps, 'step')}${again}`,
  )
  if (total.example !== undefined)
    write(paint.dim(`why: ${options.commands(`explain ${shellWord(total.example)}`)}`))
}

function turnLines(
  turn: TurnRecord,
  state: PartitionState,
  replayed: Replayed,
  options: TraceOptions,
  paint: Paint,
): string[] {
  const { width } = options
  const outcome = turn.outcome === 'passed' ? '' : `  ${turn.outcome}`
  const head = `  ${paint.bold(`#${turn.turn}`.padEnd(5))} ${paint.dim(clockShown(turn.at))}  ${roleOf(turn).padEnd(ROLE)}`
  const room = Math.max(20, width - 22 - ROLE - outcome.length)
  const lines = [`${head} ${clip(inputShown(turn, state), room)}${paint.yellow(outcome)}`]
  if (turn.why !== undefined)
    lines.push(...wrap(`→ ${turn.why}`, { width, indent: STEP }).map((line) => paint.yellow(line)))
  for (const { step, verdict } of replayed.steps) {
    const speaking = verdict.reasons.filter((reason) => reason.action !== 'allow')
    if ((step.kind === 'enters' || step.kind === 'leaves') && speaking.length === 0) continue
    const said = stepShown(step)
    lines.push(
      `${' '.repeat(STEP)}${verdictWord(verdict, paint)}  ${said}  ${paint.dim(fieldsShown(step, Math.max(12, width - STEP - 12 - said.length)))}`,
    )
    const layout = { width, indent: REASON, valueLinesMax: 2, advice: false }
    for (const reason of speaking) lines.push(...reasonLines(reason, verdict.kind, layout, paint))
    lines.push(...consequenceLines(verdict, { width, indent: REASON }, paint))
  }
  lines.push(...changeLines(turn, { width, indent: STEP }, paint))
  if (options.replay)
    for (const { step, recorded, now } of replayed.differences)
      lines.push(
        paint.red(`${' '.repeat(STEP)}differs   ${stepShown(step)}`),
        ...wrap(`recorded ${verdictSaid(recorded)}`, { width, indent: REASON, linesMax: 3 }),
        ...wrap(`now      ${verdictSaid(now)}`, { width, indent: REASON, linesMax: 3 }),
      )
  return lines
}

const ROLE = 11
const STEP = 8
const REASON = 18

/** A verdict kept as JSON, in a line; `nothing` where none was recorded. */
function verdictSaid(kept: string): string {
  return kept.startsWith('{') ? describeLine(JSON.parse(kept) as Verdict) : kept
}
