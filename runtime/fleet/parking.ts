/**
 * Parking: an agent that cannot go on before something is known takes nothing further until it is. What was parked is done
 * again from its beginning, on larger grounds; `receive.ts` does that.
 */
import { type Grounds, type Need, type ReservationNeed, withGrounds } from '#dsl/judge/grounds.ts'
import type { Step } from '#dsl/judge/step.ts'
import type { Ask, Reason } from '#dsl/judge/verdict.ts'
import { pendingTimer, reminderTimer } from './effect-changes.ts'
import { ledgerOf } from './ledger/address.ts'
import { withoutHolds } from './ledger/holdings.ts'
import { tellReserve } from './ledger/words.ts'
import { type Leave, leaveToLook } from './looks.ts'
import type { Approval, Gathering, Hold, Parked, Pending } from './record.ts'
import type { Turn } from './turn.ts'
import { asJson, shortReason } from './turn-events.ts'

/** Needs of one transition; more are refused. */
export const NEEDS_MAX = 64
/** What detectors may take beyond their own deadlines before they count as late. */
export const EVIDENCE_GRACE_MS = 1_000
/** When a reservation that is still open is worth telling someone; it is never given up for being late. */
export const RESERVATION_ALERT_MS = 60_000

export function parkForDecision(
  turn: Turn,
  asked: { readonly asks: readonly Ask[]; readonly step: Step; readonly reasons: readonly Reason[] },
  parked: Parked,
): void {
  const { who } = asked.asks[0]!
  // One role decides at a time: what it grants is judged again, and asks the next.
  const asks = asked.asks.filter((ask) => ask.who === who)
  const people = Math.max(...asks.map((ask) => ask.people ?? 1))
  const approval: Approval = {
    kind: 'approval',
    id: turn.batch.id(),
    who,
    ...(people > 1 && { people }),
    checks: asks.map((ask) => ask.check),
    dueAt: turn.batch.at + Math.min(...asks.map((ask) => ask.withinMs)),
    otherwise: asks.every((ask) => ask.otherwise === 'allow') ? 'allow' : 'deny',
    parked,
    ...given(withoutHolds(turn.grounds)),
    step: asked.step,
    reasons: asked.reasons,
  }
  park(turn, approval)
  remind(turn, approval, 0)
  turn.end('asked', people > 1 ? `${people} of ${who} decide` : `${who} decides`)
}

/** Tells whoever has to decide; `count` of the times before. As long as nobody does, it is told again. */
export function remind(turn: Turn, approval: Approval, count: number): void {
  const { id, who, dueAt, step, reasons } = approval
  if (who !== turn.role)
    turn.tell(who, 'parapet.approval', {
      approval: id,
      who,
      agent: turn.id,
      step: asJson(step),
      reasons: asJson(reasons.map(shortReason)),
      dueAt,
      ...(count > 0 && { reminder: count }),
    })
  const { reminders } = turn.deps
  const next = turn.batch.at + (reminders?.everyMs ?? 0)
  if (!reminders || count >= reminders.most || next >= dueAt) return
  const timer = { kind: 'reminder', agent: turn.id, pending: id, count: count + 1, dueAt: next } as const
  turn.change({ kind: 'timer', id: reminderTimer(id), timer })
}

export function parkForNeeds(
  turn: Turn,
  needs: readonly Need[],
  step: Step,
  parked: Parked,
  unpaid?: Gathering['unpaid'],
): void {
  const again = needs.find((need) => has(turn.grounds, need))
  if (again) throw new Error(`the judge asks again for what it was given: ${again.key}`)
  if (needs.length > NEEDS_MAX)
    return turn.halt('failed', `it takes ${needs.length} looks or reservations to judge, over ${NEEDS_MAX}`)
  const waiting = { step, parked, ...(unpaid && { unpaid }) }
  const claims = needs.filter((need) => need.kind === 'reservation')
  // What is held already waits with it: ledgers answer at once.
  if (claims.length > 0)
    return reserve(turn, claims, { ...waiting, ...given(turn.grounds), held: turn.holdings.carry() })
  const leave = leaveToLook(turn, needs)
  const looks = { ...waiting, ...given(withoutHolds(turn.grounds)), looks: needs }
  if (leave.kind === 'held') return reserve(turn, leave.claims, looks)
  look(turn, looks, leave)
}

/** Ledgers have answered for what looks may cost, or had not to be asked. */
export function look(
  turn: Turn,
  { looks, ...waiting }: Waiting & { readonly looks: readonly Need[] },
  leave: Leave,
): void {
  const refused = leave.kind === 'refused' ? { refused: leave.why } : {}
  park(turn, { ...waiting, ...refused, ...gatheringOf(turn, looks) })
  turn.end('gathering')
}

type Waiting = Omit<Gathering, 'kind' | 'id' | 'dueAt' | 'needs'>

function gatheringOf({ batch }: Turn, needs: readonly Need[]) {
  return { kind: 'gathering', id: batch.id(), dueAt: batch.at + patienceMs(needs), needs } as const
}

/** Asks ledgers; beside what they hold already. */
function reserve(turn: Turn, claims: readonly ReservationNeed[], waiting: Waiting): void {
  const gathering = gatheringOf(turn, claims)
  const { id } = gathering
  const asked = claims.map((claim, index) => {
    const hold: Hold = { ledger: ledgerOf(claim.entry), id: `${id}.${index}` }
    return [claim.key, hold] as const
  })
  const held = { ...waiting.held, ...Object.fromEntries(asked) }
  if (Object.keys(held).length > NEEDS_MAX)
    return turn.halt('failed', `it takes over ${NEEDS_MAX} reservations to judge`)
  park(turn, { ...waiting, ...gathering, held })
  for (const [index, { key, kind: _, ...claim }] of claims.entries()) {
    const { ledger, id: hold } = asked[index]![1]
    tellReserve(turn.batch, turn.changes, ledger, { hold, pending: id, key, agent: turn.id, claim })
  }
  turn.end('gathering')
}

/** What a parked agent goes on with. */
export function groundsOf(pending: Pending, more: Grounds): Grounds {
  return withGrounds(pending.grounds, more)
}

function park(turn: Turn, pending: Pending): void {
  const { id, dueAt } = pending
  turn.change({ kind: 'park', agent: turn.id, pending })
  if (pending.kind === 'gathering' && pending.needs.some((need) => need.kind === 'reservation')) return
  const timer = { kind: 'pending', agent: turn.id, pending: id, dueAt } as const
  turn.change({ kind: 'timer', id: pendingTimer(id), timer })
}

function patienceMs(needs: readonly Need[]): number {
  return Math.max(
    ...needs.map((need) =>
      need.kind === 'evidence' ? need.withinMs + EVIDENCE_GRACE_MS : RESERVATION_ALERT_MS,
    ),
  )
}

function has(grounds: Grounds | undefined, need: Need): boolean {
  const held = need.kind === 'evidence' ? grounds?.evidence : grounds?.reserved
  return held !== undefined && Object.hasOwn(held, need.key)
}

function given(grounds: Grounds | undefined): { grounds?: Grounds } {
  return grounds === undefined ? {} : { grounds }
}
