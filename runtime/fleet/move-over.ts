/**
 * A conversation comes under another policy, at the beginning of a turn. Monitors of checks that both policies have go on:
 * their cells are named by what they mean. Those of checks that are gone go with them, and what was owed by one is told.
 * A policy that judged beside has followed; when it does no more, what it kept goes too, as it would miss steps from then on.
 */
import { ownerOf } from '#dsl/judge/keys.ts'
import { isLedgerConversation } from './ledger/address.ts'
import type { Turn } from './turn.ts'

export function moveOver(turn: Turn): void {
  const { conversation, judge, beside, cells } = turn
  const { state } = turn.batch
  const known = state.conversation(conversation)
  // What a ledger counts is everybody's: a limit that is gone is asked for no more, and forgotten in time.
  const same = known.policy === judge.hash && known.beside === beside?.hash
  if (same || known.ended || isLedgerConversation(conversation)) return
  const before = turn.deps.policies.lately(known.policy)
  const besideBefore = known.beside === undefined ? undefined : turn.deps.policies.lately(known.beside)
  // What nobody has kept up to now may have missed steps, unless it was just made from all of them.
  const followed = (cell: string) =>
    state.rollout?.warmUp === 'replay' || !before || before.keeps(cell) || besideBefore?.keeps(cell) === true
  const keeps = (cell: string) => (judge.keeps(cell) || beside?.keeps(cell) === true) && followed(cell)
  const dropped = Array.from(cells.entries(), ([cell]) => cell).filter((cell) => !keeps(cell))
  turn.change({
    kind: 'judged-by',
    conversation,
    policy: judge.hash,
    ...(beside && { beside: beside.hash }),
    ...(dropped.length > 0 && { dropped }),
  })
  for (const id of Array.from(known.obligations ?? [])) {
    const timer = state.timers.get(id)
    // One that the other policy watches is owed no more, as long as that has no say.
    if (timer?.kind !== 'obligation' || judge.keeps(timer.cell)) continue
    turn.change({ kind: 'timer-done', id })
    const owner = ownerOf(timer.cell)
    const check = before?.plan.consistencies.find((one) => one.id === owner)?.name ?? owner
    turn.tellSupervisor('parapet.released', { check, agent: timer.agent, dueAt: timer.dueAt })
  }
  for (const cell of dropped) cells.set(cell, undefined)
}
