/** The commit record under construction: every change is applied to the state as it is written down. */
import type { JsonObject } from '#dsl/judge/step.ts'
import { partitionOf } from './address.ts'
import type { PartitionState } from './partition-state.ts'
import { type Change, encodeBody, type MessageBody, type TurnRecord } from './record.ts'

export class Batch {
  readonly turns: TurnRecord[] = []
  /** Each turn as JSON, made once: for the record and for its size. */
  readonly texts: string[] = []
  chars = 0
  readonly rev: number
  readonly at: number
  readonly state: PartitionState
  readonly #partition: number
  readonly #partitions: number
  #next = 0

  constructor(state: PartitionState, partition: number, partitions: number, at: number) {
    this.state = state
    this.rev = state.rev + 1
    this.at = at
    this.#partition = partition
    this.#partitions = partitions
  }

  /** Unique in the fleet and the same whenever this very batch is done: partition, slot and place in it. */
  id(): string {
    return `p${this.#partition}.${this.rev}.${this.#next++}`
  }

  post(changes: Change[], conversation: string, agent: string, body: MessageBody): void {
    const partition = partitionOf(conversation, this.#partitions)
    const seq = (this.state.posted.get(partition) ?? 0) + 1
    this.change(changes, { kind: 'post', partition, seq, agent, body: encodeBody(body) })
  }

  notify(changes: Change[], conversation: string, agent: string, message: string, fields: JsonObject): void {
    this.post(changes, conversation, agent, { message, from: 'parapet', fields, runtime: true })
  }

  change(changes: Change[], change: Change): void {
    this.state.apply(change, this.rev)
    changes.push(change)
  }

  add(turn: TurnRecord): void {
    const text = JSON.stringify(turn)
    this.turns.push(turn)
    this.texts.push(text)
    this.chars += text.length
  }
}
