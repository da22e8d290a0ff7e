/**
 * What a policy's monitors would hold had it judged all along: the recorded steps of conversations that are open, folded
 * through those of its monitors that the policy with the say does not have. It costs reading the partition's whole log, as far
 * as it is kept, and a second copy of the partition's state while it lasts.
 */
import { Cells } from '#dsl/judge/cells.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import type { Obligation } from '#dsl/judge/verdict.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import { addressOf } from './address.ts'
import { obligationTimer } from './effect-changes.ts'
import { keptLog } from './kept-log.ts'
import { isLedgerConversation } from './ledger/address.ts'
import { PartitionState } from './partition-state.ts'
import type { Change, TurnRecord } from './record.ts'
import { happenedIn } from './replay.ts'

/** Cells in one change, so that a change fits into a record. */
const CELLS_PER_CHANGE = 200

interface Warm {
  readonly cells: Cells
  readonly owed: Map<string, Obligation & { readonly agent: string }>
}

export interface WarmUpDeps {
  readonly log: FleetLog
  readonly partition: number
  readonly state: PartitionState
  readonly awakeMax: number
  /** Who has the say now. */
  readonly say: Judge
  readonly judge: Judge
  /** Whether `judge` gets the say: what is owed to it then has deadlines. */
  readonly enforces: boolean
}

export async function warmUpChanges(deps: WarmUpDeps): Promise<Change[]> {
  const warm = new Map<string, Warm>()
  let past = new PartitionState()
  for await (const kept of keptLog(deps.log, deps.partition)) {
    if (kept.kind === 'refused') break
    if (kept.kind === 'begins') {
      past = kept.state
      continue
    }
    for (const turn of kept.record.turns) {
      follow(deps, warm, past, turn)
      past.foldTurn(turn, kept.record.rev)
    }
    past.advance(kept.record)
    past.rest(deps.awakeMax)
  }
  return Array.from(warm).flatMap(([conversation, each]) => changesOf(deps, conversation, each))
}

function follow(
  { state, judge }: WarmUpDeps,
  warm: Map<string, Warm>,
  past: PartitionState,
  turn: TurnRecord,
) {
  const { conversation } = addressOf(turn.agent)
  if (isLedgerConversation(conversation) || state.known(conversation)?.ended !== false) return
  const { cells, owed } = warm.get(conversation) ?? { cells: new Cells(), owed: new Map() }
  warm.set(conversation, { cells, owed })
  for (const step of happenedIn(past, turn)) {
    for (const obligation of judge.advance(cells, step, turn.grounds)) {
      if (obligation.kind === 'owed') owed.set(obligation.cell, { ...obligation, agent: step.actor })
      else owed.delete(obligation.cell)
    }
  }
  cells.settle()
}

/** Only what the policy with the say does not keep itself. */
function changesOf(
  { say, judge, enforces }: WarmUpDeps,
  conversation: string,
  { cells, owed }: Warm,
): Change[] {
  const own = Array.from(cells.entries(), ([cell, value]) => ({ cell, value })).filter(
    ({ cell }) => judge.keeps(cell) && !say.keeps(cell) && (enforces || !owed.has(cell)),
  )
  const changes: Change[] = []
  for (let from = 0; from < own.length; from += CELLS_PER_CHANGE)
    changes.push({ kind: 'cells', conversation, cells: own.slice(from, from + CELLS_PER_CHANGE) })
  if (!enforces) return changes
  for (const { cell, dueAt, agent } of owed.values()) {
    if (say.keeps(cell)) continue
    const timer = { kind: 'obligation', conversation, agent, cell, dueAt } as const
    changes.push({ kind: 'timer', id: obligationTimer(conversation, cell), timer })
  }
  return changes
}

/** In groups that take at most about `bytes` as JSON each. */
export function grouped(changes: readonly Change[], bytes: number): Change[][] {
  const groups: Change[][] = []
  let size = bytes
  for (const change of changes) {
    const { length } = JSON.stringify(change)
    if (size + length > bytes) {
      groups.push([])
      size = 0
    }
    groups.at(-1)!.push(change)
    size += length
  }
  return groups
}
