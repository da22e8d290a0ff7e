/** What a run shows: a live panel on a terminal, plain lines elsewhere. */
import type { Step } from '#dsl/judge/step.ts'
import type { Reason } from '#dsl/judge/verdict.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import type { Tally } from '#runtime/telemetry/tally.ts'
import { reasonShown, stepShown, verdictWord } from './describe-turn.ts'
import { harmless } from './harmless.ts'
import { clip, type Paint } from './paint.ts'

/** Redraws per second at most. */
const FRAMES_PER_SECOND = 12
const VERDICT_LINES = 8
const CONVERSATION_LINES = 8

export interface Screen {
  say(line: string): void
  committed(record: CommitRecord): void
  /** Leaves the terminal as it was found. */
  close(): void
}

interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export function createScreen(output: Output, paint: Paint, tally: Tally, expected: () => number): Screen {
  return output.isTTY === true
    ? livePanel(output, paint, tally, expected)
    : plainLines(output, paint, tally, expected)
}

function plainLines(output: Output, paint: Paint, tally: Tally, expected: () => number): Screen {
  let shownEnded = 0
  return {
    say: (line) => output.write(`${harmless(line)}\n`),
    committed(record) {
      for (const line of verdictLines(record, paint)) output.write(`${harmless(line)}\n`)
      const ended = tally.conversationsEnded
      if (ended > shownEnded && (ended % 10 === 0 || ended === expected())) {
        shownEnded = ended
        output.write(
          `${paint.dim(`${ended} of ${expected()} conversations ended, ${tally.steps} steps judged`)}\n`,
        )
      }
    },
    close: () => {},
  }
}

function livePanel(output: Output, paint: Paint, tally: Tally, expected: () => number): Screen {
  const verdicts: string[] = []
  const talks = new Map<string, string>()
  let drawn = 0
  let last = 0
  const erase = () => {
    if (drawn > 0) output.write(`\u001b[${drawn}A\u001b[0J`)
    drawn = 0
  }
  const draw = (force: boolean) => {
    const now = performance.now()
    if (!force && now - last < 1000 / FRAMES_PER_SECOND) return
    last = now
    const width = Math.max(40, (output.columns ?? 100) - 1)
    const total = Math.max(expected(), tally.conversationsStarted, tally.conversationsEnded)
    const ended = tally.conversationsEnded
    const bar = progressBar(ended, total, 24)
    const lines = [
      `${paint.cyan(bar)} ${ended}/${total} conversations   ${tally.steps} steps judged   ${tally.messages} messages   ${tally.records} commits`,
      '',
      ...talks.values(),
      '',
      ...verdicts,
    ].map((line) => clipPainted(harmless(line), width))
    erase()
    output.write(`${lines.join('\n')}\n`)
    drawn = lines.length
  }
  return {
    say(line) {
      erase()
      output.write(`${harmless(line)}\n`)
    },
    committed(record) {
      for (const turn of record.turns) {
        const talk = talkLine(turn, paint)
        if (!talk) continue
        const conversation = turn.agent.slice(0, turn.agent.lastIndexOf('/'))
        talks.delete(conversation)
        talks.set(conversation, talk)
        const [oldest] = talks.keys()
        if (talks.size > CONVERSATION_LINES && oldest !== undefined) talks.delete(oldest)
      }
      verdicts.push(...verdictLines(record, paint))
      verdicts.splice(0, Math.max(0, verdicts.length - VERDICT_LINES))
      draw(false)
    },
    close: () => erase(),
  }
}

/** What a conversation is at: the last words said or the last tool called. */
function talkLine(turn: CommitRecord['turns'][number], paint: Paint): string | undefined {
  const { input } = turn
  const conversation = turn.agent.slice(0, turn.agent.lastIndexOf('/'))
  const place = paint.bold(conversation.padEnd(14))
  if (input.kind === 'message' && input.from === 'customer')
    return `${place} ${paint.blue('customer')}  ${String(input.fields['text'] ?? '')}`
  const effect =
    turn.outcome === 'passed'
      ? turn.effects?.find(({ kind }) => kind === 'call' || kind === 'answer')
      : undefined
  if (effect?.kind === 'answer')
    return `${place} ${paint.green('desk    ')}  ${String(effect.fields['text'] ?? '')}`
  if (effect?.kind === 'call')
    return `${place} ${paint.dim('calls   ')}  ${effect.tool} ${paint.dim(JSON.stringify(effect.args))}`
  return undefined
}

/** One line per step that was not simply allowed. */
function verdictLines(record: CommitRecord, paint: Paint): string[] {
  const lines: string[] = []
  for (const turn of record.turns) {
    for (const { step, verdict } of turn.judged ?? []) {
      const speaking = verdict.reasons.filter((reason) => reason.action !== 'allow').sort(strongestFirst)
      const first = speaking[0]
      if (!first) continue
      const more = speaking.length > 1 ? paint.dim(` (+${speaking.length - 1} more)`) : ''
      lines.push(
        `${first.shadow ? paint.dim('shadow  ') : verdictWord(verdict, paint)} ${paint.dim(refOf(step))} ${stepShown(step)} · ${reasonShown(first, paint)}${more}`,
      )
    }
  }
  return lines
}

const STRENGTH = ['allow', 'warn', 'alert', 'repair', 'ask', 'deny', 'quarantine']

function strongestFirst(a: Reason, b: Reason): number {
  return Number(a.shadow) - Number(b.shadow) || STRENGTH.indexOf(b.action) - STRENGTH.indexOf(a.action)
}

/** `conversation#turn`, as `parapet explain` takes it. */
export function refOf(step: Step): string {
  return `${step.conversation}#${step.turn}`
}

function progressBar(done: number, total: number, width: number): string {
  const full = total === 0 ? 0 : Math.round((done / total) * width)
  return '█'.repeat(full) + '░'.repeat(width - full)
}

/** Clips by what is seen, keeping colour codes whole. */
function clipPainted(line: string, width: number): string {
  const plain = stripColours(line)
  if (plain.length <= width && !plain.includes('\n')) return line
  if (plain === line) return clip(line, width)
  let seen = 0
  let out = ''
  for (const part of line.replaceAll(/[\r\n\t]+/g, ' ').split(COLOUR)) {
    if (part.startsWith('\u001b[')) out += part
    else {
      const room = Math.max(0, width - 1 - seen)
      out += part.slice(0, room)
      seen += part.length
      if (seen >= width - 1) return `${out}…\u001b[0m`
    }
  }
  return out
}

const ESCAPE = '\u001b'
const COLOUR = new RegExp(`(${ESCAPE}\\[[0-9;]*m)`)

function stripColours(line: string): string {
  return line
    .split(COLOUR)
    .filter((part) => !part.startsWith('\u001b['))
    .join('')
}
