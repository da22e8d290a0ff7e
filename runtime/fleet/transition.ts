/** The machine's part of a turn: the kernel computes, the guard judges all of it, and what passed is written down. */
import { type Gate, gate } from '#runtime/guard/guard.ts'
import type { Effect } from '#runtime/kernel/effect.ts'
import type { Macrostep, Origin, Stepped } from '#runtime/kernel/kernel.ts'
import { dropWork, hasOutcome, writeEffect, writeObligations } from './effect-changes.ts'
import { countedBy } from './ledger/settling.ts'
import { parkForDecision, parkForNeeds } from './parking.ts'
import { exceeds } from './size.ts'
import { fail, stop } from './supervision.ts'
import type { Turn } from './turn.ts'
import type { Event } from './turn-events.ts'

/** Effects of one transition, as JSON. */
export const EFFECTS_CHARS_MAX = 40_000
/** An agent's packed state, as JSON. */
export const STATE_CHARS_MAX = 100_000

export function start(turn: Turn): void {
  const { kernels, inputs } = turn.deps
  const input = inputs.get(turn.role)?.(turn.conversation) ?? null
  settle(turn, kernels.get(turn.role)!.start({ id: turn.id }, input), { type: 'parapet.start' }, 'runtime')
}

export function transition(turn: Turn, event: Event, origin: Origin): void {
  const kernel = turn.deps.kernels.get(turn.role)!
  const agent = turn.agent!
  if (!agent.live) {
    const unpacked = kernel.unpack({ id: turn.id }, agent.packed)
    // Neither trying again nor beginning anew may take the place of a state that cannot be read.
    if (unpacked.kind === 'refused') return stop(turn, unpacked.message)
    agent.live = unpacked.snapshot
  }
  settle(turn, kernel.step({ id: turn.id }, agent.live, event, origin), event, origin)
}

function settle(turn: Turn, result: Stepped, event: Event, origin: Origin): void {
  if (result.kind === 'refused') return fail(turn, result.message)
  if (result.status === 'error') return fail(turn, result.error ?? 'the machine failed')
  if (event.type === 'parapet.denied' && !result.handled)
    return turn.halt('denied', 'it was denied and has no answer to that')
  turn.moves = result.moves
  turn.effects = result.effects
  if (exceeds(result.effects, EFFECTS_CHARS_MAX))
    return fail(turn, `its effects take over ${EFFECTS_CHARS_MAX} characters`)
  const { stopwatch, measured } = turn.deps
  const { judge, grounds } = turn
  const began = stopwatch.nowNs()
  const before = turn.proceedings.steps
  const { moves, effects } = result
  const finished = result.status === 'done'
  const passed = gate(judge, turn.cells, turn.actor, { moves, effects, finished }, grounds, turn.proceedings)
  measured.judging(stopwatch.nowNs() - began, turn.proceedings.steps - before)
  switch (passed.kind) {
    case 'passed':
      writeObligations(turn.batch, turn.changes, turn.id, passed.obligations)
      return keep(turn, result, passed.effects, passed.holds)
    case 'asked':
      // Nobody can wait inside a machine that has not started.
      if (turn.agent && !turn.starting) return parkForDecision(turn, passed, { kind: 'event', event, origin })
      return turn.end('denied', 'its start asks for a decision')
    case 'wants':
      if (turn.agent && !turn.starting)
        return parkForNeeds(turn, passed.needs, passed.step, { kind: 'event', event, origin })
      return turn.end('denied', 'its start waits for a detector or a ledger')
    case 'quarantined':
      return turn.halt('quarantined', passed.reasons.map((reason) => reason.check).join(', '))
    case 'denied':
      turn.deny(passed.reasons)
      return turn.end('denied')
  }
}

function keep(
  turn: Turn,
  result: Macrostep,
  effects: readonly Effect[],
  holds: (Gate & { kind: 'passed' })['holds'],
): void {
  const state = turn.deps.kernels.get(turn.role)!.pack(result.snapshot)
  if (exceeds(state, STATE_CHARS_MAX)) return fail(turn, `its state takes over ${STATE_CHARS_MAX} characters`)
  const done = result.status === 'done'
  turn.effects = effects
  turn.change({ kind: 'agent', agent: turn.id, state, done })
  const agent = turn.agent!
  agent.live = result.snapshot
  // A notice is the answer to a denial, not a success after one.
  if (agent.denials > 0 && turn.input.kind !== 'notice')
    turn.change({ kind: 'denials', agent: turn.id, count: 0 })
  for (const effect of effects) {
    if (effect.kind === 'decide') grant(turn, effect)
    else {
      const keys = hasOutcome(effect)
        ? holds.flatMap((hold) => (hold.effect === effect ? hold.keys : []))
        : []
      const { batch, changes, id, judge } = turn
      writeEffect(batch, changes, id, effect, turn.holdings.use(keys), countedBy(judge, effect))
    }
  }
  // The rest has come about with this very transition.
  turn.settle(holds.flatMap(({ keys }) => keys))
  if (done) {
    dropWork(turn.batch, turn.changes, turn.id)
    turn.perhapsOver()
  }
  turn.end('passed')
}

/** An approver has spoken: only the role that was asked, and never for itself. */
function grant(turn: Turn, effect: Effect & { kind: 'decide' }): void {
  const approval = turn.batch.state.pending.get(effect.approval)
  if (approval?.kind !== 'approval' || approval.who !== turn.role || approval.step.actor === turn.id) return
  // A role decides in its own conversation only.
  if (approval.step.conversation !== turn.conversation) return
  turn.decisions.push({
    agent: approval.step.actor,
    input: { kind: 'decision', approval: approval.id, grant: effect.grant, by: turn.id, note: effect.note },
  })
}
