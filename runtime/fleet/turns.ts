/**
 * One input becomes one or more turns.
 *
 * Order within a turn (runtime.md, "One turn"): what came in is judged as a step of its own; the kernel computes the
 * transition; the guard judges all of it; what passed is written down as changes. Nothing here acts.
 */
import { isReserved } from '#runtime/kernel/kernel.ts'
import { errorText } from '#runtime/kernel/refusal.ts'
import { type Instance, instanceOf, isPartitionSource, partitionSource } from './address.ts'
import type { Batch } from './batch.ts'
import { takeByKeeper } from './keeper.ts'
import { isKeeper } from './keeper-name.ts'
import { isLedgerConversation } from './ledger/address.ts'
import { takeInLedger } from './ledger/entry.ts'
import { closeOutcome } from './ledger/settling.ts'
import { answerIn } from './ledger/words.ts'
import { moveOver } from './move-over.ts'
import { receive } from './receive.ts'
import type { Input, TurnOutcome } from './record.ts'
import { bury, supervise } from './supervision.ts'
import { start } from './transition.ts'
import { Turn, type TurnDeps } from './turn.ts'

/** Inputs that may wait while an agent is parked; one more is refused. */
export const WAITING_MAX = 1_000

/** All turns of one input, as JSON. With what a record may hold before it, below what a slot takes. */
export const TURNS_BYTES_MAX = 500_000
const REASON_CHARS_MAX = 300

export class Turns {
  readonly #deps: TurnDeps

  constructor(deps: TurnDeps) {
    this.#deps = deps
  }

  /** Runs an input and whatever it lets loose: a start before it, notices, decisions. */
  take(batch: Batch, who: Instance, input: Input): void {
    this.#whole(batch, who, input, false, () => this.#take(batch, who, input))
  }

  /** Runs the next input that waited for a decision, which has been made. */
  takeWaiting(batch: Batch, id: string): void {
    const next = batch.state.agent(id)?.waiting[0]
    if (!next) return
    const who = instanceOf(id)
    this.#whole(batch, who, next, true, () => this.#run(batch, who, next, true))
  }

  /**
   * All turns an input sets off, or none of them: what throws, or does not fit into a record, stops that agent and nothing
   * else. Otherwise one input could keep its partition from ever committing again.
   */
  #whole(batch: Batch, who: Instance, input: Input, waited: boolean, run: () => void): void {
    const { conversation } = who
    const mark = batch.mark(conversation)
    const why = attempt(run) ?? tooLarge(batch.bytes - mark.bytes)
    if (why !== undefined) {
      batch.rollback(mark)
      const failed = attempt(() => this.#fail(batch, who, input, waited, why))
      if (failed !== undefined) {
        // Not even the end of the conversation can be judged.
        batch.rollback(mark)
        const turn = this.#begun(batch, who, input)
        consume(turn, waited)
        drop(turn)
        if (turn.agent) turn.change({ kind: 'halt', agent: who.id, why })
        turn.end('failed', why)
      }
    }
    batch.settle(conversation)
  }

  #fail(batch: Batch, who: Instance, input: Input, waited: boolean, why: string): void {
    const turn = this.#begun(batch, who, input)
    consume(turn, waited)
    // A ledger that stopped would take with it what it holds; the keeper has the next wish to take.
    if (isOurs(who)) return turn.end('failed', why)
    tryingAgain(turn)
    turn.taken()
    const mayGoOn = input.kind !== 'decision' && input.kind !== 'found' && answerIn(input) === undefined
    if (mayGoOn && supervise(turn, why)) return this.#follow(turn)
    bury(turn, why)
    drop(turn)
    turn.halt('failed', why)
  }

  #take(batch: Batch, who: Instance, input: Input): void {
    if (this.#startsAgent(batch, who, input)) {
      const turn = this.#begun(batch, who, { kind: 'notice', event: { type: 'parapet.start' } })
      start(turn)
      this.#follow(turn)
    }
    this.#run(batch, who, input, false)
  }

  #run(batch: Batch, who: Instance, input: Input, waited: boolean): void {
    const turn = this.#begun(batch, who, input)
    consume(turn, waited)
    turn.taken()
    const blocked = isOurs(who) ? undefined : this.#blocked(turn, waited)
    if (blocked) turn.end(blocked[0], blocked[1])
    else if (isLedgerConversation(who.conversation)) takeInLedger(turn, input)
    else if (isKeeper(who.role)) takeByKeeper(turn, input)
    else receive(turn, input)
    this.#follow(turn)
  }

  /** A turn of a conversation that stands under the policy in force. */
  #begun(batch: Batch, who: Instance, input: Input): Turn {
    const turn = new Turn(this.#deps, batch, who, input)
    if (batch.state.rollout) {
      moveOver(turn)
      turn.taken()
    }
    return turn
  }

  #follow(turn: Turn): void {
    for (const event of turn.notices) this.#run(turn.batch, turn.who, { kind: 'notice', event }, false)
    for (const { agent, input } of turn.decisions) this.#take(turn.batch, instanceOf(agent), input)
  }

  #startsAgent(batch: Batch, who: Instance, input: Input): boolean {
    const { id, conversation, role } = who
    return (
      input.kind === 'message' &&
      !isForged(input) &&
      !isOurs(who) &&
      this.#deps.kernels.has(role) &&
      batch.state.agent(id) === undefined &&
      !batch.state.conversation(conversation).ended
    )
  }

  /** Why an input goes no further, if it does not. */
  #blocked(turn: Turn, waited: boolean): [TurnOutcome, string] | undefined {
    const { input, agent } = turn
    if (!this.#deps.kernels.has(turn.role)) return ['refused', `the fleet has no agent \`${turn.role}\``]
    if (isForged(input))
      return [
        'refused',
        `\`${input.message}\` is a name of the runtime's own; messages from outside may not use it`,
      ]
    const gone = whyGone(turn)
    if (gone !== undefined) {
      drop(turn)
      return ['ignored', gone]
    }
    if (!agent || waited || !mayWait(input)) return undefined
    if (agent.parked === undefined && agent.waiting.length === 0) return undefined
    if (agent.waiting.length >= WAITING_MAX)
      return ['refused', `more than ${WAITING_MAX} inputs wait for the agent to go on`]
    turn.change({ kind: 'defer', agent: turn.id, input })
    return ['deferred', 'the agent waits for something else first']
  }
}

