/**
 * The state of one partition: a fold over its commit records.
 *
 * Invariants:
 * 1. The same records in the same order give the same state; the live path applies the very changes it commits.
 * 2. From one source messages are taken in the order of `seq`, each once: a lower one is a double, a higher one
 *    comes too early and is left for the sender to send again (go-back-N).
 * 3. An agent that waits for a decision takes no input but that decision; the rest stands in `waiting`, in order.
 */
import { Cells } from '#dsl/judge/cells.ts'
import type { JsonObject } from '#dsl/judge/step.ts'
import type { Effect } from '#runtime/kernel/effect.ts'
import type { KernelSnapshot } from '#runtime/kernel/kernel.ts'
import { addressOf } from './address.ts'
import type { Approval, Change, CommitRecord, Input, Timer, TurnRecord } from './record.ts'

export interface AgentState {
  packed: JsonObject
  /** The unpacked snapshot, kept while the agent is busy; always equal in meaning to `packed`. */
  live?: KernelSnapshot | undefined
  done: boolean
  halted?: string
  denials: number
  parked?: string | undefined
  readonly waiting: Input[]
  /** Ids of its machine's timers and of what it asked for, so that ending it costs what it owns. */
  readonly timers: Set<string>
  readonly intents: Set<string>
}

export interface ConversationState {
  readonly cells: Cells
  /** Agents started and not yet finished. */
  active: number
  turns: number
  ended: boolean
  /** Ids of the timers of what is owed. */
  readonly obligations: Set<string>
}

export interface Intent {
  readonly agent: string
  readonly at: number
  readonly effect: Effect
}

export interface Post {
  readonly rev: number
  readonly partition: number
  readonly seq: number
  readonly agent: string
  readonly body: string
}

export class PartitionState {
  rev = 0
  position = 0
  at = 0
  sentThrough = 0
  readonly agents = new Map<string, AgentState>()
  readonly conversations = new Map<string, ConversationState>()
  readonly seen = new Map<string, number>()
  readonly posted = new Map<number, number>()
  readonly intents = new Map<string, Intent>()
  readonly timers = new Map<string, Timer>()
  readonly approvals = new Map<string, Approval>()
  /** Outbox messages not yet known to be posted, oldest first. */
  unsent: Post[] = []

  conversation(id: string): ConversationState {
    let state = this.conversations.get(id)
    if (!state) {
      state = { cells: new Cells(), active: 0, turns: 0, ended: false, obligations: new Set() }
      this.conversations.set(id, state)
    }
    return state
  }

  /** Folds one committed record, on recovery. */
  fold(record: CommitRecord): void {
    for (const turn of record.turns) this.foldTurn(turn, record.rev)
    this.advance(record)
  }

  foldTurn(turn: TurnRecord, rev: number): void {
    const conversation = this.conversation(addressOf(turn.agent).conversation)
    conversation.turns = Math.max(conversation.turns, turn.turn)
    for (const change of turn.changes) {
      if (change.kind === 'cells') this.conversation(change.conversation).cells.apply(change.cells)
      this.apply(change, rev)
    }
  }

  /** The part of a record that is not in its turns. */
  advance(record: { rev: number; position: number; at: number; sentThrough: number }): void {
    this.rev = record.rev
    this.position = record.position
    this.at = Math.max(this.at, record.at)
    this.sent(record.sentThrough)
  }

  sent(rev: number): void {
    if (rev <= this.sentThrough) return
    this.sentThrough = rev
    this.unsent = this.unsent.filter((post) => post.rev > rev)
  }

  /** Applies one change. Cells are moved by the judge on the live path and by `fold` on recovery. */
  apply(change: Change, rev: number): void {
    switch (change.kind) {
      case 'agent': {
        const agent = this.agents.get(change.agent)
        const conversation = this.conversation(addressOf(change.agent).conversation)
        if (!agent) {
          this.agents.set(change.agent, {
            packed: change.state,
            done: change.done,
            denials: 0,
            waiting: [],
            timers: new Set(),
            intents: new Set(),
          })
          if (!change.done) conversation.active++
        } else {
          if (change.done && !agent.done) conversation.active--
          agent.packed = change.state
          agent.live = undefined
          agent.done = change.done
        }
        break
      }
      case 'halt': {
        const agent = this.agents.get(change.agent)
        if (agent && agent.halted === undefined) {
          agent.halted = change.why
          if (!agent.done) this.conversation(addressOf(change.agent).conversation).active--
        }
        break
      }
      case 'denials': {
        const agent = this.agents.get(change.agent)
        if (agent) agent.denials = change.count
        break
      }
      case 'cells':
        break
      case 'seen':
        this.seen.set(change.source, change.seq)
        break
      case 'post':
        this.posted.set(change.partition, change.seq)
        this.unsent.push({
          rev,
          partition: change.partition,
          seq: change.seq,
          agent: change.agent,
          body: change.body,
        })
        break
      case 'intent':
        this.intents.set(change.id, { agent: change.agent, at: change.at, effect: change.effect })
        this.agents.get(change.agent)?.intents.add(change.id)
        break
      case 'intent-done': {
        const intent = this.intents.get(change.id)
        if (intent) this.agents.get(intent.agent)?.intents.delete(change.id)
        this.intents.delete(change.id)
        break
      }
      case 'timer':
        this.timers.set(change.id, change.timer)
        this.#timerIndex(change.timer)?.add(change.id)
        break
      case 'timer-done': {
        const timer = this.timers.get(change.id)
        if (timer) this.#timerIndex(timer)?.delete(change.id)
        this.timers.delete(change.id)
        break
      }
      case 'park': {
        this.approvals.set(change.approval.id, change.approval)
        const agent = this.agents.get(change.agent)
        if (agent) agent.parked = change.approval.id
        break
      }
      case 'unpark': {
        this.approvals.delete(change.approval)
        const agent = this.agents.get(change.agent)
        if (agent) agent.parked = undefined
        break
      }
      case 'defer':
        this.agents.get(change.agent)?.waiting.push(change.input)
        break
      case 'undefer':
        this.agents.get(change.agent)?.waiting.shift()
        break
      case 'end': {
        const conversation = this.conversation(change.conversation)
        conversation.ended = true
        for (const [cell] of Array.from(conversation.cells.entries())) conversation.cells.set(cell, undefined)
        conversation.cells.settle()
        break
      }
    }
  }
  #timerIndex(timer: Timer): Set<string> | undefined {
    if (timer.kind === 'machine') return this.agents.get(timer.agent)?.timers
    return timer.kind === 'obligation' ? this.conversation(timer.conversation).obligations : undefined
  }
}
