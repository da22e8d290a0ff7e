/** `parapet trace`: what a fleet did, turn by turn, from its log; with --replay every verdict is made again and compared. */
import { createJudge } from '#dsl/judge/create.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import { replayTurn } from '#runtime/fleet/replay.ts'
import { fieldsShown, inputShown, reasonShown, stepShown, verdictWord } from './describe-turn.ts'
import { compilePolicy } from './load.ts'
import type { Paint } from './paint.ts'
import { keptPolicy, type Place } from './place.ts'
import { type Problem, problem } from './problem.ts'
import { readRecords, walkTurns } from './read-log.ts'

export interface TraceOptions {
  readonly place: Place
  readonly conversation: string | undefined
  /** Only turns in which a step was not simply allowed. */
  readonly only: 'all' | 'stopped'
  readonly replay: boolean
  readonly json: boolean
  readonly natsUrl: string | undefined
  readonly width: number
}

export interface TraceSummary {
  readonly kind: 'traced'
  readonly turns: number
  readonly steps: number
  readonly differences: number
}

export async function trace(
  options: TraceOptions,
  write: (line: string) => void,
  paint: Paint,
): Promise<TraceSummary | Problem> {
  const opened = await readRecords(options.place, options.natsUrl)
  if (opened.kind === 'problem') return opened
  const judges = new Judges(options.place)
  let turns = 0
  let steps = 0
  let differences = 0
  try {
    for await (const { record, turn, state } of walkTurns(opened.records)) {
      const conversation = turn.agent.slice(0, turn.agent.lastIndexOf('/'))
      if (options.conversation !== undefined && conversation !== options.conversation) continue
      const stopped = turn.outcome !== 'passed' || (turn.judged?.length ?? 0) > 0
      if (options.only === 'stopped' && !stopped) continue
      turns++
      if (options.json) {
        write(
          JSON.stringify({ partition: record.partition, rev: record.rev, policy: record.policy, ...turn }),
        )
        continue
      }
      const judge = judges.of(record.policy)
      if (judge === undefined)
        return problem(
          'D0021',
          `the text of policy ${record.policy.slice(0, 12)} is not kept here, so its verdicts cannot be made again`,
        )
      if ('kind' in judge) return judge
      const replayed = replayTurn(judge, state, turn)
      steps += replayed.steps.length
      differences += replayed.differences.length
      const time = new Date(turn.at).toISOString().slice(11, 23)
      const outcome =
        turn.outcome === 'passed'
          ? ''
          : paint.yellow(`  ${turn.outcome}${turn.why === undefined ? '' : `: ${turn.why}`}`)
      write(
        `${paint.dim(time)} ${paint.bold(`${conversation}#${turn.turn}`)} ${turn.agent.slice(turn.agent.lastIndexOf('/') + 1)} ${paint.dim(inputShown(turn))}${outcome}`,
      )
      for (const { step, verdict } of replayed.steps) {
        if (step.kind === 'enters' || step.kind === 'leaves') continue
        write(
          `    ${verdictWord(verdict, paint)} ${stepShown(step)}  ${paint.dim(fieldsShown(step, Math.max(20, options.width - 50)))}`,
        )
        for (const reason of verdict.reasons)
          if (reason.action !== 'allow') write(`             ${reasonShown(reason, paint)}`)
      }
      if (options.replay)
        for (const difference of replayed.differences)
          write(
            paint.red(
              `    differs: ${stepShown(difference.step)}\n      recorded ${difference.recorded}\n      now      ${difference.now}`,
            ),
          )
    }
  } finally {
    await opened.close()
  }
  if (turns === 0 && options.conversation !== undefined)
    return problem('D0022', `the log has no conversation \`${options.conversation}\``, {
      help: '`parapet trace` lists all of them',
    })
  return { kind: 'traced', turns, steps, differences }
}

/** The policies that judged, compiled from their kept texts. */
export class Judges {
  readonly #place: Place
  readonly #judges = new Map<string, Judge | Problem | undefined>()

  constructor(place: Place) {
    this.#place = place
  }

  of(hash: string): Judge | Problem | undefined {
    if (this.#judges.has(hash)) return this.#judges.get(hash)
    const kept = keptPolicy(this.#place, hash)
    let judge: Judge | Problem | undefined
    if (kept) {
      const loaded = compilePolicy(kept.file, kept.text, false)
      judge = loaded.kind === 'problem' ? loaded : createJudge(loaded.plan)
    }
    this.#judges.set(hash, judge)
    return judge
  }
}
