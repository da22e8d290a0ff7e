/**
 * The owner of one partition: takes inputs, runs turns, commits them as one record, then acts.
 *
 * Invariants:
 * 1. One batch at a time: a batch is built on the state the last committed record left.
 * 2. Nothing of a batch leaves (outbox, tools, models, timers) before its record owns its slot.
 * 3. A fenced owner stops at once and acts on nothing more; its state is thrown away.
 * 4. While the log is out of reach nothing is lost: inputs wait, the inbox is paused, the append keeps trying.
 * 5. An owner with nothing to write finds out all the same, within QUIET_LOOK_MAX_MS, that it was fenced.
 */
import type { JsonObject } from '#dsl/judge/step.ts'
import type { Switch } from '#runtime/deploy/rollout.ts'
import type { Kernel } from '#runtime/kernel/kernel.ts'
import {
  type FleetLog,
  type InboxMessage,
  type InboxReader,
  LogClosed,
  RECORD_BYTES_MAX,
} from '#runtime/log/port.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import { addressOf, type Instance, instanceOf, isPartitionSource } from './address.ts'
import { Batch } from './batch.ts'
import type { Breakers, ExecutorSettings } from './breakers.ts'
import type { Clock, Stopwatch } from './clock.ts'
import { Consumed } from './consumed.ts'
import type { Directory, Inlet, Reminders, Supervision, World } from './definition.ts'
import { Executors } from './executors.ts'
import { Fifo } from './fifo.ts'
import { Gatherer } from './gatherer.ts'
import { inputOf } from './inbox-input.ts'
import type { Keeping } from './keeping.ts'
import { Outbox } from './outbox.ts'
import type { PartitionState } from './partition-state.ts'
import type { Policies } from './policies.ts'
import { WhileQuiet } from './quiet.ts'
import { type CommitRecord, type Input, RECORD_VERSION } from './record.ts'
import type { Standing } from './recover.ts'
import { fencedBy } from './slots-lost.ts'
import { Snapshots } from './snapshots.ts'
import { type Switched, Switches } from './switches.ts'
import { TimerHeap } from './timer-heap.ts'
import type { Measured } from './turn.ts'
import { TurnText } from './turn-text.ts'
import { Turns } from './turns.ts'
import { unsettled } from './unsettled.ts'

/** Inputs taken into one record. */
export const BATCH_INPUTS_MAX = 256
/** A record closes once its turns pass this many bytes of JSON; what one input may add is bounded in `turns.ts`. */
export const BATCH_BYTES_MAX = 300_000

/** One who has nothing to write looks after so long whether another has, then less and less often: one read of the newest slot. */
const QUIET_LOOK_MS = 5_000
const QUIET_LOOK_MAX_MS = 40_000

export interface OwnerDeps {
  readonly partition: number
  readonly log: FleetLog
  readonly policies: Policies
  readonly kernels: ReadonlyMap<string, Kernel>
  readonly inputs: ReadonlyMap<string, (conversation: string) => JsonObject[string]>
  readonly escalateTo?: string | undefined
  readonly supervision: ReadonlyMap<string, Supervision>
  readonly reminders: Reminders | undefined
  readonly directory?: Directory | undefined
  readonly world: World
  readonly executors: Readonly<Record<string, ExecutorSettings>>
  readonly breakers: Breakers
  readonly inlet: Inlet
  readonly memory: SharedMemory
  readonly clock: Clock
  readonly stopwatch: Stopwatch
  readonly measured: Measured & { turn(ns: number): void }
  /** Names this process among all that ever owned the partition. */
  readonly writer: string
  readonly keeping: Keeping
  /** This partition's share of `keeping.awakeMax`. */
  readonly awakeMax: () => number
  readonly onCommit: (record: CommitRecord) => void
  readonly onStop: (reason: Stopped) => void
}

export type Stopped =
  | { readonly kind: 'closed' }
  | { readonly kind: 'fenced'; readonly by: string }
  | { readonly kind: 'failed'; readonly error: Error }

