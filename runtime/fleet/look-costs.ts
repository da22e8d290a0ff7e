/** What looks of detectors cost, and what is known of it. */
import type { Need } from '#dsl/judge/grounds.ts'
import type { Step } from '#dsl/judge/step.ts'
import { type Actor, stepOf } from '#runtime/guard/steps.ts'
import type { Spent } from './definition.ts'
import { answerIn } from './ledger/words.ts'
import type { PartitionState } from './partition-state.ts'
import type { Gathering, TurnRecord } from './record.ts'

const MICRO = 1_000_000

export const NOTHING_SPENT: Spent = { amount: 0, tokens: 0 }

/** Money stays whole millionths. */
export function plusSpent(a: Spent, b: Spent): Spent {
  return { amount: Math.round((a.amount + b.amount) * MICRO) / MICRO, tokens: a.tokens + b.tokens }
}

export function isSpent({ amount, tokens }: Spent): boolean {
  return amount > 0 || tokens > 0
}

export function declaredCost(needs: readonly Need[]): Spent {
  return needs
    .map((need) => ({ amount: (need.kind === 'evidence' ? need.cost : undefined) ?? 0, tokens: 0 }))
    .reduce(plusSpent, NOTHING_SPENT)
}

export function spendsOf(actor: Actor, { amount, tokens }: Spent): Step {
  return stepOf(actor, 'spends', '', { amount, tokens })
}

/** What a gathering has cost when its detectors say nothing any more, or may cost once they look. */
export function unanswered({ needs, looks = needs, refused }: Gathering): Spent {
  return refused === undefined ? declaredCost(looks) : NOTHING_SPENT
}

/** What has been spent on a gathering for all anybody knows, when it ends before its detectors have answered. */
export function underway(gathering: Gathering): Spent | undefined {
  return gathering.looks === undefined ? spentOrNone(unanswered(gathering)) : undefined
}

/** What a recorded turn counted for looks; `state` is the partition as it stood before. */
export function paidIn(state: PartitionState, { input, steps }: TurnRecord): Spent | undefined {
  if (steps === 0) return undefined
  if (input.kind === 'found') return input.spent
  const timer = input.kind === 'timer' ? state.timers.get(input.timer) : undefined
  const late = timer?.kind === 'pending' ? state.pending.get(timer.pending) : undefined
  if (late?.kind === 'gathering') return spentOrNone(unanswered(late))
  const answered = answerIn(input)
  const pending = answered && state.pending.get(answered.pending)
  return pending?.kind === 'gathering' ? pending.unpaid?.spent : undefined
}

export function spentOrNone(spent: Spent): Spent | undefined {
  return isSpent(spent) ? spent : undefined
}
