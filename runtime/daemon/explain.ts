/** `parapet explain REF`: why a recorded turn's steps got their verdicts, each check with its sub-expressions' values. */
import type { CheckTrace } from '#dsl/judge/judge.ts'
import { replayTurn } from '#runtime/fleet/replay.ts'
import { fieldsShown, inputShown, reasonShown, stepShown, verdictWord } from './describe-turn.ts'
import type { Paint } from './paint.ts'
import { keptPolicy, type Place } from './place.ts'
import { type Problem, problem } from './problem.ts'
import { readRecords, walkTurns } from './read-log.ts'
import { Judges } from './trace.ts'

export interface ExplainOptions {
  readonly place: Place
  /** `conversation#turn` */
  readonly ref: string
  /** Also the checks that stayed quiet. */
  readonly all: boolean
  readonly natsUrl: string | undefined
  readonly width: number
}

export async function explain(
  options: ExplainOptions,
  write: (line: string) => void,
  paint: Paint,
): Promise<Problem | undefined> {
  const cut = options.ref.lastIndexOf('#')
  const conversation = options.ref.slice(0, cut)
  const number = Number(options.ref.slice(cut + 1))
  if (cut < 1 || !Number.isInteger(number) || number < 1)
    return problem('D0023', `\`${options.ref}\` is no reference to a turn`, {
      help: 'write CONVERSATION#TURN as `parapet trace` shows it, e.g. airline-0-0#7',
    })
  const opened = await readRecords(options.place, options.natsUrl)
  if (opened.kind === 'problem') return opened
  const judges = new Judges(options.place)
  try {
    for await (const { record, turn, state } of walkTurns(opened.records)) {
      if (turn.turn !== number || turn.agent.slice(0, turn.agent.lastIndexOf('/')) !== conversation) continue
      const judge = judges.of(record.policy)
      const text = keptPolicy(options.place, record.policy)?.text
      if (judge === undefined || text === undefined)
        return problem('D0021', `the text of policy ${record.policy.slice(0, 12)} is not kept here`)
      if ('kind' in judge) return judge
      write(
        `${paint.bold(options.ref)}  ${turn.agent}  ${paint.dim(inputShown(turn))}  ${turn.outcome}${turn.why === undefined ? '' : `: ${turn.why}`}`,
      )
      write(
        paint.dim(
          `policy "${judge.plan.policy.name}" ${judge.plan.policy.version} (${record.policy.slice(0, 12)}), partition ${record.partition} slot ${record.rev}, ${new Date(turn.at).toISOString()}`,
        ),
      )
      for (const { step, verdict, before } of replayTurn(judge, state, turn).steps) {
        if ((step.kind === 'enters' || step.kind === 'leaves') && verdict.reasons.length === 0) continue
        write('')
        write(
          `${verdictWord(verdict, paint)} ${paint.bold(stepShown(step))}  ${paint.dim(fieldsShown(step, options.width - 40))}`,
        )
        for (const reason of verdict.reasons) {
          write(`  ${reasonShown(reason, paint)}`)
          if (reason.remedy !== undefined) write(`    ${paint.green('remedy')} ${reason.remedy}`)
          for (const next of reason.next) write(`    ${paint.green('allowed next')} ${next.say}`)
        }
        const { checks } = judge.explain(before, step)
        const quiet = checks.filter((check) => check.outcome === 'quiet')
        for (const check of options.all ? checks : checks.filter((check) => check.outcome !== 'quiet'))
          showCheck(check, text, write, paint)
        if (!options.all && quiet.length > 0)
          write(
            paint.dim(
              `  ${quiet.length} more ${quiet.length === 1 ? 'check' : 'checks'} looked and had nothing to say (--all shows them)`,
            ),
          )
      }
      return undefined
    }
  } finally {
    await opened.close()
  }
  return problem('D0022', `the log has no turn \`${options.ref}\``, {
    help: '`parapet trace CONVERSATION` lists its turns',
  })
}

function showCheck(check: CheckTrace, text: string, write: (line: string) => void, paint: Paint): void {
  const mark =
    check.outcome === 'fired'
      ? paint.red('fired  ')
      : check.outcome === 'unknown'
        ? paint.yellow('unknown')
        : paint.dim('quiet  ')
  write(
    `  ${mark} ${check.checkKind} ${paint.bold(check.check)} ${paint.dim(`(line ${check.line})`)}${check.state === undefined ? '' : paint.dim(`  ${check.state}`)}`,
  )
  for (const part of check.parts) {
    const shown = text.slice(part.start, part.end).replaceAll(/\s+/g, ' ')
    write(`          ${'  '.repeat(part.depth)}${shown} ${paint.dim('=')} ${paint.cyan(part.value)}`)
  }
}