export class PartitionOwner {
  readonly #deps: OwnerDeps
  readonly #state: PartitionState
  readonly #turns: Turns
  readonly #outbox: Outbox
  readonly #executors: Executors
  readonly #gatherer: Gatherer
  readonly #snapshots: Snapshots
  readonly #consumed: Consumed
  readonly #heap = new TimerHeap()
  readonly #text = new TurnText()
  readonly #inbox = new Fifo<{ message: InboxMessage; since: number }>()
  readonly #switches: Switches
  readonly #quiet: WhileQuiet
  readonly #own = new Fifo<{ agent: string; input: Input; since: number }>()
  #reader: InboxReader | undefined
  #paused = false
  #committing = false
  #position: number
  #sentThrough: number
  #stopping = false
  #fenced = false
  #running: Promise<void> | undefined
  #wake: (() => void) | undefined

  constructor(deps: OwnerDeps, standing: Standing) {
    const { state } = standing
    this.#deps = deps
    this.#state = state
    this.#snapshots = new Snapshots(deps.log, deps.partition, standing, deps.keeping)
    this.#consumed = new Consumed(deps.log, deps.partition, () => state.position)
    this.#position = state.position
    this.#sentThrough = state.sentThrough
    this.#turns = new Turns({
      kernels: deps.kernels,
      inputs: deps.inputs,
      policies: deps.policies,
      escalateTo: deps.escalateTo,
      outside: new Set(Object.keys(deps.world.outside ?? {})),
      supervision: deps.supervision,
      reminders: deps.reminders,
      directory: deps.directory,
      stopwatch: deps.stopwatch,
      measured: deps.measured,
    })
    this.#switches = new Switches({
      log: deps.log,
      partition: deps.partition,
      policies: deps.policies,
      keeping: deps.keeping,
      state,
      bytesMax: BATCH_BYTES_MAX,
      commit: (what) => {
        this.#since = []
        return this.#commit(this.#batch(), what)
      },
    })
    const sent = (rev: number) => {
      this.#sentThrough = Math.max(this.#sentThrough, rev)
      this.#signal()
    }
    this.#quiet = new WhileQuiet(deps.clock, QUIET_LOOK_MS, QUIET_LOOK_MAX_MS, () => this.#look())
    this.#outbox = new Outbox(deps.log, deps.clock, deps.partition, sent, () => this.#signal())
    this.#executors = new Executors({
      world: deps.world,
      settings: deps.executors,
      breakers: deps.breakers,
      inlet: deps.inlet,
      memory: deps.memory,
      clock: deps.clock,
      hearsParts: (agent) => {
        const { conversation, role } = addressOf(agent)
        const { plan } = deps.policies.seatOf(this.#state, conversation).judge
        return plan.agents.some(({ name, bySentence }) => name === role && bySentence === true)
      },
      settle: (agent, input) => this.offer(agent, input),
    })
    this.#gatherer = new Gatherer({
      world: deps.world,
      clock: deps.clock,
      settle: (agent, input) => this.offer(agent, input),
    })
  }

  get state(): PartitionState {
    return this.#state
  }

  /** Committed messages that are not known to be kept where they go. The state forgets those that are with the next record only. */
  get unsent(): number {
    return this.#outbox.length
  }

  /** True when nothing waits or is under way: no input, no record, no intent, nothing to send. Timers may still be set. */
  get idle(): boolean {
    return (
      !this.#committing &&
      this.#inbox.length === 0 &&
      this.#own.length === 0 &&
      !this.#switches.busy &&
      this.#state.ready.size === 0 &&
      this.#executors.busy === 0 &&
      this.#gatherer.busy === 0 &&
      this.#outbox.length === 0 &&
      !this.#snapshots.busy
    )
  }

  /** Takes up what a former owner left undone, then starts. */
  async start(): Promise<void> {
    this.#outbox.push(this.#state.unsent)
    for (const [id, timer] of this.#state.timers) this.#heap.push(timer.dueAt, id)
    for (const [id, intent] of unsettled(this.#state)) this.#executors.start(id, intent)
    for (const pending of this.#state.pending.values())
      if (pending.kind === 'gathering') this.#gatherer.startAgain(pending.step.actor, pending)
    const reader = await this.#deps.log.inbox(this.#deps.partition, this.#state.position, (message) => {
      this.#inbox.push({ message, since: this.#deps.stopwatch.nowNs() })
      if (!this.#paused && this.#inbox.length >= this.#deps.keeping.inboxMax) {
        this.#paused = true
        this.#reader?.pause()
      }
      this.#signal()
    })
    // It was not waited for.
    if (this.#stopping) return reader.close()
    this.#reader = reader
    if (this.#paused) reader.pause()
    this.#quiet.begin()
    this.#running = this.#run()
  }

  /** An input from inside the process: a result, or a decision by a person. Not durable until committed. */
  offer(agent: string, input: Input): void {
    if (this.#stopping) return
    this.#own.push({ agent, input, since: this.#deps.stopwatch.nowNs() })
    this.#signal()
  }

  /** Between two batches: which policies judge from then on stands in a record of its own. */
  switchTo(change: Switch): Promise<Switched> {
    if (this.#stopping) return Promise.resolve('stopped')
    const switched = this.#switches.add(change)
    this.#signal()
    return switched
  }

  /** Finishes the batch in hand, then stops; what is committed and not acted on is taken up at the next start. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#signal()
    await this.#running
    await this.#release()
  }

  /** From here on nothing is sent, carried out or received. */
  async #release(): Promise<void> {
    this.#quiet.end()
    this.#switches.stop()
    this.#snapshots.stop()
    this.#outbox.close()
    this.#executors.close()
    this.#gatherer.close()
    await this.#reader?.close()
  }

  #signal(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stopping) {
        const part = this.#snapshots.next()
        if (part && !(await this.#append(part, 'part'))) return
        if (this.#switches.busy && !(await this.#switches.next())) return
        const batch = this.#collect()
        if (batch.turns.length > 0) {
          if (!(await this.#commit(batch))) return
        } else if (!part) await this.#sleep()
      }
      if (!this.#fenced) this.#deps.onStop({ kind: 'closed' })
    } catch (cause) {
      this.#stopping = true
      void this.#release()
      if (cause instanceof LogClosed) this.#deps.onStop({ kind: 'closed' })
      else this.#deps.onStop({ kind: 'failed', error: cause as Error })
    }
  }

  async #sleep(): Promise<void> {
    const due = this.#heap.next
    let cancel = () => {}
    const cancelForget = this.#consumed.forgetWhenQuiet(this.#deps.clock)
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      if (due) cancel = this.#deps.clock.after(Math.max(0, due.dueAt - this.#now()), resolve)
      if (this.#stopping || this.#hasInput()) resolve()
    })
    this.#wake = undefined
    cancel()
    cancelForget()
    this.#quiet.stir()
  }

  /** Has another taken over? Whoever writes is told by its append. */
  async #look(): Promise<void> {
    if (this.#committing) return
    const newest = await this.#deps.log.newest(this.#deps.partition).catch(() => undefined)
    if (this.#stopping || this.#committing || newest === undefined || newest.rev <= this.#state.rev) return
    this.#fence(newest.id)
    this.#signal()
  }

  #fence(by: string): void {
    this.#stopping = true
    this.#fenced = true
    void this.#release()
    this.#deps.onStop({ kind: 'fenced', by })
  }

  #hasInput(): boolean {
    if (this.#switches.busy || this.#own.length > 0 || this.#state.ready.size > 0) return true
    return this.#inbox.length > 0 && this.#outbox.hasRoom
  }

  /** Time never goes back behind what is committed, whatever a machine's clock says after a restart. */
  #now(): number {
    return Math.max(this.#deps.clock.now(), this.#state.at)
  }

  #since: number[] = []

  #batch(): Batch {
    return new Batch(this.#state, this.#deps.partition, this.#deps.log.partitions, this.#now(), this.#text)
  }

  #collect(): Batch {
    const batch = this.#batch()
    this.#since = []
    let taken = 0
    const room = () => taken < BATCH_INPUTS_MAX && batch.bytes < BATCH_BYTES_MAX
    for (const id of this.#state.ready) {
      for (; room() && this.#state.ready.has(id); taken++) this.#turns.takeWaiting(batch, id)
    }
    while (room()) {
      const own = this.#own.shift()
      if (!own) break
      taken++
      this.#since.push(own.since)
      this.#take(batch, instanceOf(own.agent), own.input)
    }
    for (let due = this.#heap.next; due && due.dueAt <= batch.at && room(); due = this.#heap.next) {
      this.#heap.pop()
      const timer = this.#state.timers.get(due.id)
      if (!timer || timer.dueAt !== due.dueAt) continue
      taken++
      this.#take(batch, instanceOf(timer.agent), { kind: 'timer', timer: due.id })
    }
    while (room() && this.#outbox.hasRoom) {
      const next = this.#inbox.shift()
      if (!next) break
      taken++
      this.#position = next.message.position
      this.#consumed.take(next.message.body)
      if (this.#message(batch, next.message)) this.#since.push(next.since)
    }
    if (this.#paused && this.#inbox.length <= this.#deps.keeping.inboxMax / 2) {
      this.#paused = false
      this.#reader?.resume()
    }
    return batch
  }

  /** Whoever has to rest after it lived so short that the collector never moves it; the batch knows it by its name. */
  #take(batch: Batch, who: Instance, input: Input): void {
    this.#turns.take(batch, who, input)
    this.#state.rest(this.#deps.awakeMax())
  }

  /** False when the message has been taken before or comes too early. */
  #message(batch: Batch, message: InboxMessage): boolean {
    const fromFleet = isPartitionSource(message.source)
    const who = instanceOf(message.agent)
    const over = !fromFleet && this.#state.known(who.conversation)?.ended === true
    // A double has been done; what comes too early will be sent again after what is missing. An ended conversation keeps no
    // marks: what clients say to it, feeds at every start among them, has no effect and takes no room in the log.
    if (over || message.seq !== this.#state.seenOf(message.source, who.conversation) + 1) return false
    this.#take(batch, who, inputOf(message))
    return true
  }

  async #commit(batch: Batch, beside: Pick<CommitRecord, 'switch' | 'changes'> = {}): Promise<boolean> {
    const { partition, policies } = this.#deps
    const { whole } = this.#snapshots
    const parts = batch.rev - this.#state.recordRev - 1
    const record: CommitRecord = {
      version: RECORD_VERSION,
      partition,
      rev: batch.rev,
      at: batch.at,
      policy: policies.standing(this.#state),
      position: this.#position,
      sentThrough: this.#sentThrough,
      ...(whole > 0 ? { whole } : {}),
      ...(parts > 0 ? { parts } : {}),
      ...beside,
      turns: batch.turns,
    }
    const bytes = batch.encode(record)
    if (bytes.length > RECORD_BYTES_MAX)
      throw new Error(
        `record ${batch.rev} of partition ${partition} has ${bytes.length} bytes, over ${RECORD_BYTES_MAX}`,
      )
    if (!(await this.#append(bytes, 'record'))) return false
    this.#state.advance(record)
    const now = this.#deps.stopwatch.nowNs()
    for (const since of this.#since) this.#deps.measured.turn(now - since)
    this.#act(record)
    this.#consumed.perhapsForget(this.#outbox.isHeldUp)
    this.#deps.onCommit(record)
    return true
  }

  /** False when another owns the slot: then nothing of ours counts any more. */
  async #append(record: Uint8Array, kind: 'record' | 'part'): Promise<boolean> {
    const { partition, log, writer } = this.#deps
    const rev = this.#state.rev + 1
    this.#committing = true
    const appended = await log.append({ partition, rev, id: `${writer}.${partition}.${rev}`, record })
    this.#committing = false
    if (appended.kind !== 'owned') {
      this.#fence(await fencedBy(log, partition, rev, writer, appended))
      return false
    }
    this.#state.rev = rev
    this.#snapshots.wrote(record.length, kind)
    return true
  }

  #act(record: CommitRecord): void {
    for (const change of record.changes ?? [])
      if (change.kind === 'timer') this.#heap.push(change.timer.dueAt, change.id)
    const posts = this.#state.unsent.filter((post) => post.rev === record.rev)
    if (posts.length > 0) this.#outbox.push(posts)
    for (const turn of record.turns) {
      for (const change of turn.changes) {
        if (change.kind === 'intent') {
          const intent = this.#state.intents.get(change.id)
          if (intent) this.#executors.start(change.id, intent)
        } else if (change.kind === 'intent-done') this.#executors.abort(change.id)
        else if (change.kind === 'park' && change.pending.kind === 'gathering')
          this.#gatherer.start(change.agent, change.pending)
        else if (change.kind === 'unpark') this.#gatherer.abort(change.pending)
        else if (change.kind === 'timer') this.#heap.push(change.timer.dueAt, change.id)
      }
    }
  }
}
