/** The ledgers of a fleet as an operator sees them: what each entry has counted, and whose outcome is open. */
import type { Cells } from '#dsl/judge/cells.ts'
import type { Ledgers } from '#dsl/judge/ledgers.ts'
import type { JsonObject } from '#dsl/judge/step.ts'
import type { PartitionState } from '../partition-state.ts'
import { isLedgerConversation, ledgerAgent } from './address.ts'
import { claimIn, holdsIn } from './entry.ts'

/** A hold this old is worth somebody's look. It is never given up for being old. */
export const HOLD_ALERT_MS = 60_000

export interface LedgerEntry {
  /** The agent that is the entry. */
  readonly ledger: string
  /** Name of the consistency; undefined when the policy in force has none of its meaning. */
  readonly check: string | undefined
  /** What has been counted, in words: `60 USD of at most 100 USD`. */
  readonly counted: string
  /** Steps whose outcome is open, oldest first. */
  readonly holds: readonly LedgerHold[]
}

export interface LedgerHold {
  readonly id: string
  readonly agent: string
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly step: string
  readonly fields: JsonObject
  /** Open for longer than `HOLD_ALERT_MS`. */
  readonly overdue: boolean
  /** Why nobody knows what became of it: a person has to say. */
  readonly unsure?: string
}

/** `now`: milliseconds since the epoch. Entries at rest are looked at and stay at rest. */
export function ledgerEntries(state: PartitionState, ledgers: Ledgers, now: number): LedgerEntry[] {
  const entries: LedgerEntry[] = []
  const add = (conversation: string, cells: Cells) => {
    const entry = entryOf(conversation, cells, ledgers, now)
    if (entry) entries.push(entry)
  }
  for (const { id, cells } of state.awake) if (isLedgerConversation(id)) add(id, cells)
  for (const conversation of state.resting.ids()) {
    const resting = isLedgerConversation(conversation) ? state.look(conversation) : undefined
    if (resting) add(conversation, resting.cells)
  }
  return entries
}

function entryOf(conversation: string, cells: Cells, ledgers: Ledgers, now: number): LedgerEntry | undefined {
  const held = holdsIn(cells)
  const claim = held[0]?.held.claim ?? claimIn(cells)
  if (!claim) return undefined
  const holds = held.map(({ id, held: { claim, agent, unsure } }): LedgerHold => {
    const { at, kind, name, fields } = claim.step
    return {
      id,
      agent,
      since: at,
      step: `${kind} ${name}`.trimEnd(),
      fields,
      overdue: now - at > HOLD_ALERT_MS,
      ...(unsure === undefined ? {} : { unsure }),
    }
  })
  return {
    ledger: ledgerAgent(conversation),
    check: ledgers.consistencies.find(({ id }) => id === claim.check)?.name,
    counted: ledgers.describe(cells, { ...claim, step: { ...claim.step, at: now } }),
    holds: holds.sort((a, b) => a.since - b.since),
  }
}
