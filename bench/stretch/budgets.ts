/**
 * What must hold of money, whatever was killed, stopped or cut when: no lot's purse, which the whole fleet shares, and no shop's, which
 * is its conversation's own, is ever overspent; and the ledgers have counted what was bought, to the dollar.
 */
import type { Ledgers } from '#dsl/judge/ledgers.ts'
import { ledgerEntries } from '#runtime/fleet/ledger/entries.ts'
import { PartitionState } from '#runtime/fleet/partition-state.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import { isShop, LOT_PURSE, SHOP_PURSE } from './orders.ts'

/** A purchase, as the outside saw it. */
export interface Purchase {
  readonly key: string
  readonly conversation: string
  readonly lot: string
  readonly amount: number
}

export interface Budgets {
  readonly faults: readonly string[]
  /** Every purchase asked for was made or refused, and no ledger waits for an outcome. */
  readonly complete: boolean
  readonly lots: number
  /** Dollars. */
  readonly spent: number
  readonly refused: number
}

/** `told`: how many purchases each shop was asked for. `records` in slot order of each partition. */
export function checkBudgets(
  told: ReadonlyMap<string, number>,
  records: readonly CommitRecord[],
  purchases: readonly Purchase[],
  ledgers: Ledgers,
  now: number,
): Budgets {
  const faults: string[] = []
  const committed = new Set<string>()
  const taken = new Map<string, number>()
  const open = new Set<string>()
  const states = new Map<number, PartitionState>()
  let refused = 0
  for (const record of records) {
    const state = states.get(record.partition) ?? new PartitionState()
    states.set(record.partition, state)
    state.fold(record)
    for (const { agent, input, outcome, changes } of record.turns) {
      const conversation = agent.slice(0, agent.lastIndexOf('/'))
      if (!isShop(conversation)) continue
      if (outcome === 'denied') refused++
      for (const change of changes) {
        if (change.kind === 'seen' && input.kind === 'message' && input.message === 'purchase')
          taken.set(conversation, (taken.get(conversation) ?? 0) + 1)
        if (change.kind === 'intent') {
          committed.add(change.id)
          open.add(change.id)
        }
        if (change.kind === 'intent-done') open.delete(change.id)
        if (change.kind === 'park') open.add(change.pending.id)
        if (change.kind === 'unpark') open.delete(change.pending)
      }
    }
  }
  const made = new Map<string, Purchase>()
  for (const purchase of purchases) {
    if (!committed.has(purchase.key))
      faults.push(
        `bought without a commit: ${purchase.amount} USD by ${purchase.conversation} under ${purchase.key}`,
      )
    made.set(purchase.key, purchase)
  }
  const lots = sums(made.values(), ({ lot }) => lot)
  for (const [lot, sum] of lots)
    if (sum > LOT_PURSE) faults.push(`${lot} is overspent: ${sum} of ${LOT_PURSE} USD`)
  for (const [shop, sum] of sums(made.values(), ({ conversation }) => conversation))
    if (sum > SHOP_PURSE) faults.push(`${shop} has overspent: ${sum} of ${SHOP_PURSE} USD`)
  const missing = Array.from(told).some(([shop, count]) => (taken.get(shop) ?? 0) < count)
  const entries = Array.from(states.values()).flatMap((state) => ledgerEntries(state, ledgers, now))
  const complete = !missing && open.size === 0 && entries.every(({ holds }) => holds.length === 0)
  if (complete) {
    const counted = entries.map((entry) => Number.parseInt(entry.counted, 10)).filter((sum) => sum > 0)
    const [book, till] = [counted, Array.from(lots.values())].map((all) =>
      all.toSorted((a, b) => a - b).join(' '),
    )
    if (book !== till) faults.push(`the ledgers have counted ${book}; bought was ${till}`)
  }
  const spent = Array.from(lots.values()).reduce((sum, each) => sum + each, 0)
  return { faults, complete, lots: lots.size, spent, refused }
}

function sums(purchases: Iterable<Purchase>, key: (purchase: Purchase) => string): Map<string, number> {
  const all = new Map<string, number>()
  for (const purchase of purchases) {
    const of = key(purchase)
    all.set(of, (all.get(of) ?? 0) + purchase.amount)
  }
  return all
}
