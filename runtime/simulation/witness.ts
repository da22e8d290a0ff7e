/**
 * Watches a simulated run from outside: sees every record at the moment the broker keeps it, and every call a tool gets, and
 * knows what may never be seen. It folds and judges all of it again.
 */
import type { Judge } from '#dsl/judge/judge.ts'
import type { Bundle } from '#runtime/deploy/bundle.ts'
import { isLater, type Switch } from '#runtime/deploy/rollout.ts'
import { addressOf, partitionOf } from '#runtime/fleet/address.ts'
import { HistoryCheck, type HistoryFault } from '#runtime/fleet/check-history.ts'
import { obligationTimer } from '#runtime/fleet/effect-changes.ts'
import { isLedgerConversation } from '#runtime/fleet/ledger/address.ts'
import { ledgerEntries } from '#runtime/fleet/ledger/entries.ts'
import { PartitionState } from '#runtime/fleet/partition-state.ts'
import { Policies } from '#runtime/fleet/policies.ts'
import {
  type Change,
  type CommitRecord,
  encodeBody,
  type Input,
  type TurnRecord,
} from '#runtime/fleet/record.ts'
import { replayTurn } from '#runtime/fleet/replay.ts'
import { SnapshotReader } from '#runtime/fleet/snapshot.ts'
import { decodeSlot, isPart, type Part } from '#runtime/fleet/snapshot-format.ts'
import { unsettled } from '#runtime/fleet/unsettled.ts'
import type { Slot } from '#runtime/log/port.ts'
import { cellsApart, conversationsApart, countsOf, differencesOf, type Shape, shape } from './apart.ts'
import { Books } from './books.ts'
import type { Kept } from './broker.ts'
import { Diary, droppedBy } from './diary.ts'

export interface Fault {
  readonly invariant:
    | HistoryFault['invariant']
    | 'records can be read'
    | 'who writes has claimed last'
    | 'verdicts replay'
    | 'the log gives the state'
    | 'snapshots are the state'
    | 'the policy in force judges'
    | 'rollouts only go on'
    | 'what counts as sent is kept'
    | 'ledgers know what became of every step'
    | 'ledger sums are exact'
    | 'messages arrive as they were sent'
    | 'no effect before its commit'
    | 'who counts as serving serves'
    | 'obligations are never forgotten'
    | 'what is parked goes on'
    | 'every call has its outcome'
    | 'monitors move with what is let through'
    | 'records tell what came about'
    | 'what is warmed up is what came about'
    | 'a world of its own'
  readonly what: string
}

/** Faults kept; a broken invariant is often broken again at every step. */
export const FAULTS_KEPT_MAX = 20

/** A deadline is met a moment after it: the clock that fires it may be set differently. */
const LATE_MS = 2_000
/** Outcomes after which monitors stand as the steps that were let through have left them. */
const MOVED_BY_STEPS = new Set<TurnRecord['outcome']>([
  'passed',
  'denied',
  'asked',
  'gathering',
  'refused',
  'ignored',
  'deferred',
])

export interface WitnessDeps {
  readonly judge: Judge
  /** Its text, where others are deployed in its place. */
  readonly policy: Bundle | undefined
  readonly partitions: number
  /** False: it only keeps what the log says, and reads it when it is asked. */
  readonly looks: boolean
  readonly onRecord?: ((record: CommitRecord, report: Report) => void) | undefined
}

/** A snapshot on its way into the slots, and what it has to be once it is whole. */
interface Snapshot {
  readonly reader: SnapshotReader
  readonly wanted: Shape
}

export class Witness {
  /** Those that hold records, in the order in which they were kept. As bytes: parsed, they would busy the collector more than the run. */
  readonly #slots: Slot[] = []
  /** Kept and not yet read, and the newest record's revision; by partition. */
  readonly #unread: Slot[][]
  readonly #newest: number[]
  readonly faults: Fault[] = []
  readonly #deps: WitnessDeps
  readonly #policies: Policies
  readonly #history = new HistoryCheck()
  readonly #states: PartitionState[]
  /** Who claimed each partition last. */
  readonly #owners: string[] = []
  readonly #snapshots = new Map<number, Snapshot>()
  readonly #intents = new Set<string>()
  /** Sent between partitions and not yet taken: by `from>to`, then by seq. */
  readonly #underway = new Map<string, Map<number, string>>()
  readonly #sent = new Map<string, number>()
  /** What inboxes have kept of what partitions sent: the newest `seq` without a gap before it, by `from>to`. */
  readonly #arrived = new Map<string, number>()
  readonly #books = new Books()
  /** By partition; none where nothing is deployed. */
  readonly #diaries: Diary[]
  readonly #owed = new Map<string, number>()

