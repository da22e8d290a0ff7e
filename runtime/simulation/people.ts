/**
 * The people of a simulated world: they decide what agents ask of them, late or never, and try again or drop what could
 * not be done. What they say is not durable until a record holds it, so they say it again until it does.
 */
import { addressOf, partitionOf } from '#runtime/fleet/address.ts'
import type { Fleet } from '#runtime/fleet/fleet.ts'
import type { PartitionState } from '#runtime/fleet/partition-state.ts'
import type { Approval, CommitRecord, DeadLetter, Pending } from '#runtime/fleet/record.ts'
import type { Knobs } from './knobs.ts'
import type { Luck } from './luck.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface Decision {
  readonly by: string
  readonly grant: boolean
  readonly note?: string
  /** Milliseconds of virtual time from the ask; as the knob has it when left out. */
  readonly afterMs?: number
}

/** What a person makes of an ask, so many milliseconds after the start; undefined: not theirs to decide, or left alone. */
export type Person = (approval: Approval, random: Random, afterMs: number) => Decision | undefined

/** What was not heard is said again after this. */
const AGAIN_MS = 1_000
/** So often a dead letter is tried again, at most; then it is dropped. */
const TRIES_MAX = 3

export class People {
  readonly #person: Person | undefined
  readonly #time: VirtualTime
  readonly #luck: Luck
  readonly #knobs: Knobs
  readonly #tell: (say: (fleet: Fleet) => void) => void
  readonly #stateOf: (partition: number) => PartitionState
  readonly #partitions: number
  readonly #operated: boolean
  readonly #startedAt: number
  #deciding = 0

  /** `tell` reaches every daemon that hears; `stateOf` is what the log says; `operated`: somebody looks at dead letters. */
  constructor(
    person: Person | undefined,
    time: VirtualTime,
    luck: Luck,
    knobs: Knobs,
    tell: (say: (fleet: Fleet) => void) => void,
    stateOf: (partition: number) => PartitionState,
    partitions: number,
    operated: boolean,
  ) {
    this.#person = person
    this.#time = time
    this.#startedAt = time.now
    this.#luck = luck
    this.#knobs = knobs
    this.#tell = tell
    this.#stateOf = stateOf
    this.#partitions = partitions
    this.#operated = operated
  }

  /** Somebody has made up their mind and the log does not know it yet. */
  get deciding(): boolean {
    return this.#deciding > 0
  }

  /** A record has been kept: whoever it asks begins to think, and an operator looks at what could not be done. */
  heard(record: CommitRecord): void {
    for (const turn of record.turns)
      for (const change of turn.changes) {
        if (change.kind === 'park' && change.pending.kind === 'approval') this.#ask(change.pending)
        else if (change.kind === 'granted') this.#askAnother(change.pending, record.partition)
        else if (change.kind === 'dead' && this.#operated) this.#look(change.letter, record.partition)
      }
  }

  #ask(approval: Approval): void {
    const { conversation } = addressOf(approval.step.actor)
    const random = this.#luck.next(conversation, approval.who, approval.step.fields)
    const decision = this.#person?.(approval, random, this.#time.now - this.#startedAt)
    if (!decision || this.#knobs.strikes('approvalsIgnored', random)) return
    const state = () => this.#stateOf(partitionOf(conversation, this.#partitions))
    this.#until(
      decision.afterMs ?? this.#knobs.upTo('approvalDelayMaxMs', random),
      () => isOver(state().pending.get(approval.id), decision.by),
      (fleet) => fleet.decide(approval, decision.grant, decision.by, decision.note ?? ''),
    )
  }

  /** Of several that are asked one has granted it: the next begins to think. */
  #askAnother(pending: string, partition: number): void {
    const approval = this.#stateOf(partition).pending.get(pending)
    if (approval?.kind === 'approval') this.#ask(approval)
  }

  #look(letter: DeadLetter, partition: number): void {
    const random = this.#luck.next(addressOf(letter.agent).conversation, 'operator', letter.why)
    let tries = random.int(TRIES_MAX)
    this.#until(
      this.#knobs.upTo('approvalDelayMaxMs', random),
      () => !this.#stateOf(partition).dead.has(letter.id),
      (fleet) => fleet.settleDead(letter, tries-- > 0 ? 'retry' : 'drop', 'operator'),
    )
  }

  #until(lateMs: number, over: () => boolean, say: (fleet: Fleet) => void): void {
    this.#deciding++
    const again = (): void => {
      if (over()) {
        this.#deciding--
        return
      }
      this.#tell(say)
      this.#time.after(AGAIN_MS, again)
    }
    this.#time.after(lateMs, again)
  }
}

/** It waits no more, or `by` stands in it. */
function isOver(pending: Pending | undefined, by: string): boolean {
  return pending?.kind !== 'approval' || (pending.granted ?? []).includes(by)
}
