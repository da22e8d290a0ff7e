/**
 * The state of one partition: a fold over its commit records.
 *
 * Invariants:
 * 1. The same records in the same order give the same state; the live path applies the very changes it commits.
 * 2. From one source messages are taken in the order of `seq`, each once: a lower one is a double, a higher one
 *    comes too early and is left for the sender to send again (go-back-N).
 * 3. An agent that is parked takes no input but what it waits for; the rest stands in `waiting`, in order.
 * 4. Until `settle`, whatever was applied can be taken back.
 * 5. A conversation is awake (objects) or at rest (bytes), never both; which of the two is seen from outside by nothing.
 */

import type { Bundle } from '#runtime/deploy/bundle.ts'
import { type Rollout, type Switch, versionsOf } from '#runtime/deploy/rollout.ts'
import type { Effect } from '#runtime/kernel/effect.ts'
import { addressOf, isPartitionSource } from './address.ts'
import { Awake } from './awake.ts'
import { ColdStore } from './cold-store.ts'
import {
  type AgentState,
  type Census,
  type ConversationState,
  count,
  isWaiting,
  newAgent,
  newConversation,
  nobody,
} from './conversation-state.ts'
import { Journal } from './journal.ts'
import type { Change, CommitRecord, DeadLetter, Hold, Pending, Timer, TurnRecord } from './record.ts'
import { Rest } from './resting.ts'
import { countTrial, noTrial } from './trial.ts'
import { Words } from './words.ts'

export interface Intent {
  readonly agent: string
  readonly at: number
  readonly effect: Effect
  readonly holds?: readonly Hold[]
  readonly countedBy?: string
  /** Parts of it that have come in; absent when none. */
  readonly heard?: number
}

export interface Post {
  readonly rev: number
  readonly partition: number
  readonly seq: number
  readonly agent: string
  readonly body: string
}

export class PartitionState {
  /** The newest slot. */
  rev = 0
  /** The newest slot that holds a record: those after it hold parts of snapshots. */
  recordRev = 0
  position = 0
  at = 0
  sentThrough = 0
  readonly awake = new Awake()
  /** All other conversations. What they wait for stands in the maps below, awake or not. */
  readonly resting = new ColdStore()
  /** What they are written in. */
  readonly words = new Words()
  readonly #rest = new Rest(this.words)
  readonly #wordless = new Rest(undefined)
  restingCensus = nobody()
  readonly seen = new Map<string, number>()
  readonly posted = new Map<number, number>()
  readonly intents = new Map<string, Intent>()
  readonly timers = new Map<string, Timer>()
  /** What agents wait for: a decision, evidence, a reservation. */
  readonly pending = new Map<string, Pending>()
  /** Messages on their way between conversations of this partition, by the one they are for. */
  readonly coming = new Map<string, number>()
  /** When agents failed of late, for their supervision. */
  readonly failures = new Map<string, readonly number[]>()
  /** What could not be done, oldest first. */
  readonly dead = new Map<string, DeadLetter>()
  /** Which policies judge; undefined: the fleet file's. */
  rollout: Rollout | undefined
  /** The texts of those it names, by their hashes. */
  readonly bundles = new Map<string, Bundle>()
  /** What came of judging since the candidate is tried as it is now. */
  trial = noTrial()
  /** Agents that are parked no more and still have inputs from when they did. */
  readonly ready = new Set<string>()
  /** Outbox messages not yet known to be posted, oldest first. */
  unsent: Post[] = []
  /** Hears of every conversation before it changes, or wakes. */
  onTouch: ((conversation: string) => void) | undefined
  /** The conversation asked for last, while it is awake. */
  #near: ConversationState | undefined
  readonly #journal = new Journal()

  /** Its state, made anew when it is not known. */
  conversation(id: string): ConversationState {
    const known = this.known(id)
    if (known) return known
    const state = newConversation(id)
    this.awake.add(state)
    return state
  }

