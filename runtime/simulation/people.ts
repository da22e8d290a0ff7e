/**
 * The people of a simulated world: they decide what agents ask of them, late or never. A decision is not durable until a record
 * holds it, so they say it again until the ask is settled.
 */
import type { Fleet } from '#runtime/fleet/fleet.ts'
import type { Approval, CommitRecord } from '#runtime/fleet/record.ts'
import type { Faults } from './faults.ts'
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

/** A decision that was not heard is said again after this. */
const AGAIN_MS = 1_000

export class People {
  readonly #person: Person | undefined
  readonly #time: VirtualTime
  readonly #random: Random
  readonly #knobs: Faults
  readonly #fleet: () => Fleet | undefined
  readonly #isPending: (approval: Approval) => boolean
  readonly #startedAt: number
  #deciding = 0

  constructor(
    person: Person | undefined,
    time: VirtualTime,
    random: Random,
    knobs: Faults,
    fleet: () => Fleet | undefined,
    isPending: (approval: Approval) => boolean,
  ) {
    this.#person = person
    this.#time = time
    this.#startedAt = time.now
    this.#random = random
    this.#knobs = knobs
    this.#fleet = fleet
    this.#isPending = isPending
  }

  /** Somebody has made up their mind and the log does not know it yet. */
  get deciding(): boolean {
    return this.#deciding > 0
  }

  /** A record has been kept: whoever it asks begins to think. */
  asked(record: CommitRecord): void {
    if (!this.#person) return
    for (const turn of record.turns)
      for (const change of turn.changes)
        if (change.kind === 'park' && change.pending.kind === 'approval')
          this.#ask(change.pending, this.#person)
  }

  #ask(approval: Approval, person: Person): void {
    const random = this.#random.fork(approval.id)
    const decision = person(approval, random, this.#time.now - this.#startedAt)
    if (!decision || random.chance(this.#knobs.approvalsIgnored)) return
    this.#deciding++
    const say = (): void => {
      if (!this.#isPending(approval)) {
        this.#deciding--
        return
      }
      this.#fleet()?.decide(approval, decision.grant, decision.by, decision.note ?? '')
      this.#time.after(AGAIN_MS, say)
    }
    this.#time.after(decision.afterMs ?? random.next() * this.#knobs.approvalDelayMaxMs, say)
  }
}
