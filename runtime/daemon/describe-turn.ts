/** Turns, steps and verdicts in lines for people. */
import { repairInWords } from '#dsl/judge/describe.ts'
import { duration } from '#dsl/judge/show.ts'
import type { Step } from '#dsl/judge/step.ts'
import type { Reason, Verdict } from '#dsl/judge/verdict.ts'
import type { PartitionState } from '#runtime/fleet/partition-state.ts'
import type { Pending, TurnRecord } from '#runtime/fleet/record.ts'
import type { Curation } from '#runtime/kernel/effect.ts'
import { clip, type Paint } from './paint.ts'
import { foundPieces, wrap } from './wrap.ts'

export function stepShown(step: Step): string {
  const peer =
    step.peer === undefined
      ? ''
      : step.kind === 'receives'
        ? ` from ${step.peer}`
        : ` ${step.kind === 'answers' ? '' : 'to '}${step.peer}`
  const name = step.name === '' ? '' : ` ${step.name}`
  return `${step.agent} ${step.kind}${name}${peer}`.replaceAll('  ', ' ')
}

export function fieldsShown(step: Step, width: number): string {
  const parts = Object.entries(step.fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  return clip(parts.join('  '), width)
}

export function verdictWord(verdict: Verdict, paint: Paint): string {
  switch (verdict.kind) {
    case 'allow':
      return paint.green('allowed ')
    case 'repair':
      return paint.cyan('repaired')
    case 'ask':
      return paint.yellow('asked   ')
    case 'deny':
      return paint.red('denied  ')
    case 'quarantine':
      return paint.magenta('stopped ')
  }
}

/** On one line, for a live screen. */
export function reasonShown(reason: Reason, paint: Paint): string {
  const shadow = reason.shadow ? paint.dim(' (shadow)') : ''
  const because = reason.because === undefined ? '' : paint.dim(` — ${reason.because}`)
  return `${paint.bold(reason.check)}${shadow}: ${reason.found}${because}`
}

export interface ReasonLayout {
  readonly width: number
  readonly indent: number
  /** Lines that one found value may take. */
  readonly valueLinesMax: number
  /** Also the remedy and what is allowed next. */
  readonly advice: boolean
}

/** The rule, each value that decided it on its own line, the ground, and what to do instead. */
export function reasonLines(
  reason: Reason,
  verdict: Verdict['kind'],
  layout: ReasonLayout,
  paint: Paint,
): string[] {
  // What asks, in a step that went through, has been granted.
  const granted = reason.action === 'ask' && !reason.shadow && (verdict === 'allow' || verdict === 'repair')
  const { width, indent, valueLinesMax } = layout
  const pad = ' '.repeat(indent)
  const marks = [
    reason.shadow ? 'shadow, not enforced' : '',
    granted ? 'granted' : '',
    reason.outcome === 'unknown' ? 'undecidable' : '',
  ]
  const note = marks.filter(Boolean).join(', ')
  const inner = { width, indent: indent + 4, linesMax: valueLinesMax }
  const headed = (word: string, text: string) =>
    wrap(text, { width, indent: indent + 4 + LABEL }).map((line, i) =>
      i === 0 ? `${' '.repeat(indent + 4)}${paint.green(word.padEnd(LABEL))}${line.trimStart()}` : line,
    )
  return [
    `${pad}${granted ? paint.green('✓') : actionWord(reason, paint)} ${paint.bold(reason.check)}${note === '' ? '' : paint.dim(` (${note})`)}`,
    ...foundPieces(reason.found).flatMap((piece) => wrap(piece, inner)),
    ...(reason.because === undefined
      ? []
      : wrap(`because ${reason.because}`, { width, indent: indent + 4 }).map((line) => paint.dim(line))),
    ...(layout.advice && reason.remedy !== undefined ? headed('remedy', reason.remedy) : []),
    ...(layout.advice ? reason.next.flatMap((next) => headed('allowed next', next.say)) : []),
  ]
}

const LABEL = 14

function actionWord({ action, shadow }: Reason, paint: Paint): string {
  if (shadow || action === 'allow') return paint.dim('·')
  const colour = { repair: paint.cyan, ask: paint.yellow, deny: paint.red, quarantine: paint.magenta }
  return action === 'alert' || action === 'warn' ? paint.magenta('!') : colour[action]('✗')
}

/** Repairs, who was asked, what is owed: whatever a verdict sets going besides its reasons. */
export function consequenceLines(
  verdict: Verdict,
  layout: { width: number; indent: number },
  paint: Paint,
): string[] {
  const lines = [
    ...verdict.repairs.map(
      (repair) => `${repairInWords(repair, (value) => clip(JSON.stringify(value), 120))} (${repair.check})`,
    ),
    // Where something stronger won, nobody is asked.
    ...(verdict.kind === 'ask' ? verdict.asks : []).map(
      ({ who, people, withinMs, otherwise, check }) =>
        `asks ${people === undefined ? '' : `${people} of `}${who} within ${duration(withinMs)}, otherwise ${otherwise} (${check})`,
    ),
    ...verdict.obligations.map(({ kind, check, dueAt }) =>
      kind === 'owed' ? `owed until ${timeShown(dueAt)}: ${check}` : `${kind}: ${check}`,
    ),
  ]
  return lines.flatMap((line) => wrap(`→ ${line}`, layout).map((one) => paint.yellow(one)))
}

/** What set the turn off, in a few words; `state` is the partition as it stood before. */
export function inputShown(turn: TurnRecord, state: PartitionState): string {
  const { input } = turn
  switch (input.kind) {
    case 'message':
      return `${input.message} from ${input.from}`
    case 'result':
      return `result of ${intentShown(input.intent, state)}`
    case 'failure':
      return `failure of ${intentShown(input.intent, state)}: ${input.error}`
    case 'part':
      return `part ${input.n} of ${intentShown(input.intent, state)}`
    case 'retry':
      return `${input.by} tries the dead letter ${input.letter} again`
    case 'drop':
      return `${input.by} drops the dead letter ${input.letter}`
    case 'curate':
      return curationShown(input.curation)
    case 'timer': {
      const timer = state.timers.get(input.timer)
      return timer === undefined
        ? 'timer'
        : `${timer.kind} timer${timer.kind === 'machine' ? ` ${timer.name}` : ''}`
    }
    case 'notice':
      return input.event.type
    case 'found':
      return input.cutOff ? `${input.pending} was cut off` : `what was found for ${input.pending}`
    case 'decision':
      return `${input.grant ? 'granted' : 'refused'} by ${input.by}${input.note === '' ? '' : `: ${input.note}`}`
  }
}

function intentShown(id: string, state: PartitionState): string {
  const effect = state.intents.get(id)?.effect
  switch (effect?.kind) {
    case 'call':
      return effect.tool
    case 'invoke':
      return effect.src
    case 'answer':
      return `the answer to ${effect.to}`
    case 'remember':
    case 'recall':
      return `${effect.kind} ${effect.what}`
    case 'curate':
      return curationShown(effect.curation)
    default:
      return 'something given up'
  }
}

function curationShown(curation: Curation): string {
  const { what, by, why } = curation
  const rows =
    curation.what === 'forget'
      ? `rows of ${curation.rows} before ${timeShown(curation.before)}`
      : `rows from ${curation.source}`
  return `${what} ${rows}, by ${by}: ${why}`
}

/** What the turn changed that a person waits for or should know of. */
export function changeLines(
  turn: TurnRecord,
  layout: { width: number; indent: number },
  paint: Paint,
): string[] {
  const lines: string[] = []
  for (const change of turn.changes) {
    if (change.kind === 'park') lines.push(waitLine(change.pending))
    else if (change.kind === 'unpark') lines.push(`${change.pending} is settled`)
    else if (change.kind === 'halt') lines.push(`the agent stops: ${change.why}`)
    else if (change.kind === 'defer') lines.push('put aside until the agent goes on')
    else if (change.kind === 'dead') lines.push(`put among the dead letters as ${change.letter.id}`)
    else if (change.kind === 'end') lines.push('the conversation has ended')
  }
  return lines.flatMap((line) => wrap(`→ ${line}`, layout).map((one) => paint.cyan(one)))
}

function waitLine(pending: Pending): string {
  const until = `until ${timeShown(pending.dueAt)}`
  if (pending.kind === 'approval')
    return `waits for ${pending.who} ${until}, otherwise ${pending.otherwise} (approval ${pending.id})`
  if (pending.kind === 'rest') return `rests ${until} after failure ${pending.tries}`
  const of = pending.needs.map((need) =>
    need.kind === 'evidence' ? need.detector : `the ledger ${need.check}`,
  )
  return `waits for ${Array.from(new Set(of)).join(', ')} ${until} (${pending.id})`
}

export function timeShown(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

export function clockShown(at: number): string {
  return new Date(at).toISOString().slice(11, 23)
}

/** Its agents' records say `conversation/role`. */
export function conversationOf(turn: TurnRecord): string {
  return turn.agent.slice(0, turn.agent.lastIndexOf('/'))
}

export function roleOf(turn: TurnRecord): string {
  return turn.agent.slice(turn.agent.lastIndexOf('/') + 1)
}
