/**
 * The turns of a ledger's entry.
 *
 * Invariants:
 * 1. It answers at once, granted or refused, and waits for nobody: askers cannot wait for each other.
 * 2. What is granted counts before the answer leaves. It is given back only on the asker's word, or a person's, that it did not
 *    come about; no time frees it.
 * 3. What came about is told once for each hold. A word about a hold that is not there has no effect.
 *
 * Cells: the constraint's own under the entry's name; `hold:ID` for each step whose outcome is open; `claim`, the latest one
 * when nothing was held, for reading the entry.
 */
import type { Cells } from '#dsl/judge/cells.ts'
import type { Claim, Reserved } from '#dsl/judge/grounds.ts'
import type { Ledgers } from '#dsl/judge/ledgers.ts'
import { unknown } from '#dsl/judge/monitors/monitor.ts'
import type { JsonObject } from '#dsl/judge/step.ts'
import { addressOf, agentId } from '../address.ts'
import type { Input } from '../record.ts'
import type { Turn } from '../turn.ts'
import { asJson } from '../turn-events.ts'
import { LEDGER_ROLE } from './address.ts'
import { closeOutcome } from './settling.ts'
import { type Became, type Reserve, said, tellAnswer } from './words.ts'

/** Steps of one entry whose outcome is open. One more is refused. */
export const HOLDS_MAX = 1_000
/** An entry is looked at this often at most to see whether it can be forgotten. */
const LOOK_AGAIN_MS = 60_000

/** A step that counts and whose outcome is open. */
export interface Held {
  readonly claim: Claim
  readonly agent: string
  /** Why nobody knows what became of it. */
  readonly unsure?: string
}

const HOLD = 'hold:'
const CLAIM = 'claim'

export function takeInLedger(turn: Turn, input: Input): void {
  if (turn.role !== LEDGER_ROLE) return turn.end('refused', 'only ledgers live here')
  if (input.kind === 'timer') return look(turn, input.timer)
  if (input.kind === 'result' || input.kind === 'failure') {
    // Whoever was alerted has heard, or not.
    closeOutcome(turn, input)
    return turn.end('passed')
  }
  if (input.kind === 'decision') {
    const became: Became = input.grant ? { kind: 'came about' } : { kind: 'did not' }
    return close(turn, input.approval, became)
  }
  if (input.kind !== 'message' || !input.runtime)
    return turn.end('refused', 'only the runtime speaks to ledgers')
  const { fields } = input
  switch (input.message) {
    case 'parapet.reserve':
      return reserve(turn, said<Reserve>(fields))
    case 'parapet.settle':
    case 'parapet.release':
    case 'parapet.unsure': {
      const { hold, became } = said<{ hold: string; became: Became }>(fields)
      return close(turn, hold, became)
    }
    default:
      return turn.end('refused', `\`${input.message}\` is nothing a ledger knows`)
  }
}

function reserve(turn: Turn, { hold, pending, key, agent, claim: asked }: Reserve): void {
  const { cells, batch } = turn
  const { ledgers } = turn.judge
  const claim: Claim = { ...asked, step: { ...asked.step, at: batch.at } }
  const answer = answerTo(cells, ledgers, claim)
  if (answer.kind === 'granted' && answer.held) cells.set(HOLD + hold, asJson({ claim, agent }))
  else if (cells.get(CLAIM) === undefined && cells.get(claim.entry) !== undefined)
    cells.set(CLAIM, asJson(claim))
  arm(turn, ledgers.keptMs(claim))
  tellAnswer(batch, turn.changes, agent, { pending, key, answer })
  turn.end('passed')
}

function answerTo(cells: Cells, ledgers: Ledgers, claim: Claim): Reserved {
  if (cells.size > HOLDS_MAX)
    return {
      kind: 'refused',
      finding: unknown(
        `the outcome of ${HOLDS_MAX} steps is open; the ledger takes no more before some are known`,
      ),
    }
  return ledgers.reserve(cells, claim)
}

function close(turn: Turn, hold: string, became: Became): void {
  const { cells } = turn
  const { ledgers } = turn.judge
  const cell = HOLD + hold
  const held = heldIn(cells.get(cell))
  if (held === undefined) return turn.end('ignored', 'nothing is held under this name')
  if (became.kind === 'unknown') {
    cells.set(cell, asJson({ ...held, unsure: became.why }))
    if (held.unsure === undefined) alert(turn, hold, held, became.why)
  } else {
    cells.set(cell, undefined)
    if (became.kind === 'came about') ledgers.settle(cells, held.claim, became.actual)
    else ledgers.release(cells, held.claim)
    if (cells.get(CLAIM) === undefined) cells.set(CLAIM, asJson(held.claim))
  }
  turn.end('passed')
}

/** Nothing but a person's word will close it, so whoever is told of trouble hears at once. */
function alert(turn: Turn, hold: string, { agent, claim }: Held, why: string): void {
  const { escalateTo, kernels } = turn.deps
  if (escalateTo === undefined) return
  const said = { ledger: turn.id, hold, agent, step: asJson(claim.step), why }
  if (!kernels.has(escalateTo)) {
    turn.tell(escalateTo, 'parapet.overdue', said)
    return
  }
  // No agent lives beside a ledger: the one of the conversation it is about is told.
  const { conversation } = addressOf(agent)
  turn.batch.notify(turn.changes, conversation, agentId(conversation, escalateTo), 'parapet.overdue', said)
}

/** Forgets the entry once nothing of it counts any more. */
function look(turn: Turn, timer: string): void {
  const { cells, batch } = turn
  const { ledgers } = turn.judge
  turn.change({ kind: 'timer-done', id: timer })
  const holds = holdsIn(cells)
  const claim = holds[0]?.held.claim ?? claimIn(cells)
  if (holds.length === 0 && (claim === undefined || ledgers.isOver(cells, claim, batch.at)))
    for (const [cell] of Array.from(cells.entries())) cells.set(cell, undefined)
  else arm(turn, LOOK_AGAIN_MS)
  turn.end('passed')
}

/** One timer an entry, however much it moves. Undefined: it is kept for ever. */
function arm({ batch, changes, id, conversation }: Turn, inMs: number | undefined): void {
  const timer = `l|${conversation}`
  if (inMs === undefined || batch.state.timers.has(timer)) return
  const dueAt = batch.at + Math.max(inMs, LOOK_AGAIN_MS)
  batch.change(changes, { kind: 'timer', id: timer, timer: { kind: 'ledger', agent: id, dueAt } })
}

export function holdsIn(cells: Cells): { readonly id: string; readonly held: Held }[] {
  return Array.from(cells.entries()).flatMap(([cell, value]) => {
    const held = cell.startsWith(HOLD) ? heldIn(value) : undefined
    return held === undefined ? [] : [{ id: cell.slice(HOLD.length), held }]
  })
}

export function claimIn(cells: Cells): Claim | undefined {
  const value = cells.get(CLAIM)
  return value === undefined ? undefined : said<Claim>(value as JsonObject)
}

function heldIn(value: ReturnType<Cells['get']>): Held | undefined {
  return value === undefined ? undefined : said<Held>(value as JsonObject)
}