  constructor(deps: WitnessDeps) {
    this.#deps = deps
    this.#policies = new Policies(deps.judge, deps.policy)
    this.#states = Array.from({ length: deps.partitions }, () => new PartitionState())
    this.#diaries = deps.policy ? Array.from({ length: deps.partitions }, () => new Diary()) : []
    this.#unread = Array.from({ length: deps.partitions }, () => [])
    this.#newest = Array.from({ length: deps.partitions }, () => 0)
  }

  /** All that were kept, read anew. */
  get records(): CommitRecord[] {
    return this.#slots.flatMap(({ record }) => {
      const decoded = decodeSlot(record)
      return decoded.kind === 'record' ? [decoded.record] : []
    })
  }

  get broken(): boolean {
    return this.faults.length > 0
  }

  /** The partition as the log says it is. */
  stateOf(partition: number): PartitionState {
    for (const slot of this.#unread[partition]!.splice(0)) this.#read(slot)
    return this.#states[partition]!
  }

  /** Whether an owner is where the log is. */
  agrees(partition: number, held: PartitionState): boolean {
    return held.recordRev === this.#newest[partition]
  }

  /** The broker has kept a slot. */
  kept(slot: Slot): void {
    if (!isPart(slot.record)) {
      this.#slots.push(slot)
      this.#newest[slot.partition] = slot.rev
    }
    if (this.#deps.looks || this.#deps.onRecord) this.#read(slot)
    else this.#unread[slot.partition]!.push(slot)
  }

  #read(slot: Slot): void {
    const decoded = decodeSlot(slot.record)
    if (decoded.kind === 'refused') return this.#fault('records can be read', decoded.message)
    const writer = slot.id.slice(0, slot.id.indexOf('.'))
    const owner = this.#owners[slot.partition]
    if (decoded.kind === 'record' && decoded.record.claim) this.#owners[slot.partition] = writer
    else if (writer !== owner)
      this.#fault('who writes has claimed last', `slot ${slot.rev}: ${writer} writes, ${owner} has claimed`)
    if (decoded.kind === 'part') return this.#part(slot.partition, decoded)
    const { record } = decoded
    const state = this.#states[record.partition]!
    const say = this.#policies.judge(this.#policies.standing(state))
    if (this.#deps.looks) this.#look(record)
    else state.fold(record)
    if (record.switch) {
      this.#policies.know(state)
      if (this.#deps.looks) this.#warm(record, record.switch, say)
    }
    this.#deps.onRecord?.(record, (what) => this.#fault('a world of its own', what))
  }

  /** The broker has dropped slots. */
  forgot(partition: number, throughRev: number): void {
    this.#diaries[partition]?.forgot(throughRev)
  }

  /** The broker has kept a message. */
  posted({ source, partition, seq }: Kept): void {
    const way = `${source}>${partition}`
    if (seq === (this.#arrived.get(way) ?? 0) + 1) this.#arrived.set(way, seq)
  }

  /** What an owner holds after a record of its own: all of it is looked at after the first, then what the record touched. */
  held(held: PartitionState, record: CommitRecord, first: boolean): void {
    if (!this.#deps.looks) return
    const folded = this.stateOf(record.partition)
    // One who hears late that its record stands may have been succeeded.
    if (folded.recordRev !== held.recordRev) return
    const touched = new Set(record.turns.map(({ agent }) => addressOf(agent).conversation))
    const differences = first
      ? differencesOf(shape(folded), shape(held))
      : [...differencesOf(countsOf(folded), countsOf(held)), ...conversationsApart(folded, held, touched)]
    for (const difference of differences)
      this.#fault(
        'the log gives the state',
        `partition ${record.partition} slot ${record.rev}, ${difference}`,
      )
  }

  #part(partition: number, part: Part): void {
    if (!this.#deps.looks) return
    if (part.head.index === 0)
      this.#snapshots.set(partition, {
        reader: new SnapshotReader(),
        wanted: shape(this.stateOf(partition)),
      })
    const snapshot = this.#snapshots.get(partition)
    const read = snapshot?.reader.take(part)
    if (!snapshot || !read) return
    for (const difference of differencesOf(snapshot.wanted, shape(read.state)))
      this.#fault('snapshots are the state', `partition ${partition} slot ${part.head.base}, ${difference}`)
  }

  #look(record: CommitRecord): void {
    for (const { invariant, what } of this.#history.take(record)) this.#fault(invariant, what)
    const state = this.#states[record.partition]!
    for (const { rev, partition, seq } of state.unsent) {
      const kept = this.#arrived.get(`p${record.partition}>${partition}`) ?? 0
      if (rev <= record.sentThrough && seq > kept)
        this.#fault(
          'what counts as sent is kept',
          `partition ${record.partition} slot ${record.rev}: ${seq} to ${partition} of slot ${rev} is in no inbox`,
        )
    }
    if (record.switch && !isLater(record.switch.rollout, state.rollout))
      this.#fault(
        'rollouts only go on',
        `partition ${record.partition} slot ${record.rev}: ${record.switch.rollout.number} after ${state.rollout?.number}`,
      )
    for (const turn of record.turns) {
      const place = `partition ${record.partition} slot ${record.rev}, ${turn.agent} turn ${turn.turn}`
      const { conversation } = addressOf(turn.agent)
      const { judge, beside } = this.#policies.seatOf(state, conversation)
      const named = turn.policy ?? record.policy
      if (named !== judge.hash)
        this.#fault('the policy in force judges', `${place}: ${named} is named, ${judge.hash} is in force`)
      const { differences, after } = replayTurn(judge, state, turn)
      for (const { recorded, now } of differences)
        this.#fault('verdicts replay', `${place}: ${recorded} was recorded, ${now} is found`)
      this.#arrives(turn.input, record, turn, place)
      for (const change of turn.changes) this.#changes(change, record, place)
      const told = this.#diaries[record.partition]?.took(judge, state, turn, record.rev)
      state.foldTurn(turn, record.rev)
      this.#owing(state, turn, place)
      if (isLedgerConversation(conversation)) {
        this.#books.take(turn)
        this.#sums(turn.agent, state, turn.at, place)
      }
      // Whoever judges from now on may have begun anew with it in this very turn.
      const mayBegin = (cell: string) => judge.keeps(cell) || beside?.keeps(cell) === true
      for (const cell of droppedBy(turn))
        if (!mayBegin(cell) && state.conversation(conversation).cells.get(cell) !== undefined)
          this.#fault('monitors move with what is let through', `${place}: ${cell} was dropped and stands`)
        else if (mayBegin(cell) && state.rollout?.warmUp === 'replay')
          this.#fault(
            'what is warmed up is what came about',
            `${place}: ${cell} was warmed up and is dropped`,
          )
      const moved = cellsApart(state.conversation(conversation).cells, after, (cell) => judge.keeps(cell))
      // A deadline moves them too.
      const bySteps =
        MOVED_BY_STEPS.has(turn.outcome) && turn.input.kind !== 'timer' && !isLedgerConversation(conversation)
      if (!bySteps || state.conversation(conversation).ended) continue
      if (moved.length > 0)
        this.#fault('monitors move with what is let through', `${place}: ${moved.join(', ')}`)
      const apart =
        told && cellsApart(state.conversation(conversation).cells, told, (cell) => judge.keeps(cell))
      if (apart && apart.length > 0)
        this.#fault('records tell what came about', `${place}: ${apart.join(', ')}`)
    }
    state.advance(record)
    this.#diaries[record.partition]?.kept(record)
  }

  #warm({ partition, rev }: CommitRecord, { rollout }: Switch, say: Judge): void {
    const judge = this.#policies.judge(rollout.candidate?.hash ?? rollout.standing)
    for (const wrong of this.#diaries[partition]?.wrong(rollout, say, judge, this.#states[partition]!) ?? [])
      this.#fault('what is warmed up is what came about', `partition ${partition} slot ${rev}: ${wrong}`)
  }

  /** Whoever counts a partition as served serves it, and knows what the log says. */
  seats(strange: readonly string[]): void {
    for (const what of strange) this.#fault('who counts as serving serves', what)
  }

  /** A tool is called, or someone outside is answered. */
  acts(key: string, what: string): void {
    if (this.#deps.looks && !this.#intents.has(key))
      this.#fault('no effect before its commit', `${what} with key ${key}`)
  }

  /** Nothing is under way any more: what is missing now was lost. `live` is what the owner holds. */
  end(now: number, live: (partition: number) => PartitionState): void {
    if (!this.#deps.looks) return
    for (const [way, messages] of this.#underway)
      for (const seq of messages.keys())
        this.#fault('messages arrive as they were sent', `${way}: ${seq} never arrived`)
    for (const [timer, dueAt] of this.#owed)
      if (dueAt + LATE_MS < now)
        this.#fault('obligations are never forgotten', `${timer} was due ${now - dueAt} ms ago`)
    for (const ledger of this.#books.ledgers) {
      const partition = partitionOf(addressOf(ledger).conversation, this.#deps.partitions)
      this.#sums(ledger, this.stateOf(partition), now, `partition ${partition}, ${ledger}`)
    }
    const open = new Set(this.#states.flatMap(holdsOpen))
    for (let partition = 0; partition < this.#deps.partitions; partition++) {
      for (const [id] of unsettled(this.stateOf(partition)))
        this.#fault('every call has its outcome', `${id} is still open`)
      const { ledgers } = this.#policies.judge(this.#policies.standing(this.stateOf(partition)))
      for (const { ledger, holds } of ledgerEntries(this.stateOf(partition), ledgers, now))
        for (const { id, unsure } of holds)
          if (unsure === undefined && !open.has(id))
            this.#fault('ledgers know what became of every step', `${ledger}: ${id} is held still`)
      for (const { id, dueAt } of this.stateOf(partition).pending.values())
        if (dueAt + LATE_MS < now)
          this.#fault('what is parked goes on', `${id} was due ${now - dueAt} ms ago`)
      for (const difference of differencesOf(shape(this.stateOf(partition)), shape(live(partition))))
        this.#fault('the log gives the state', `partition ${partition}, ${difference}`)
    }
  }

  #fault(invariant: Fault['invariant'], what: string): void {
    if (this.faults.length < FAULTS_KEPT_MAX) this.faults.push({ invariant, what: what.slice(0, 2_000) })
  }

  #sums(ledger: string, state: PartitionState, now: number, place: string): void {
    const { ledgers } = this.#policies.seatOf(state, addressOf(ledger).conversation).judge
    // A partition whose clock was ahead stays ahead: what it has forgotten counts no more, whatever the time is elsewhere.
    for (const wrong of this.#books.wrong(ledger, state, ledgers, Math.max(now, state.at)))
      this.#fault('ledger sums are exact', `${place}: ${wrong}`)
  }

  /** What is owed no more has no deadline any more. */
  #owing(state: PartitionState, turn: TurnRecord, place: string): void {
    for (const change of turn.changes) {
      if (change.kind !== 'cells') continue
      for (const { cell, value } of change.cells) {
        const id = obligationTimer(change.conversation, cell)
        if (value === undefined && state.timers.has(id))
          this.#fault('obligations are never forgotten', `${place}: ${id} is owed and nobody owes it`)
      }
    }
  }

  #changes(change: Change, record: CommitRecord, place: string): void {
    if (change.kind === 'intent') this.#intents.add(change.id)
    else if (change.kind === 'timer' && change.timer.kind === 'obligation')
      this.#owed.set(change.id, change.timer.dueAt)
    else if (change.kind === 'timer-done') this.#owed.delete(change.id)
    else if (change.kind === 'post') {
      const { partition, seq, agent, body } = change
      const way = `p${record.partition}>${partition}`
      const last = this.#sent.get(way) ?? 0
      if (seq !== last + 1)
        this.#fault('messages arrive as they were sent', `${place}: ${way} sends ${seq} after ${last}`)
      this.#sent.set(way, Math.max(seq, last))
      const underway = this.#underway.get(way) ?? new Map<number, string>()
      this.#underway.set(way, underway)
      underway.set(seq, `${agent} ${body}`)
    }
  }

  /** What one partition takes is what another sent, once. */
  #arrives(input: Input, record: CommitRecord, turn: TurnRecord, place: string): void {
    if (input.kind !== 'message' || !turn.changes.some((change) => change.kind === 'seen')) return
    const from = /^p(\d+)$/.exec(input.source)
    if (!from) return
    const way = `${input.source}>${record.partition}`
    const underway = this.#underway.get(way)
    const sent = underway?.get(input.seq)
    underway?.delete(input.seq)
    const { message, from: sender, fields, runtime } = input
    const body = encodeBody({ message, from: sender, fields, ...(runtime ? { runtime } : {}) })
    const taken = `${turn.agent} ${body}`
    if (sent !== taken)
      this.#fault('messages arrive as they were sent', `${place}: ${taken} was taken, ${sent} was sent`)
    const at = partitionOf(turn.agent.slice(0, turn.agent.lastIndexOf('/')), this.#deps.partitions)
    if (at !== record.partition)
      this.#fault('messages arrive as they were sent', `${place}: it belongs to partition ${at}`)
  }
}

export type Report = (what: string) => void

/** What ledgers hold for calls that are not settled, and for what is parked. */
function holdsOpen({ intents, pending, dead }: PartitionState): string[] {
  const parked = [...pending.values(), ...dead.values()]
  const held = parked.flatMap((each) => ('held' in each && each.held ? Object.values(each.held) : []))
  return [...Array.from(intents.values()).flatMap(({ holds = [] }) => holds), ...held].map(({ id }) => id)
}
