/**
 * What detectors cost. Their declared cost is reserved before they look; what they did cost is judged as a `spends` step of the
 * agent that asked, in the turn that hears what they found.
 *
 * Invariants:
 * 1. Nobody looks for money that the policy would not let the agent spend, beside what other looks of its conversation may
 *    still cost. A budget across the fleet cannot be asked without reserving in it: it is asked when the cost is known.
 * 2. What a look cost is counted once. Where nobody says, it has cost what was declared.
 * 3. What the budget does not pay for counts as not seen: the evidence is failed, and what asks for it unknown.
 */
import type { Evidence, Need } from '#dsl/judge/grounds.ts'
import type { Step } from '#dsl/judge/step.ts'
import { type Actor, stepOf } from '#runtime/guard/steps.ts'
import { agentId } from './address.ts'
import type { Spent } from './definition.ts'
import { answerIn } from './ledger/words.ts'
import type { PartitionState } from './partition-state.ts'
import type { Gathering, TurnRecord } from './record.ts'
import type { Turn } from './turn.ts'

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

/** Why nobody looks, where the budget does not reach. */
export function whyNotLooking(turn: Turn, needs: readonly Need[]): string | undefined {
  const cost = declaredCost(needs)
  if (!isSpent(cost)) return undefined
  const { judge, cells, actor, grounds } = turn
  const mark = cells.mark()
  // What others' looks may still cost is theirs: a limit of this agent does not count it.
  for (const [agent, open] of openIn(turn))
    judge.advance(
      cells,
      spendsOf({ ...actor, agent, actor: agentId(actor.conversation, agent) }, open),
      grounds,
    )
  const { kind, reasons } = judge.judge(cells, spendsOf(actor, cost), grounds)
  cells.rollback(mark)
  const why = reasons.flatMap(({ shadow, check, found }) => (shadow ? [] : [`${check}: ${found}`]))
  return kind === 'allow' ? undefined : `the budget does not reach for a look: ${why.join('; ')}`
}

/** What looks that are under way in the conversation may cost, by the role that asked. */
function openIn({ batch: { state }, deps, conversation }: Turn): (readonly [string, Spent])[] {
  return Array.from(deps.kernels.keys()).flatMap((role) => {
    const parked = state.agent(agentId(conversation, role))?.parked
    const pending = parked === undefined ? undefined : state.pending.get(parked)
    const cost = pending?.kind === 'gathering' ? spentOrNone(unanswered(pending)) : undefined
    return cost ? [[role, cost] as const] : []
  })
}

export function spendsOf(actor: Actor, { amount, tokens }: Spent): Step {
  return stepOf(actor, 'spends', '', { amount, tokens })
}

/** What a gathering has cost when its detectors say nothing any more. */
export function unanswered({ needs, refused }: Gathering): Spent {
  return refused === undefined ? declaredCost(needs) : NOTHING_SPENT
}

/** In the place of what was found. */
export function unpaid(keys: readonly string[]): Readonly<Record<string, Evidence>> {
  return Object.fromEntries(
    keys.map((key) => [key, { kind: 'failed', why: 'the budget does not pay for the look' }]),
  )
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
