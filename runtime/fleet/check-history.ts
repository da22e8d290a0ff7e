/**
 * What must hold of any fleet's records, whatever crashed when. Used by tests over real logs and by simulation.
 */
import type { Change, CommitRecord, Input, TurnRecord } from './record.ts'

export interface HistoryFault {
  readonly invariant:
    | 'slots without gaps'
    | 'one effect per accepted message'
    | 'order per source'
    | 'results of known intents, once'
    | 'positions only grow'
    | 'turns only grow'
    | 'time only grows'
    | 'no transition without a verdict'
    | 'decisions once'
  readonly what: string
}

/** Records of all partitions, each partition's in slot order. */
export function checkHistory(records: Iterable<CommitRecord>): HistoryFault[] {
  const check = new HistoryCheck()
  return Array.from(records).flatMap((record) => check.take(record))
}

interface Partition {
  rev: number
  position: number
  at: number
  readonly seen: Map<string, number>
}

/** The same, record by record as they are committed. */
export class HistoryCheck {
  readonly #partitions = new Map<number, Partition>()
  readonly #open = new Set<string>()
  readonly #closed = new Set<string>()
  readonly #turns = new Map<string, number>()
  readonly #pending = new Set<string>()
  readonly #settled = new Set<string>()
  #faults: HistoryFault[] = []

  /** What is wrong with this record, after those before it. */
  take(record: CommitRecord): HistoryFault[] {
    this.#faults = []
    const place = `partition ${record.partition} slot ${record.rev}`
    const partition = this.#advance(record, place)
    for (const turn of record.turns) this.#turn(turn, partition, place)
    return this.#faults
  }

  #fault(invariant: HistoryFault['invariant'], what: string): void {
    this.#faults.push({ invariant, what })
  }

  #advance(record: CommitRecord, place: string): Partition {
    let partition = this.#partitions.get(record.partition)
    if (!partition) {
      partition = { rev: 0, position: 0, at: 0, seen: new Map() }
      this.#partitions.set(record.partition, partition)
    }
    if (record.rev !== partition.rev + (record.parts ?? 0) + 1)
      this.#fault('slots without gaps', `${place} follows slot ${partition.rev}`)
    if (record.position < partition.position)
      this.#fault('positions only grow', `${place}: ${record.position} after ${partition.position}`)
    if (record.at < partition.at)
      this.#fault('time only grows', `${place}: ${record.at} after ${partition.at}`)
    partition.rev = record.rev
    partition.position = record.position
    partition.at = record.at
    return partition
  }

  #turn(turn: TurnRecord, partition: Partition, place: string): void {
    const conversation = turn.agent.slice(0, turn.agent.lastIndexOf('/'))
    const before = this.#turns.get(conversation) ?? 0
    if (turn.turn <= before) this.#fault('turns only grow', `${place}: ${turn.agent} turn ${turn.turn}`)
    this.#turns.set(conversation, Math.max(turn.turn, before))
    if (turn.input.kind === 'message') this.#message(turn, turn.input, partition, place)
    const acts = turn.outcome === 'passed' && (turn.effects ?? []).some(({ kind }) => JUDGED.has(kind))
    if (acts && turn.steps === 0)
      this.#fault('no transition without a verdict', `${place}: ${turn.agent} turn ${turn.turn}`)
    for (const change of turn.changes) this.#change(change, place)
  }

  #message(turn: TurnRecord, input: Input & { kind: 'message' }, partition: Partition, place: string): void {
    const seen = turn.changes.find((change) => change.kind === 'seen')
    if (!seen) {
      if (turn.outcome === 'passed' && !turn.changes.some((change) => change.kind === 'undefer'))
        this.#fault('one effect per accepted message', `${place}: ${input.source} ${input.seq} left no mark`)
      return
    }
    const source = `${seen.conversation ?? ''}|${seen.source}`
    const last = partition.seen.get(source) ?? 0
    if (input.seq <= last)
      this.#fault('one effect per accepted message', `${place}: ${input.source} ${input.seq} taken again`)
    else if (input.seq !== last + 1)
      this.#fault('order per source', `${place}: ${input.source} ${input.seq} after ${last}`)
    partition.seen.set(source, Math.max(input.seq, last))
  }

  #change(change: Change, place: string): void {
    if (change.kind === 'intent') {
      if (this.#open.has(change.id) || this.#closed.has(change.id))
        this.#fault('results of known intents, once', `${place}: ${change.id} made twice`)
      this.#open.add(change.id)
    } else if (change.kind === 'intent-done') {
      if (!this.#open.delete(change.id))
        this.#fault('results of known intents, once', `${place}: ${change.id} was not open`)
      this.#closed.add(change.id)
    } else if (change.kind === 'park') this.#pending.add(change.pending.id)
    else if (change.kind === 'unpark') {
      if (!this.#pending.delete(change.pending) || this.#settled.has(change.pending))
        this.#fault('decisions once', `${place}: ${change.pending}`)
      this.#settled.add(change.pending)
    }
  }
}

const JUDGED = new Set(['call', 'send', 'answer', 'remember', 'recall', 'invoke'])

/**
 * What every agent went through, without what may differ between two runs (times, ids, positions): two runs of
 * the same world are the same run when these are equal, however often either was killed.
 */
export function storyOf(records: Iterable<CommitRecord>): Map<string, string[]> {
  const stories = new Map<string, string[]>()
  for (const record of records) {
    for (const turn of record.turns) {
      // That an answer or a row was delivered may be noted before or after what comes next; what is put aside comes again.
      const delivered = turn.input.kind === 'result' && turn.steps === 0 && !turn.moves && !turn.effects
      if (turn.outcome === 'ignored' || turn.outcome === 'deferred' || delivered) continue
      const story = stories.get(turn.agent) ?? []
      stories.set(turn.agent, story)
      const input =
        turn.input.kind === 'message' ? `${turn.input.from}:${turn.input.message}` : turn.input.kind
      const verdicts = (turn.judged ?? []).map(
        ({ verdict }) => `${verdict.kind}(${verdict.reasons.map((reason) => reason.check).join('; ')})`,
      )
      const effects = (turn.effects ?? []).map((effect) =>
        JSON.stringify(effect, (name, value) => (name === 'approval' ? undefined : value)),
      )
      story.push([input, turn.outcome, ...verdicts, ...effects].join(' | '))
    }
  }
  return stories
}