/** An agent of the runtime's own, or somebody who would live where only such an agent does. */
function isOurs({ conversation, role }: Instance): boolean {
  return isLedgerConversation(conversation) || isKeeper(role)
}

/** Why there is nobody left to take the input. Obligations outlive their agent, not their conversation. */
function whyGone({ batch: { state }, conversation, input, agent }: Turn): string | undefined {
  if (input.kind === 'drop') return undefined
  if (state.conversation(conversation).ended) return 'the conversation has ended'
  if (input.kind === 'retry' && agent?.halted !== undefined) return undefined
  if (input.kind === 'timer' && state.timers.get(input.timer)?.kind === 'obligation') return undefined
  if (!agent) return 'there is no such agent, or it could not start'
  if (agent.halted !== undefined) return `the agent was stopped: ${agent.halted}`
  return agent.done ? 'the agent has finished' : undefined
}

function isForged(input: Input): input is Input & { kind: 'message' } {
  return input.kind === 'message' && isReserved(input.message) && !input.runtime
}

/** That an input was taken stands in the same record as what came of it. */
function consume(turn: Turn, waited: boolean): void {
  const { input } = turn
  if (waited) turn.change({ kind: 'undefer', agent: turn.id })
  else if (input.kind === 'message') {
    const { source, seq } = input
    const { conversation } = turn
    if (source === partitionSource(turn.batch.partition))
      turn.change({ kind: 'seen', source, seq, arrived: conversation })
    else if (isPartitionSource(source)) turn.change({ kind: 'seen', source, seq })
    // What comes for an ended conversation has no effect however often it comes: nothing needs to be marked.
    else if (!turn.batch.state.conversation(conversation).ended)
      turn.change({ kind: 'seen', source, seq, conversation })
  }
}

/** The timer of an agent that rests: what fails is what it has tried again. */
function tryingAgain(turn: Turn): void {
  const { input, batch } = turn
  const timer = input.kind === 'timer' ? batch.state.timers.get(input.timer) : undefined
  const pending = timer?.kind === 'pending' ? batch.state.pending.get(timer.pending) : undefined
  if (pending?.kind !== 'rest') return
  turn.unpark(pending.id)
  turn.doing = pending.parked
  turn.tries = pending.tries
  turn.grounds = pending.grounds
}

/** Nothing comes of the input any more: what it belongs to is over. */
function drop(turn: Turn): void {
  const { input, batch } = turn
  if (input.kind === 'timer' && batch.state.timers.has(input.timer))
    turn.change({ kind: 'timer-done', id: input.timer })
  if ((input.kind === 'result' || input.kind === 'failure') && batch.state.intents.has(input.intent))
    closeOutcome(turn, input)
}

/** A notice belongs to the turn before it; a decision or a ledger's answer ends the waiting; a timer keeps its own time. */
function mayWait(input: Input): boolean {
  return (
    ['message', 'result', 'failure', 'part', 'retry'].includes(input.kind) && answerIn(input) === undefined
  )
}

function tooLarge(bytes: number): string | undefined {
  return bytes > TURNS_BYTES_MAX
    ? `what the input sets off takes ${bytes} bytes of the record, over ${TURNS_BYTES_MAX}`
    : undefined
}

/** What went wrong, in short, if it did: a fault of one agent's policy or machine is not a fault of the partition. */
function attempt(run: () => void): string | undefined {
  try {
    run()
    return undefined
  } catch (cause) {
    return `its turn threw: ${errorText(cause).slice(0, REASON_CHARS_MAX)}`
  }
}
