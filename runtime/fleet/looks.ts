/**
 * What detectors cost. Their declared cost is reserved before they look; what they did cost is judged as a `spends` step of the
 * agent that asked, in the turn that hears what they found.
 *
 * Invariants:
 * 1. Nobody looks for money that the policy would not let the agent spend: beside what other looks of its conversation may still
 *    cost, and, where a budget holds across the fleet, before its ledger holds what this one may cost.
 * 2. What a look cost is counted once. Where nobody says, it has cost what was declared: also when whoever looked died, or the agent
 *    is stopped meanwhile.
 * 3. What the budget does not pay for counts as not seen: the evidence is failed, and what asks for it unknown.
 */
import {
  type Evidence,
  type Need,
  type ReservationNeed,
  type Reserved,
  withGrounds,
} from '#dsl/judge/grounds.ts'
import type { JsonObject, Step } from '#dsl/judge/step.ts'
import { Claims } from '#runtime/guard/claims.ts'
import { type Actor, stepOf } from '#runtime/guard/steps.ts'
import { agentId } from './address.ts'
import type { Spent } from './definition.ts'
import { withoutHolds } from './ledger/holdings.ts'
import { answerIn, tellBecame } from './ledger/words.ts'
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

export type Leave =
  | { readonly kind: 'given' }
  /** Ledgers have to hold first what the looks may cost. */
  | { readonly kind: 'held'; readonly claims: readonly ReservationNeed[] }
  | { readonly kind: 'refused'; readonly why: string }

/** May anybody look, for what that may cost? */
export function leaveToLook(turn: Turn, needs: readonly Need[]): Leave {
  const cost = declaredCost(needs)
  if (!isSpent(cost)) return { kind: 'given' }
  const { judge, cells, actor } = turn
  const grounds = withoutHolds(turn.grounds)
  const mark = cells.mark()
  // What others' looks may still cost is theirs: a limit of this agent does not count it.
  for (const [agent, open] of openIn(turn))
    judge.advance(
      cells,
      spendsOf({ ...actor, agent, actor: agentId(actor.conversation, agent) }, open),
      grounds,
    )
  const verdict = new Claims(judge, grounds, 'look').judge(cells, spendsOf(actor, cost))
  cells.rollback(mark)
  if (verdict.kind !== 'allow')
    return refused(
      verdict.reasons.flatMap(({ shadow, check, found }) => (shadow ? [] : [`${check}: ${found}`])),
    )
  const claims = (verdict.needs ?? []).flatMap((need) =>
    need.kind === 'reservation' ? [{ ...need, ahead: true as const }] : [],
  )
  return claims.length > 0 ? { kind: 'held', claims } : { kind: 'given' }
}

/** A ledger has answered for what looks may cost. */
export function leaveBy({ judge }: Turn, { check }: ReservationNeed, answer: Reserved): Leave {
  if (answer.kind === 'granted') return { kind: 'given' }
  const name = judge.ledgers.consistencies.find(({ id }) => id === check)?.name ?? check
  return refused([`${name}: ${answer.finding.found}`])
}

function refused(reasons: readonly string[]): Leave {
  return { kind: 'refused', why: `the budget does not reach for a look: ${reasons.join('; ')}` }
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

/** What a gathering has cost when its detectors say nothing any more, or may cost once they look. */
export function unanswered({ needs, looks = needs, refused }: Gathering): Spent {
  return refused === undefined ? declaredCost(looks) : NOTHING_SPENT
}

/** What has been spent on a gathering for all anybody knows, when it ends before its detectors have answered. */
export function underway(gathering: Gathering): Spent | undefined {
  return gathering.looks === undefined ? spentOrNone(unanswered(gathering)) : undefined
}

/**
 * Tells ledgers what came of what they held for looks. What was held covers what they did cost, or it is given back, and they are
 * asked to count that instead.
 */
export function settleLooks(turn: Turn, { needs, held = {} }: Gathering, spent: Spent | undefined): void {
  const { judge, actor, batch, changes } = turn
  const claims = (cost: Spent) => judge.ledgers.claims(spendsOf(actor, cost))
  const ahead = claims(declaredCost(needs))
  const grounds = turn.grounds?.reserved ?? {}
  const reserved: Record<string, Reserved> = {}
  const open = { ...held }
  for (const claim of spent ? claims(spent) : []) {
    const before = ahead.find(({ check, entry }) => check === claim.check && entry === claim.entry)
    const key = before && lookKey(before)
    const [hold, answer] = key === undefined ? [] : [open[key], grounds[key]]
    if (!before || key === undefined || !hold || answer?.kind !== 'granted') continue
    const { fields: actual } = claim.step
    if (!isCovered(actual, before.step.fields)) continue
    delete open[key]
    tellBecame(batch, changes, [hold], { kind: 'came about', actual })
    reserved[lookKey(claim)] = { ...answer, held: false }
  }
  tellBecame(batch, changes, Object.values(open), { kind: 'did not' })
  const others = withoutHolds(turn.grounds) ?? {}
  turn.grounds = Object.keys(reserved).length > 0 ? withGrounds(others, { reserved }) : others
}

/** As `Claims` names the reservation for what looks cost. */
function lookKey({ key }: ReservationNeed): string {
  return `${key}#look0`
}

function isCovered(actual: JsonObject, ahead: JsonObject): boolean {
  return Object.entries(actual).every(([name, value]) => {
    const most = ahead[name]
    return typeof value === 'number' && typeof most === 'number' ? value <= most : value === most
  })
}

/** Nobody waits for it any more; looks that are under way are paid for all the same. */
export function abandon(turn: Turn, gathering: Gathering): void {
  const spent = underway(gathering)
  if (spent) turn.judge.advance(turn.cells, spendsOf(turn.actor, spent), turn.grounds)
  const became = spent ? ({ kind: 'came about' } as const) : ({ kind: 'did not' } as const)
  tellBecame(turn.batch, turn.changes, Object.values(gathering.held ?? {}), became)
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
