/**
 * One input becomes one or more turns.
 *
 * Order within a turn (runtime.md, "One turn"): what came in is judged as a step of its own; the kernel computes the
 * transition; the guard judges all of it; what passed is written down as changes. Nothing here acts.
 */
import { isReserved } from '#runtime/kernel/kernel.ts'
import { addressOf } from './address.ts'
import type { Batch } from './batch.ts'
import { receive } from './receive.ts'
import type { Input, TurnOutcome } from './record.ts'
import { start } from './transition.ts'
import { Turn, type TurnDeps } from './turn.ts'

/** Inputs that may wait while an agent is parked; one more is refused. */
export const WAITING_MAX = 1_000

export class Turns {
  readonly #deps: TurnDeps

  constructor(deps: TurnDeps) {
    this.#deps = deps
  }

  /** Runs an input and whatever it lets loose: a start before it, notices, decisions, inputs that waited for one. */
  take(batch: Batch, id: string, input: Input): void {
    if (this.#startsAgent(batch, id, input)) {
      const turn = new Turn(this.#deps, batch, id, { kind: 'notice', event: { type: 'parapet.start' } })
      start(turn)
      this.#follow(turn)
    }
    this.#run(batch, id, input, false)
    for (;;) {
      const agent = batch.state.agents.get(id)
      const next = agent?.waiting[0]
      if (next === undefined || agent?.parked !== undefined) return
      this.#run(batch, id, next, true)
    }
  }

  #run(batch: Batch, id: string, input: Input, waited: boolean): void {
    const turn = new Turn(this.#deps, batch, id, input)
    if (waited) turn.change({ kind: 'undefer', agent: id })
    else if (input.kind === 'message') turn.change({ kind: 'seen', source: input.source, seq: input.seq })
    const blocked = this.#blocked(turn)
    if (blocked) turn.end(blocked[0], blocked[1])
    else receive(turn)
    this.#follow(turn)
  }

  #follow(turn: Turn): void {
    for (const event of turn.notices) this.#run(turn.batch, turn.id, { kind: 'notice', event }, false)
    for (const { agent, input } of turn.decisions) this.take(turn.batch, agent, input)
  }

  #startsAgent(batch: Batch, id: string, input: Input): boolean {
    const { conversation, role } = addressOf(id)
    return (
      input.kind === 'message' &&
      !isForged(input) &&
      this.#deps.kernels.has(role) &&
      !batch.state.agents.has(id) &&
      !batch.state.conversation(conversation).ended
    )
  }

  /** Why an input goes no further, if it does not. */
  #blocked(turn: Turn): [TurnOutcome, string] | undefined {
    const { input, agent } = turn
    if (!this.#deps.kernels.has(turn.role)) return ['refused', `the fleet has no agent \`${turn.role}\``]
    if (isForged(input))
      return [
        'refused',
        `\`${input.message}\` is a name of the runtime's own; messages from outside may not use it`,
      ]
    const gone = whyGone(turn)
    if (gone !== undefined) {
      if (input.kind === 'timer') turn.change({ kind: 'timer-done', id: input.timer })
      if (input.kind === 'result' || input.kind === 'failure')
        turn.change({ kind: 'intent-done', id: input.intent })
      return ['ignored', gone]
    }
    if (agent?.parked === undefined || input.kind === 'decision' || input.kind === 'timer') return undefined
    if (agent.waiting.length >= WAITING_MAX)
      return ['refused', `more than ${WAITING_MAX} inputs wait for a decision`]
    turn.change({ kind: 'defer', agent: turn.id, input })
    return ['deferred', 'the agent waits for a decision']
  }
}

/** Why there is nobody left to take the input. Obligations outlive their agent, not their conversation. */
function whyGone({ batch: { state }, conversation, input, agent }: Turn): string | undefined {
  if (state.conversation(conversation).ended) return 'the conversation has ended'
  if (input.kind === 'timer' && state.timers.get(input.timer)?.kind === 'obligation') return undefined
  if (!agent) return 'there is no such agent, or it could not start'
  if (agent.halted !== undefined) return `the agent was stopped: ${agent.halted}`
  return agent.done ? 'the agent has finished' : undefined
}

function isForged(input: Input): input is Input & { kind: 'message' } {
  return input.kind === 'message' && isReserved(input.message) && !input.runtime
}