  /** Its state when it is known, woken if it was at rest. */
  known(id: string): ConversationState | undefined {
    // A turn asks for its conversation again and again.
    if (this.#near?.id === id) return this.#near
    const awake = this.awake.get(id)
    if (awake) {
      this.#near = awake
      return awake
    }
    if (this.onTouch && this.resting.has(id)) this.onTouch(id)
    const bytes = this.resting.take(id)
    if (!bytes) return undefined
    const conversation = this.#rest.thaw(id, bytes)
    this.awake.add(conversation)
    this.#near = conversation
    for (const [agent, { waiting, parked }] of conversation.agents)
      if (waiting.length > 0 && parked === undefined) this.ready.add(agent)
    count(this.restingCensus, conversation, -1)
    return conversation
  }

  /** An agent, woken if it was at rest. */
  agent(id: string): AgentState | undefined {
    return this.#near?.agents.get(id) ?? this.known(addressOf(id).conversation)?.agents.get(id)
  }

  agentsOf(conversation: string): (readonly [string, AgentState])[] {
    return Array.from(this.known(conversation)?.agents ?? [])
  }

  census(): Census {
    const all = { ...this.restingCensus }
    for (const conversation of this.awake) count(all, conversation, 1)
    return all
  }

  /** Every agent; those at rest are unpacked to be looked at, and stay at rest. */
  *everyAgent(): Iterable<readonly [string, AgentState]> {
    for (const { agents } of this.awake) yield* agents
    for (const id of this.resting.ids()) {
      yield* this.look(id)?.agents ?? []
    }
  }

  /** A conversation that is at rest, and stays so. */
  look(id: string): ConversationState | undefined {
    const bytes = this.resting.peek(id)
    return bytes && this.#rest.thaw(id, bytes)
  }

  /** Says, before anything is done to a conversation, that something will be: for the order of rest, and for snapshots. */
  touch(id: string): void {
    this.onTouch?.(id)
    const conversation = this.known(id)
    if (conversation) conversation.touches++
  }

  /** Puts conversations to rest until at most `max` are awake, or inputs wait in all that are more. */
  rest(max: number): void {
    if (this.awake.size <= max) return
    this.#near = undefined
    this.awake.rest(max, (conversation) => {
      const { id } = conversation
      this.resting.put(id, this.#rest.freeze(conversation))
      count(this.restingCensus, conversation, 1)
    })
  }

  /** A conversation as it would be at rest; a view, good until anything is put to rest or looked at so. */
  frozen(id: string): { readonly bytes: Uint8Array; readonly waiting: boolean } | undefined {
    const awake = this.awake.get(id)
    if (awake) return { bytes: this.#rest.freeze(awake), waiting: isWaiting(awake) }
    const bytes = this.resting.peek(id)
    return bytes && { bytes, waiting: false }
  }

  /** A conversation as it stands; one at rest stays so. For those that look, never to be changed. */
  standing(id: string): ConversationState | undefined {
    return this.awake.get(id) ?? this.look(id)
  }

  /** As bytes that are the same where the conversation is, whatever the partition's words are; a view, good until the next one. */
  plain(id: string): Uint8Array | undefined {
    const standing = this.standing(id)
    return standing && this.#wordless.freeze(standing)
  }

  /** The last message taken from a source: a partition's by itself, a client's in a conversation. */
  seenOf(source: string, conversation: string): number {
    const own = isPartitionSource(source) ? undefined : this.known(conversation)?.seen.get(source)
    return own ?? this.seen.get(source) ?? 0
  }

  /** Folds one committed record, on recovery. */
  fold(record: CommitRecord): void {
    for (const turn of record.turns) this.foldTurn(turn, record.rev)
    this.advance(record)
  }

  foldTurn(turn: TurnRecord, rev: number): void {
    const id = addressOf(turn.agent).conversation
    this.touch(id)
    const conversation = this.conversation(id)
    this.#journal.forgo()
    conversation.turns = Math.max(conversation.turns, turn.turn)
    for (const change of turn.changes) {
      if (change.kind === 'cells') this.conversation(change.conversation).cells.apply(change.cells)
      this.apply(change, rev)
    }
    this.settle()
    conversation.cells.settle()
  }

  /** The part of a record that is not in its turns. */
  advance(
    record: Pick<
      CommitRecord,
      'rev' | 'position' | 'at' | 'sentThrough' | 'policy' | 'switch' | 'changes' | 'turns'
    >,
  ): void {
    if (this.rollout?.candidate) countTrial(this.trial, this.rollout.candidate, record)
    for (const change of record.changes ?? []) this.#changed(change, record.rev)
    if (record.switch) this.#switch(record.switch)
    this.rev = record.rev
    this.recordRev = record.rev
    this.position = record.position
    this.at = Math.max(this.at, record.at)
    this.sent(record.sentThrough)
  }

  #changed(change: Change, rev: number): void {
    if (change.kind === 'cells') {
      this.touch(change.conversation)
      this.conversation(change.conversation).cells.apply(change.cells)
    } else {
      if (change.kind === 'timer' && change.timer.kind === 'obligation') this.touch(change.timer.conversation)
      this.apply(change, rev)
    }
    this.settle()
  }

  #switch({ rollout, bundles }: Switch): void {
    this.rollout = rollout
    this.trial = noTrial()
    for (const bundle of bundles) this.bundles.set(bundle.hash, bundle)
    const named = new Set(versionsOf(rollout))
    for (const hash of Array.from(this.bundles.keys())) if (!named.has(hash)) this.bundles.delete(hash)
  }

  sent(rev: number): void {
    if (rev <= this.sentThrough) return
    this.sentThrough = rev
    this.unsent = this.unsent.filter((post) => post.rev > rev)
  }

  /** A point to come back to; valid until `settle`. */
  mark(): number {
    return this.#journal.length
  }

  /** Takes back every change applied since `mark`. Cells have a journal of their own. */
  rollback(mark: number): void {
    this.#journal.rollback(mark)
  }

  /** What was applied stays. */
  settle(): void {
    this.#journal.settle()
  }

  /** Applies one change. Cells are moved by the judge on the live path and by `fold` on recovery. */
  apply(change: Change, rev: number): void {
    switch (change.kind) {
      case 'agent': {
        const agent = this.agent(change.agent)
        if (!agent) {
          const conversation = this.conversation(addressOf(change.agent).conversation)
          this.#journal.put(conversation.agents, change.agent, newAgent(change.state, change.done))
          if (!change.done) this.#journal.set(conversation, 'active', conversation.active + 1)
        } else {
          if (change.done && !agent.done) {
            const conversation = this.conversation(addressOf(change.agent).conversation)
            this.#journal.set(conversation, 'active', conversation.active - 1)
          }
          this.#journal.set(agent, 'packed', change.state)
          this.#journal.set(agent, 'live', undefined)
          if (change.done !== agent.done) this.#journal.set(agent, 'done', change.done)
        }
        break
      }
      case 'halt': {
        const agent = this.agent(change.agent)
        if (agent && agent.halted === undefined) {
          this.#journal.set(agent, 'halted', change.why)
          const conversation = this.conversation(addressOf(change.agent).conversation)
          if (!agent.done) this.#journal.set(conversation, 'active', conversation.active - 1)
        }
        break
      }
      case 'denials': {
        const agent = this.agent(change.agent)
        if (agent) this.#journal.set(agent, 'denials', change.count)
        break
      }
      case 'cells':
        break
      case 'seen':
        if (change.arrived !== undefined) this.#come(change.arrived, -1)
        if (change.conversation === undefined) this.#journal.put(this.seen, change.source, change.seq)
        else this.#journal.put(this.conversation(change.conversation).seen, change.source, change.seq)
        break
      case 'post': {
        if (change.local) this.#come(addressOf(change.agent).conversation, 1)
        this.#journal.put(this.posted, change.partition, change.seq)
        const { partition, seq, agent, body } = change
        this.#journal.push(this.unsent, { rev, partition, seq, agent, body })
        break
      }
      case 'intent':
        this.#journal.put(this.intents, change.id, {
          agent: change.agent,
          at: change.at,
          effect: change.effect,
          ...(change.holds && { holds: change.holds }),
          ...(change.countedBy !== undefined && { countedBy: change.countedBy }),
        })
        this.#journal.part(this.agent(change.agent), 'intents', change.id, true)
        break
      case 'heard': {
        const intent = this.intents.get(change.id)
        if (intent) this.#journal.put(this.intents, change.id, { ...intent, heard: change.parts })
        break
      }
      case 'intent-done': {
        const intent = this.intents.get(change.id)
        if (intent) this.#journal.part(this.agent(intent.agent), 'intents', change.id, false)
        this.#journal.put(this.intents, change.id, undefined)
        break
      }
      case 'timer':
        this.#journal.put(this.timers, change.id, change.timer)
        this.#keepTimer(change.timer, change.id, true)
        break
      case 'timer-done': {
        const timer = this.timers.get(change.id)
        if (timer) this.#keepTimer(timer, change.id, false)
        this.#journal.put(this.timers, change.id, undefined)
        break
      }
      case 'park': {
        this.#journal.put(this.pending, change.pending.id, change.pending)
        const agent = this.agent(change.agent)
        if (agent) this.#journal.set(agent, 'parked', change.pending.id)
        this.#journal.member(this.ready, change.agent, false)
        break
      }
      case 'granted': {
        const approval = this.pending.get(change.pending)
        if (approval?.kind !== 'approval') break
        const granted = [...(approval.granted ?? []), change.by]
        this.#journal.put(this.pending, approval.id, { ...approval, granted })
        break
      }
      case 'unpark': {
        this.#journal.put(this.pending, change.pending, undefined)
        const agent = this.agent(change.agent)
        if (agent) this.#journal.set(agent, 'parked', undefined)
        if (agent && agent.waiting.length > 0) this.#journal.member(this.ready, change.agent, true)
        break
      }
      case 'defer': {
        const waiting = this.agent(change.agent)?.waiting
        if (waiting) this.#journal.push(waiting, change.input)
        break
      }
      case 'undefer': {
        const waiting = this.agent(change.agent)?.waiting
        if (waiting) this.#journal.shift(waiting)
        if (waiting?.length === 0) this.#journal.member(this.ready, change.agent, false)
        break
      }
      case 'failures':
        this.#journal.put(this.failures, change.agent, change.at)
        break
      case 'dead':
        this.#journal.put(this.dead, change.letter.id, change.letter)
        break
      case 'dead-done':
        this.#journal.put(this.dead, change.id, undefined)
        break
      case 'revive': {
        const agent = this.agent(change.agent)
        if (agent?.halted === undefined) break
        this.#journal.set(agent, 'halted', undefined)
        const conversation = this.conversation(addressOf(change.agent).conversation)
        if (!agent.done) this.#journal.set(conversation, 'active', conversation.active + 1)
        break
      }
      case 'judged-by':
        this.#journal.set(this.conversation(change.conversation), 'policy', change.policy)
        this.#journal.set(this.conversation(change.conversation), 'beside', change.beside)
        break
      case 'end': {
        const conversation = this.conversation(change.conversation)
        this.#journal.set(conversation, 'ended', true)
        this.#journal.set(conversation, 'policy', undefined)
        this.#journal.set(conversation, 'beside', undefined)
        for (const [cell] of Array.from(conversation.cells.entries())) conversation.cells.set(cell, undefined)
        for (const source of Array.from(conversation.seen.keys()))
          this.#journal.put(conversation.seen, source, undefined)
        for (const id of Array.from(conversation.agents.keys())) {
          this.#journal.put(conversation.agents, id, undefined)
          if (this.failures.has(id)) this.#journal.put(this.failures, id, undefined)
          this.#journal.member(this.ready, id, false)
        }
        break
      }
    }
  }

  /** With whom it belongs to. */
  #keepTimer(timer: Timer, id: string, kept: boolean): void {
    if (timer.kind === 'machine') this.#journal.part(this.agent(timer.agent), 'timers', id, kept)
    else if (timer.kind === 'obligation')
      this.#journal.part(this.conversation(timer.conversation), 'obligations', id, kept)
  }

  #come(conversation: string, by: 1 | -1): void {
    const coming = (this.coming.get(conversation) ?? 0) + by
    this.#journal.put(this.coming, conversation, coming > 0 ? coming : undefined)
  }
}
