/** Effects and obligations that passed, written down as changes: outbox, intents, timers. Nothing is carried out here. */
import type { CellChange } from '#dsl/judge/cells.ts'
import type { Obligation } from '#dsl/judge/verdict.ts'
import type { Effect } from '#runtime/kernel/effect.ts'
import { addressOf, agentId } from './address.ts'
import type { Batch } from './batch.ts'
import { type Became, tellBecame } from './ledger/words.ts'
import type { Change, Hold, Timer } from './record.ts'

export const reminderTimer = (pending: string) => `r|${pending}`
export const pendingTimer = (pending: string) => `a|${pending}`
const machineTimer = (agent: string, name: string) => `m|${agent}|${name}`
export const obligationTimer = (conversation: string, cell: string) => `o|${conversation}|${cell}`

/** Is it an intent, carried out after the commit? */
export function hasOutcome({ kind }: Effect): boolean {
  return kind === 'call' || kind === 'answer' || kind === 'remember' || kind === 'recall' || kind === 'invoke'
}

/** `decide` is not written down here: it is an input for the agent that asked. Nor is `curate`, which no transition brings about. */
export function writeEffect(
  batch: Batch,
  changes: Change[],
  agent: string,
  effect: Effect,
  holds: readonly Hold[],
  countedBy: string | undefined,
): void {
  const { conversation, role } = addressOf(agent)
  switch (effect.kind) {
    case 'send': {
      const to = effect.to.includes('/') ? effect.to : agentId(conversation, effect.to)
      const { message, fields, labels } = effect
      const body = { message, from: role, fields, ...(labels && { labels }) }
      return batch.post(changes, addressOf(to).conversation, to, body)
    }
    case 'call':
    case 'answer':
    case 'remember':
    case 'recall':
    case 'invoke':
      return batch.change(changes, {
        kind: 'intent',
        id: batch.id(),
        agent,
        at: batch.at,
        effect,
        ...(holds.length > 0 && { holds }),
        ...(countedBy !== undefined && { countedBy }),
      })
    case 'stop': {
      for (const id of batch.state.agent(agent)?.intents ?? []) {
        const asked = batch.state.intents.get(id)?.effect
        if (asked?.kind === 'invoke' && asked.id === effect.id) closeIntent(batch, changes, id, CANCELLED)
      }
      return
    }
    case 'schedule': {
      const dueAt = batch.at + effect.delayMs
      const timer: Timer = { kind: 'machine', agent, name: effect.id, event: effect.event, dueAt }
      return batch.change(changes, { kind: 'timer', id: machineTimer(agent, effect.id), timer })
    }
    case 'cancel': {
      const id = machineTimer(agent, effect.id)
      if (batch.state.timers.has(id)) batch.change(changes, { kind: 'timer-done', id })
      return
    }
    case 'decide':
    case 'curate':
    case 'emit':
    case 'unknown':
      return
  }
}

/** An obligation owed sets a durable timer; one met clears it. */
export function writeObligations(
  batch: Batch,
  changes: Change[],
  agent: string,
  obligations: readonly Obligation[],
): void {
  const { conversation } = addressOf(agent)
  for (const { kind, cell, dueAt } of obligations) {
    const id = obligationTimer(conversation, cell)
    if (kind === 'owed')
      batch.change(changes, {
        kind: 'timer',
        id,
        timer: { kind: 'obligation', conversation, agent, cell, dueAt },
      })
    else if (batch.state.timers.has(id)) batch.change(changes, { kind: 'timer-done', id })
  }
}

/** A policy that judges beside may find met what was owed to it while it had the say: nobody waits for that any more. */
export function dropMet(
  batch: Batch,
  changes: Change[],
  conversation: string,
  cells: readonly CellChange[],
): void {
  for (const { cell, value } of cells) {
    if (value !== undefined) continue
    const id = obligationTimer(conversation, cell)
    if (batch.state.timers.has(id)) batch.change(changes, { kind: 'timer-done', id })
  }
}

const CANCELLED: Became = { kind: 'unknown', why: 'it was cancelled under way' }

/** Nobody waits for its outcome any more, except the ledgers that hold something for it: they are told. */
export function closeIntent(batch: Batch, changes: Change[], id: string, became: Became): void {
  tellBecame(batch, changes, batch.state.intents.get(id)?.holds, became)
  batch.change(changes, { kind: 'intent-done', id })
}

/**
 * An agent that has finished or was stopped waits for nothing: its timers and invoked sources are dropped. A tool's call was let through and is
 * made all the same, though nobody is left to hear of its result.
 */
export function dropWork(batch: Batch, changes: Change[], agent: string): void {
  const state = batch.state.agent(agent)
  for (const id of state?.timers ?? []) batch.change(changes, { kind: 'timer-done', id })
  for (const id of state?.intents ?? []) {
    if (batch.state.intents.get(id)?.effect.kind === 'invoke') closeIntent(batch, changes, id, CANCELLED)
  }
}

export function dropObligations(batch: Batch, changes: Change[], conversation: string): void {
  for (const id of batch.state.conversation(conversation).obligations ?? [])
    batch.change(changes, { kind: 'timer-done', id })
}
