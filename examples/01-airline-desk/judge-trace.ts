/** Judges a recorded conversation turn by turn, as the gate of a running fleet would. */
import { Cells } from '#dsl/judge/cells.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import { repairStep } from '#dsl/judge/repair.ts'
import type { Step } from '#dsl/judge/step.ts'
import type { Reason, Verdict } from '#dsl/judge/verdict.ts'
import { TURN_CHECKS } from './agents/clerk.ts'
import type { Conversation, RecordedEvent } from './recorded.ts'
import { turnsOf } from './trace-steps.ts'

export interface JudgedTurn {
  /** `split`: refused for doing too much at once, and let through call by call, as the clerk does it then. */
  readonly outcome: 'passed' | 'split' | 'asked' | 'denied'
  readonly steps: readonly Step[]
  readonly calls: readonly RecordedEvent[]
  readonly reasons: readonly Reason[]
}

/**
 * A refused call has not happened, so its recorded result is left out. What the recording does after that goes on
 * from a call that did not happen, as any replay of another desk's conversations must.
 */
export function judgeTrace(judge: Judge, conversation: Conversation): JudgedTurn[] {
  const cells = new Cells()
  const judged: JudgedTurn[] = []
  let refused = false
  for (const { steps, calls } of turnsOf(conversation)) {
    const isOutcome = steps[0]?.kind === 'result' || steps[0]?.kind === 'fails'
    if (isOutcome && refused) {
      refused = false
      continue
    }
    const whole = judgeTogether(judge, cells, steps)
    const splits =
      whole.outcome === 'denied' && whole.reasons.every((r) => r.shadow || TURN_CHECKS.includes(r.check))
    const calling = steps.filter((step) => step.kind === 'calls')
    const alone = splits ? judgeTogether(judge, cells, calling.slice(0, 1)) : undefined
    const outcome = alone === undefined ? whole.outcome : alone.outcome === 'passed' ? 'split' : alone.outcome
    const reasons = alone === undefined ? whole.reasons : [...whole.reasons, ...alone.reasons]
    refused = calling.length > 0 && outcome !== 'passed' && outcome !== 'split'
    judged.push({ outcome, steps, calls, reasons })
  }
  return judged
}

/** All of a turn's steps go through or none does. */
function judgeTogether(
  judge: Judge,
  cells: Cells,
  steps: readonly Step[],
): { outcome: JudgedTurn['outcome']; reasons: Reason[] } {
  const mark = cells.mark()
  const reasons: Reason[] = []
  const blocking: Verdict[] = []
  for (const step of steps) {
    let verdict = judge.judge(cells, step)
    reasons.push(...verdict.reasons)
    if (verdict.kind === 'repair') verdict = judge.judge(cells, repairStep(step, verdict.repairs))
    if (verdict.kind !== 'allow') blocking.push(verdict)
  }
  if (blocking.length === 0) return { outcome: 'passed', reasons }
  cells.rollback(mark)
  return { outcome: blocking.every((verdict) => verdict.kind === 'ask') ? 'asked' : 'denied', reasons }
}
