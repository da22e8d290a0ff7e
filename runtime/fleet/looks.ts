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
import type { JsonObject } from '#dsl/judge/step.ts'
import { Claims } from '#runtime/guard/claims.ts'
import { agentId } from './address.ts'
import type { Spent } from './definition.ts'
import { withoutHolds } from './ledger/holdings.ts'
import { tellBecame } from './ledger/words.ts'
import { declaredCost, isSpent, spendsOf, spentOrNone, unanswered } from './look-costs.ts'
import type { Gathering } from './record.ts'
import type { Turn } from './turn.ts'

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

/** In the place of what was found. */
export function unpaid(keys: readonly string[]): Readonly<Record<string, Evidence>> {
  return Object.fromEntries(
    keys.map((key) => [key, { kind: 'failed', why: 'the budget does not pay for the look' }]),
  )
}
