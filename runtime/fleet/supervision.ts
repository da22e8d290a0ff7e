/**
 * What becomes of an agent whose turn fails: its machine threw, refused its state, or made more than a record holds. Only
 * that agent is concerned; the others of its conversation go on.
 *
 * Invariants:
 * 1. A failed turn leaves nothing behind but that it failed: the input is tried again from its beginning, or kept as a
 *    dead letter, never lost.
 * 2. While the agent rests, what else comes for it waits behind the input that failed, in order.
 * 3. How long it rests follows from what the log holds, so that it is the same whoever computes it.
 */
import type { Supervision } from './definition.ts'
import { dropWork, pendingTimer } from './effect-changes.ts'
import { withoutHolds } from './ledger/holdings.ts'
import { closeOutcome } from './ledger/settling.ts'
import type { DeadLetter, Input, Parked, Rest } from './record.ts'
import type { Turn } from './turn.ts'

export const SUPERVISION_DEFAULT: Required<Omit<Supervision, 'onFailure'>> = {
  triesMax: 3,
  backoffMs: 1_000,
  backoffMaxMs: 60_000,
  failuresMax: 10,
  withinMs: 600_000,
}

/** Dead letters of one partition; beyond it the oldest is dropped. The log has them all. */
export const DEAD_MAX = 500

/** Ends the turn of an agent that failed. */
export function fail(turn: Turn, why: string): void {
  if (!supervise(turn, why)) stop(turn, why)
}

/** Ends the turn of an agent that no further try would help. */
export function stop(turn: Turn, why: string): void {
  bury(turn, why)
  turn.halt('failed', why)
}

/** False when the agent has to be stopped. */
export function supervise(turn: Turn, why: string): boolean {
  const declared = turn.deps.supervision.get(turn.role)
  // One that cannot even start has nothing to go back to.
  if (!declared || !turn.agent || turn.starting) return false
  const { triesMax, backoffMs, backoffMaxMs, failuresMax, withinMs } = { ...SUPERVISION_DEFAULT, ...declared }
  const { state, at } = turn.batch
  turn.retract()
  const failures = [...(state.failures.get(turn.id) ?? []).filter((then) => then > at - withinMs), at]
  turn.change({ kind: 'failures', agent: turn.id, at: failures })
  if (failures.length > failuresMax) {
    bury(turn, why)
    turn.halt('failed', `${why}; it has failed ${failures.length} times in ${withinMs / 1000} seconds`)
    return true
  }
  if (declared.onFailure === 'restart') {
    dropWork(turn.batch, turn.changes, turn.id)
    turn.notices.push({ type: RESTART })
  }
  const tries = turn.tries + 1
  if (tries >= triesMax) {
    bury(turn, why)
    turn.end('failed', `given up after ${tries} ${tries === 1 ? 'try' : 'tries'}: ${why}`)
    return true
  }
  const id = turn.batch.id()
  const restMs = spread(id, Math.min(backoffMaxMs, backoffMs * 2 ** (tries - 1)))
  rest(turn, { kind: 'rest', id, dueAt: at + restMs, parked: turn.doing, tries, why })
  turn.end('failed', `${why}; tried again in ${restMs} ms`)
  return true
}

/** The machine begins anew, in a turn of its own. */
const RESTART = 'parapet.start'

function rest(turn: Turn, pending: Rest): void {
  const { id, dueAt } = pending
  const left = withoutHolds(turn.grounds)
  const grounds = left === undefined ? {} : { grounds: left }
  turn.change({ kind: 'park', agent: turn.id, pending: { ...pending, ...grounds } })
  turn.change({
    kind: 'timer',
    id: pendingTimer(id),
    timer: { kind: 'pending', agent: turn.id, pending: id, dueAt },
  })
}

/** What could not be done is kept, for a person to look at, try again or drop. */
export function bury(turn: Turn, why: string): void {
  if (turn.starting) return
  const { dead } = turn.batch.state
  const oldest = dead.size >= DEAD_MAX ? dead.values().next().value : undefined
  if (oldest) drop(turn, oldest)
  const { id, doing, tries } = turn
  const letter = { id: turn.batch.id(), agent: id, parked: doing, why, at: turn.batch.at, tries: tries + 1 }
  turn.change({ kind: 'dead', letter })
}

/** Nothing comes of a dead letter any more. */
export function drop(turn: Turn, letter: DeadLetter): void {
  turn.change({ kind: 'dead-done', id: letter.id })
  const outcome = outcomeOf(letter.parked)
  if (outcome !== undefined && turn.batch.state.intents.has(outcome.intent)) closeOutcome(turn, outcome)
}

/** The outcome of an intent, if that is what is parked. */
export function outcomeOf(parked: Parked): (Input & { kind: 'result' | 'failure' }) | undefined {
  if (parked.kind === 'event') return undefined
  const { input } = parked
  return input.kind === 'result' || input.kind === 'failure' ? input : undefined
}

/** Between half of `ms` and all of it, by the id: agents that failed together do not come back together. */
function spread(id: string, ms: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  return Math.round(ms * (0.5 + (hash >>> 0) / 2 ** 33))
}
