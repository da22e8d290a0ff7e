/** How long it takes until somebody else commits in the partitions of a daemon that was hit. */
import { type Card, Members } from '#runtime/fleet/members.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import type { LeaseChange } from '#runtime/log/leases.ts'

export interface KeptSlot {
  /** `<writer>.<partition>.<rev>`. */
  readonly id: string
  readonly record: CommitRecord
}

export interface Takeover {
  readonly fault: string
  readonly partition: number
  /** From the blow to the first record of another process: its claim. */
  readonly ms: number
  /** Of which until the lease had another holder. */
  readonly leaseMs: number | undefined
  /** A node of the cluster had been killed shortly before: its groups may have been without leaders. */
  readonly electing: boolean
}

/** A 2.9 cluster has leaders again this long after a node was killed. */
const ELECTIONS_MS = 12_000

interface Blow {
  readonly fault: string
  readonly at: number
  readonly partition: number
  readonly writer: string | undefined
  /** It goes on until it has handed over. */
  readonly graceful: boolean
  readonly electing: boolean
  /** When the partition's lease first named another after it. */
  leasedAt?: number
}

export class Takeovers {
  readonly #now: () => number
  readonly #writers = new Map<string, string>()
  readonly #holders = new Map<number, string | undefined>()
  readonly #blows: Blow[] = []
  #nodeKilledAt = Number.NEGATIVE_INFINITY

  /** `now`: milliseconds since the epoch, as the fleet's records have them. */
  constructor(now: () => number) {
    this.#now = now
  }

  heard({ key, value }: LeaseChange): void {
    const [kind, name] = [key.slice(0, key.indexOf('.')), key.slice(key.indexOf('.') + 1)]
    if (key === Members.keyOf(name)) {
      if (value !== undefined) this.#writers.set(name, (JSON.parse(value) as Card).writer)
    } else if (kind === 'partition') this.#held(Number(name), value)
  }

  #held(partition: number, holder: string | undefined): void {
    const before = this.#holders.get(partition)
    this.#holders.set(partition, holder)
    if (holder === undefined || holder === before) return
    const blow = this.#blows.findLast((each) => each.partition === partition)
    if (blow) blow.leasedAt ??= this.#now()
  }

  areServed(partitions: number, daemons: number): boolean {
    const holders = new Set(this.#holders.values())
    return this.#holders.size === partitions && !holders.has(undefined) && holders.size === daemons
  }

  nodeKilled(): void {
    this.#nodeKilledAt = this.#now()
  }

  begins(fault: string, member: string, graceful: boolean): void {
    const at = this.#now()
    const electing = at - this.#nodeKilledAt < ELECTIONS_MS
    for (const [partition, holder] of this.#holders)
      if (holder === member)
        this.#blows.push({ fault, at, partition, writer: this.#writers.get(member), graceful, electing })
  }

  /** `slots` in order of each partition. Blows that their daemon outlived are left out. */
  over(slots: readonly KeptSlot[]): Takeover[] {
    return this.#blows.flatMap(({ fault, at, partition, writer, graceful, electing, leasedAt }) => {
      const later = slots.filter(({ record }) => record.partition === partition && record.at > at)
      const isOther = ({ id }: KeptSlot) => id.slice(0, id.indexOf('.')) !== writer
      const next = graceful ? later.find(isOther) : later[0]
      return next !== undefined && isOther(next)
        ? [
            {
              fault,
              partition,
              ms: next.record.at - at,
              leaseMs: leasedAt === undefined ? undefined : leasedAt - at,
              electing,
            },
          ]
        : []
    })
  }
}
