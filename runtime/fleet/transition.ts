/** The machine's part of a turn: the kernel computes, the guard judges all of it, and what passed is written down. */
import type { Ask, Reason } from '#dsl/judge/verdict.ts'
import { gate } from '#runtime/guard/guard.ts'
import type { Effect } from '#runtime/kernel/effect.ts'
import type { Macrostep, Origin, Stepped } from '#runtime/kernel/kernel.ts'
import { approvalTimer, dropWork, writeEffect, writeObligations } from './effect-changes.ts'
import type { Approval } from './record.ts'
import { exceeds } from './size.ts'
import type { Turn } from './turn.ts'
import { asJson, type Event, shortReason } from './turn-events.ts'

/** Effects of one transition, as JSON. */
export const EFFECTS_CHARS_MAX = 40_000
/** An agent's packed state, as JSON. */
export const STATE_CHARS_MAX = 100_000

export function start(turn: Turn): void {
  const { kernels, inputs } = turn.deps
  const input = inputs.get(turn.role)?.(turn.conversation) ?? null
  settle(turn, kernels.get(turn.role)!.start({ id: turn.id }, input), { type: 'parapet.start' }, 'runtime')
}

/** `approved`: checks whose ask has been granted for this very transition. */
export function transition(turn: Turn, event: Event, origin: Origin, approved?: ReadonlySet<string>): void {
  const kernel = turn.deps.kernels.get(turn.role)!
  const agent = turn.agent!
  if (!agent.live) {
    const unpacked = kernel.unpack({ id: turn.id }, agent.packed)
    if (unpacked.kind === 'refused') return turn.halt('failed', unpacked.message)
    agent.live = unpacked.snapshot
  }
  settle(turn, kernel.step({ id: turn.id }, agent.live, event, origin), event, origin, approved)
}

function settle(
  turn: Turn,
  result: Stepped,
  event: Event,
  origin: Origin,
  approved?: ReadonlySet<string>,
): void {
  if (result.kind === 'refused') return turn.halt('failed', result.message)
  if (result.status === 'error') return turn.halt('failed', result.error ?? 'the machine failed')
  if (event.type === 'parapet.denied' && !result.handled)
    return turn.halt('denied', 'it was denied and has no answer to that')
  turn.moves = result.moves
  turn.effects = result.effects
  if (exceeds(result.effects, EFFECTS_CHARS_MAX))
    return turn.halt('failed', `its effects take over ${EFFECTS_CHARS_MAX} characters`)
  const { stopwatch, measured, judge } = turn.deps
  const began = stopwatch.nowNs()
  const before = turn.proceedings.steps
  const { moves, effects } = result
  const finished = result.status === 'done'
  const passed = gate(judge, turn.cells, turn.actor, { moves, effects, finished }, approved, turn.proceedings)
  measured.judging(stopwatch.nowNs() - began, turn.proceedings.steps - before)
  switch (passed.kind) {
    case 'passed':
      writeObligations(turn.batch, turn.changes, turn.id, passed.obligations)
      return keep(turn, result, passed.effects)
    case 'asked':
      // Nobody can wait inside a machine that has not started.
      if (turn.agent) return park(turn, passed, event, origin)
      return turn.end('denied', 'its start asks for a decision')
    case 'quarantined':
      return turn.halt('quarantined', passed.reasons.map((reason) => reason.check).join(', '))
    case 'denied':
      turn.deny(passed.reasons)
      return turn.end('denied')
  }
}

function keep(turn: Turn, result: Macrostep, effects: readonly Effect[]): void {
  const state = turn.deps.kernels.get(turn.role)!.pack(result.snapshot)
  if (exceeds(state, STATE_CHARS_MAX))
    return turn.halt('failed', `its state takes over ${STATE_CHARS_MAX} characters`)
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
    else writeEffect(turn.batch, turn.changes, turn.id, effect)
  }
  if (done) {
    dropWork(turn.batch, turn.changes, turn.id)
    turn.perhapsOver()
  }
  turn.end('passed')
}

/** An approver has spoken: only the role that was asked, and never for itself. */
function grant(turn: Turn, effect: Effect & { kind: 'decide' }): void {
  const approval = turn.batch.state.approvals.get(effect.approval)
  if (!approval || approval.who !== turn.role || approval.step.actor === turn.id) return
  // A role decides in its own conversation only.
  if (approval.step.conversation !== turn.conversation) return
  turn.decisions.push({
    agent: approval.step.actor,
    input: { kind: 'decision', approval: approval.id, grant: effect.grant, by: turn.id, note: effect.note },
  })
}

function park(
  turn: Turn,
  asked: {
    readonly asks: readonly Ask[]
    readonly step: Approval['step']
    readonly reasons: readonly Reason[]
  },
  event: Event,
  origin: Origin,
): void {
  const { who } = asked.asks[0]!
  const approval: Approval = {
    id: turn.batch.id(),
    who,
    checks: asked.asks.map((ask) => ask.check),
    dueAt: turn.batch.at + Math.min(...asked.asks.map((ask) => ask.withinMs)),
    otherwise: asked.asks.every((ask) => ask.otherwise === 'allow') ? 'allow' : 'deny',
    event,
    origin,
    step: asked.step,
    reasons: asked.reasons,
  }
  const { id, dueAt } = approval
  turn.change({ kind: 'park', agent: turn.id, approval })
  turn.change({
    kind: 'timer',
    id: approvalTimer(id),
    timer: { kind: 'approval', agent: turn.id, approval: id, dueAt },
  })
  if (turn.deps.kernels.has(who) && who !== turn.role)
    turn.notify(who, 'parapet.approval', {
      approval: id,
      who,
      agent: turn.id,
      step: asJson(asked.step),
      reasons: asJson(asked.reasons.map(shortReason)),
      dueAt,
    })
  turn.end('asked', `${who} decides`)
}
