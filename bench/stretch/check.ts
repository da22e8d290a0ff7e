/** What must hold of the whole history, whatever was killed, stopped or cut when. */
import { checkHistory } from '#runtime/fleet/check-history.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import { conversationName, hallOf, isEven } from './orders.ts'

/** A call of the tool, as the outside saw it. */
export interface Effect {
  readonly key: string
  readonly conversation: string
  readonly amount: number
}

export interface Outcome {
  /** Empty when all holds. */
  readonly faults: readonly string[]
  /** Nothing accepted waits any more. */
  readonly complete: boolean
  readonly orders: number
  /** Calls of the tool beyond the first with the same key: allowed, and without effect for a tool that knows keys. */
  readonly repeatedCalls: number
  /** Obligations found broken. */
  readonly broken: number
  /** Obligations long due and neither met nor found broken. */
  readonly forgotten: number
}

/** Obligations are looked at this long after they are due. */
const GRACE_MS = 3_000

/**
 * `accepted`: the orders of each conversation that the driver was told are kept, 1 to n. `records` in slot order of each
 * partition. `now`: by the fleet's clock.
 */
export function check(
  accepted: readonly number[],
  records: readonly CommitRecord[],
  effects: readonly Effect[],
  now: number,
): Outcome {
  const faults = checkHistory(records).map(({ invariant, what }) => `${invariant}: ${what}`)
  const taken = new Map<string, number>()
  const entries = new Map<string, number>()
  const calls = new Map<string, string>()
  const owed = new Map<string, number>()
  const brokenIn = new Set<string>()
  let broken = 0
  const count = (of: Map<string, number>, key: string) => of.set(key, (of.get(key) ?? 0) + 1)
  for (const { partition, turns } of records) {
    for (const { agent, input, changes, outcome, judged } of turns) {
      const conversation = agent.slice(0, agent.lastIndexOf('/'))
      if (input.kind === 'message' && outcome === 'passed') {
        const amount = Number(input.fields['amount'])
        if (input.message === 'order') count(taken, `${conversation} ${amount}`)
        if (input.message === 'entry') count(entries, `${conversation} ${amount}`)
      }
      if (input.kind === 'timer') owed.delete(`${partition} ${input.timer}`)
      for (const change of changes) {
        if (change.kind === 'timer' && change.timer.kind === 'obligation')
          owed.set(`${partition} ${change.id}`, change.timer.dueAt)
        if (change.kind === 'timer-done') owed.delete(`${partition} ${change.id}`)
        if (change.kind === 'intent' && change.effect.kind === 'call')
          calls.set(change.id, `${conversation} ${Number(change.effect.args['amount'])}`)
      }
      for (const { step } of judged ?? []) {
        if (step.name !== 'obligation') continue
        broken += 1
        brokenIn.add(conversation)
      }
    }
  }
  const applied = new Map<string, Set<string>>()
  for (const { key, conversation, amount } of effects) {
    const order = `${conversation} ${amount}`
    if (calls.get(key) !== order) faults.push(`effect without a commit: ${order} under ${key}`)
    const keys = applied.get(order) ?? new Set()
    applied.set(order, keys.add(key))
  }
  let complete = true
  let orders = 0
  const inHall = new Map<string, number>()
  accepted.forEach((last, index) => {
    const conversation = conversationName(index)
    if (last > 0 && !isEven(conversation) && !brokenIn.has(conversation)) complete = false
    for (let amount = 1; amount <= last; amount++, orders++) {
      const order = `${conversation} ${amount}`
      count(inHall, `${hallOf(conversation)} ${amount}`)
      const times = taken.get(order) ?? 0
      const keys = applied.get(order)?.size ?? 0
      if (times > 1) faults.push(`order ${order} was taken ${times} times`)
      if (keys > 1) faults.push(`order ${order} was applied under ${keys} keys`)
      if (times === 0 || keys === 0) complete = false
    }
  })
  for (const [entry, expected] of inHall) {
    const found = entries.get(entry) ?? 0
    if (found > expected) faults.push(`entry ${entry} was taken ${found} times instead of ${expected}`)
    if (found < expected) complete = false
  }
  const forgotten = Array.from(owed.values()).filter((dueAt) => dueAt + GRACE_MS < now).length
  if (forgotten > 0) complete = false
  const applications = Array.from(applied.values()).reduce((sum, keys) => sum + keys.size, 0)
  return { faults, complete, orders, repeatedCalls: effects.length - applications, broken, forgotten }
}
