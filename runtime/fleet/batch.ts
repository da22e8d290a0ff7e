/** The commit record under construction: every change is applied to the state as it is written down. */
import type { JsonObject } from '#dsl/judge/step.ts'
import { AGENT_BYTES_MAX } from '#runtime/log/limits.ts'
import { MESSAGE_BYTES_MAX } from '#runtime/log/port.ts'
import { partitionOf } from './address.ts'
import type { PartitionState } from './partition-state.ts'
import {
  type Change,
  type CommitRecord,
  encodeBody,
  encodeRecord,
  type MessageBody,
  type TurnRecord,
} from './record.ts'
import type { TurnText } from './turn-text.ts'

/** A place in a batch to come back to. */
export interface Mark {
  readonly conversation: string
  readonly turns: number
  readonly bytes: number
  readonly next: number
  readonly state: number
  readonly cells: number
  readonly count: number
}

export class Batch {
  readonly turns: TurnRecord[] = []
  /** Each turn as JSON, written once: for the record and for its size. */
  readonly #text: TurnText
  readonly rev: number
  readonly at: number
  readonly state: PartitionState
  readonly partition: number
  readonly #partitions: number
  #next = 0

  /** `text` is emptied: it belongs to one batch at a time. */
  constructor(state: PartitionState, partition: number, partitions: number, at: number, text: TurnText) {
    this.#text = text
    text.cut(0)
    this.state = state
    this.rev = state.rev + 1
    this.at = at
    this.partition = partition
    this.#partitions = partitions
  }

  /** Of all turns, as JSON. */
  get bytes(): number {
    return this.#text.length
  }

  /** The record as it is written; a view, good until the next batch. */
  encode(record: CommitRecord): Uint8Array {
    return encodeRecord(record, this.#text)
  }

  /** Unique in the fleet and the same whenever this very batch is done: partition, slot and place in it. */
  id(): string {
    return `p${this.partition}.${this.rev}.${this.#next++}`
  }

  post(changes: Change[], conversation: string, agent: string, body: MessageBody): void {
    const partition = partitionOf(conversation, this.#partitions)
    const seq = (this.state.posted.get(partition) ?? 0) + 1
    const text = encodeBody(body)
    // The log would never take it, and everything after it would wait for ever.
    const fault = unsendable(agent, text)
    if (fault) throw new RangeError(fault)
    const local = partition === this.partition ? { local: true as const } : {}
    this.change(changes, { kind: 'post', partition, seq, agent, body: text, ...local })
  }

  notify(changes: Change[], conversation: string, agent: string, message: string, fields: JsonObject): void {
    this.post(changes, conversation, agent, { message, from: 'parapet', fields, runtime: true })
  }

  change(changes: Change[], change: Change): void {
    this.state.apply(change, this.rev)
    changes.push(change)
  }

  mark(conversation: string): Mark {
    this.state.touch(conversation)
    const { cells, turns } = this.state.conversation(conversation)
    return {
      conversation,
      turns: this.turns.length,
      bytes: this.bytes,
      next: this.#next,
      state: this.state.mark(),
      cells: cells.mark(),
      count: turns,
    }
  }

  /** Takes back every turn since `mark`, as if it had never been tried. */
  rollback(mark: Mark): void {
    this.turns.length = mark.turns
    this.#text.cut(mark.bytes)
    this.#next = mark.next
    this.state.rollback(mark.state)
    const conversation = this.state.conversation(mark.conversation)
    conversation.cells.rollback(mark.cells)
    conversation.turns = mark.count
  }

  settle(conversation: string): void {
    this.state.settle()
    this.state.conversation(conversation).cells.settle()
  }

  add(turn: TurnRecord): void {
    this.turns.push(turn)
    this.#text.add(JSON.stringify(turn))
  }
}

function unsendable(agent: string, body: string): string | undefined {
  if (!agent.isWellFormed() || Buffer.byteLength(agent) > AGENT_BYTES_MAX)
    return `no agent has an address like the one it sends to; an address takes at most ${AGENT_BYTES_MAX} bytes`
  const bytes = Buffer.byteLength(body)
  return bytes > MESSAGE_BYTES_MAX
    ? `a message of it takes ${bytes} bytes, over ${MESSAGE_BYTES_MAX}`
    : undefined
}
