/**
 * Judges recorded conversations by the desk's policy and prints what each rule said:
 * `node examples/01-airline-desk/audit.ts [conversations.jsonl[.gz]]`, by default those shipped here.
 * Where the recording says which writes were right, it also counts how well the policy tells them apart.
 */
import { join } from 'node:path'
import type { Judge } from '#dsl/judge/judge.ts'
import { type JudgedTurn, judgeTrace } from './judge-trace.ts'
import { loadJudge } from './policy.ts'
import { type Conversation, readRecordings } from './recorded.ts'

export interface CheckCount {
  steps: number
  /** Among the writes that took effect. */
  wrongWrites: number
  rightWrites: number
}

export interface AuditReport {
  readonly conversations: number
  readonly turns: Readonly<Record<JudgedTurn['outcome'], number>>
  readonly checks: ReadonlyMap<string, CheckCount>
  /** Writes that took effect, by what the recording says of them; stopped is denied or asked. */
  readonly writes: { wrong: number; wrongStopped: number; right: number; rightStopped: number }
}

export function audit(judge: Judge, conversations: Iterable<Conversation>): AuditReport {
  const turns = { passed: 0, split: 0, asked: 0, denied: 0 }
  const checks = new Map<string, CheckCount>()
  const writes = { wrong: 0, wrongStopped: 0, right: 0, rightStopped: 0 }
  let count = 0
  for (const conversation of conversations) {
    count++
    for (const turn of judgeTrace(judge, conversation)) {
      turns[turn.outcome]++
      const effective = turn.calls.find((call) => call.effect === true)
      const stopped = turn.outcome === 'denied' || turn.outcome === 'asked'
      if (effective !== undefined) {
        const side = effective.write === 'gold' ? 'right' : 'wrong'
        writes[side]++
        if (stopped) writes[`${side}Stopped`]++
      }
      for (const check of new Set(turn.reasons.map((r) => (r.shadow ? `${r.check} (shadow)` : r.check)))) {
        const counted = checks.get(check) ?? { steps: 0, wrongWrites: 0, rightWrites: 0 }
        counted.steps++
        if (effective !== undefined) counted[effective.write === 'gold' ? 'rightWrites' : 'wrongWrites']++
        checks.set(check, counted)
      }
    }
  }
  return { conversations: count, turns, checks, writes }
}

function print({ conversations, turns, checks, writes }: AuditReport): void {
  const { passed, split, asked, denied } = turns
  console.log(`${conversations} conversations, ${passed + split + asked + denied} turns: ${passed} passed,`)
  console.log(`${split} passed call by call, ${asked} asked the supervisor, ${denied} denied.\n`)
  console.log('  turns  wrong  right   check (wrong and right: writes that took effect)')
  const byCount = [...checks].sort(([, a], [, b]) => b.steps - a.steps)
  for (const [check, { steps, wrongWrites, rightWrites }] of byCount)
    console.log(`${pad(steps)}${pad(wrongWrites)}${pad(rightWrites)}   ${check}`)
  const { wrong, wrongStopped, right, rightStopped } = writes
  if (wrong + right === 0) return
  console.log(
    `\nOf ${wrong} wrong writes that took effect ${wrongStopped} were stopped (recall ${percent(wrongStopped, wrong)}),`,
  )
  console.log(
    `of ${right} right ones ${rightStopped} (precision ${percent(wrongStopped, wrongStopped + rightStopped)}).`,
  )
}

const pad = (n: number): string => String(n).padStart(7)
const percent = (part: number, of: number): string =>
  of === 0 ? 'none' : `${((100 * part) / of).toFixed(1)} %`

if (import.meta.main) {
  const recordings = readRecordings(
    process.argv[2] ?? join(import.meta.dirname, 'data', 'conversations.jsonl.gz'),
  )
  if (recordings.kind === 'unreadable') {
    console.error(`${recordings.file} cannot be read: ${recordings.cause.message}`)
    process.exitCode = 1
  } else {
    for (const { file, line, what, help } of recordings.problems)
      console.error(`${file}:${line}: ${what} (${help})`)
    print(audit(loadJudge(), recordings.conversations.values()))
  }
}
