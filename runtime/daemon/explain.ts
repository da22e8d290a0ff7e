/** `parapet explain REF`: why a recorded turn's steps got their verdicts, each check in its own words with its values. */
import type { PartitionState } from '#runtime/fleet/partition-state.ts'
import type { CommitRecord, TurnRecord } from '#runtime/fleet/record.ts'
import { replayTurn } from '#runtime/fleet/replay.ts'
import {
  changeLines,
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
import { Judges, type KeptJudge } from './judges.ts'
import type { Paint } from './paint.ts'
import type { Place } from './place.ts'
import { checkLines } from './policy-excerpt.ts'
import { type Problem, problem } from './problem.ts'
import { readRecords, walkTurns, whatIsGone } from './read-log.ts'
import { wrap } from './wrap.ts'

export interface ExplainOptions {
  readonly place: Place
  /** `conversation#turn` */
  readonly ref: string
  /** Also the checks that stayed quiet. */
  readonly all: boolean
  readonly natsUrl: string | undefined
  readonly natsProgram: string | undefined
  readonly width: number
  /** A command as it can be copied and run from here. */
  readonly commands: (command: string) => string
}

export async function explain(
  options: ExplainOptions,
  write: (line: string) => void,
  paint: Paint,
  stop: AbortSignal,
): Promise<Problem | undefined> {
  const cut = options.ref.lastIndexOf('#')
  const conversation = options.ref.slice(0, cut)
  const number = Number(options.ref.slice(cut + 1))
  if (cut < 1 || !Number.isInteger(number) || number < 1)
    return problem('D0023', `\`${options.ref}\` is no reference to a turn`, {
      help: 'write CONVERSATION#TURN as `parapet trace` shows it, e.g. airline-0-0#7',
    })
  const opened = await readRecords(options.place, options.natsUrl, options.natsProgram)
  if (opened.kind === 'problem') return opened
  const judges = new Judges(options.place)
  let turns = 0
  try {
    for await (const { record, turn, state } of walkTurns(opened)) {
      if (stop.aborted) return undefined
      if (conversationOf(turn) !== conversation) continue
      turns = Math.max(turns, turn.turn)
      if (turn.turn !== number) continue
      const judge = judges.of(turn.policy ?? record.policy)
      if (judge.kind === 'problem') return judge
      for (const line of explanation(options, judge, record, turn, state, paint)) write(line)
      return undefined
    }
  } finally {
    await opened.close()
  }
  const gone = whatIsGone(opened.beginnings)
  return problem('D0022', `the log has no turn \`${options.ref}\``, {
    help:
      gone ??
      (turns > 0
        ? `\`${conversation}\` has turns 1 to ${turns}: \`${options.commands(`trace ${conversation}`)}\``
        : `it has no conversation \`${conversation}\` either; \`${options.commands('trace')}\` lists all of them`),
  })
}

function explanation(
  { ref, all, width }: ExplainOptions,
  { judge, text }: KeptJudge,
  record: CommitRecord,
  turn: TurnRecord,
  state: PartitionState,
  paint: Paint,
): string[] {
  const { policy } = judge.plan
  const outcome = `${turn.outcome}${turn.why === undefined ? '' : `: ${turn.why}`}`
  const lines = [
    `${paint.bold(ref)}  ${roleOf(turn)}, ${inputShown(turn, state)}  ${turn.outcome === 'passed' ? paint.green(outcome) : paint.yellow(outcome)}`,
    paint.dim(
      `${timeShown(turn.at)}, policy "${policy.name}" ${policy.version} (${(turn.policy ?? record.policy).slice(0, 12)}), partition ${record.partition} slot ${record.rev}`,
    ),
  ]
  for (const { step, verdict, before, grounds } of replayTurn(judge, state, turn).steps) {
    if ((step.kind === 'enters' || step.kind === 'leaves') && verdict.reasons.length === 0) continue
    lines.push('', `${verdictWord(verdict, paint)}  ${paint.bold(stepShown(step))}`)
    lines.push(
      ...wrap(fieldsShown(step, FIELDS_CHARS_MAX), { width, indent: 4, linesMax: 4 }).map((line) =>
        paint.dim(line),
      ),
    )
    const layout = { width, indent: 2, valueLinesMax: 4, advice: true }
    for (const reason of verdict.reasons) lines.push(...reasonLines(reason, verdict.kind, layout, paint))
    lines.push(...consequenceLines(verdict, { width, indent: 2 }, paint))
    if (!before) continue
    const { checks } = judge.explain(before, step, grounds)
    const spoke = checks.filter((check) => check.outcome !== 'quiet')
    for (const check of all ? checks : spoke)
      lines.push('', ...checkLines(check, judge.plan, text, width, paint))
    const quiet = checks.length - spoke.length
    if (!all && quiet > 0)
      lines.push(
        paint.dim(
          `  ${quiet} more ${quiet === 1 ? 'check' : 'checks'} looked and had nothing to say (--all)`,
        ),
      )
  }
  lines.push(...changeLines(turn, { width, indent: 0 }, paint))
  return lines
}

/** A step's fields may be a whole document; what mattered stands with the check. */
const FIELDS_CHARS_MAX = 600
