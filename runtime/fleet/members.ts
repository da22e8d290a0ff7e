/**
 * The daemons of a fleet, as one of them hears of them.
 *
 * Nobody's clock is compared with anybody's, and silence alone proves nothing: a daemon that was stopped, cut off or
 * starved hears nobody, itself included. So the others' silence is measured in echoes of one's own beats: as many of them
 * heard since, and the other must have been able to speak. One who wakes up judges nobody before it hears itself again.
 */
import type { LeaseChange } from '#runtime/log/leases.ts'

/** Beats in the time a lease lasts without a renewal. */
export const BEATS_PER_LEASE = 5
export const LEASE_MS = 1_500
/** A lease that is lost to a pause of the garbage collector, or lasts for minutes, is a mistake in the settings. */
export const LEASE_MS_MIN = 250
export const LEASE_MS_MAX = 60_000

/** What a daemon says of itself with every beat. */
export interface Card {
  /** The process: a daemon that starts again is the same member with another writer. */
  readonly writer: string
  readonly leaseMs: number
  /** Gives its partitions up and takes none. */
  readonly draining: boolean
  /** Partitions it serves in which nothing is left to do, as far as it was told what there is. */
  readonly quiet: readonly number[]
  /** It has nothing in hand. */
  readonly idle: boolean
  /** The writer of its own name it heard last that was not itself: only one that still runs can name its successor. */
  readonly heard?: string | undefined
}

interface Member {
  /** As it was heard: most beats say what the last one said. */
  value: string
  card: Card
  left: boolean
  /** Of our own beats, since it was last heard. */
  echoes: number
}

const PREFIX = 'member.'

export class Members {
  readonly #me: string
  readonly #beatMs: number
  readonly #members = new Map<string, Member>()
  /** In order; absent once somebody came or went. */
  #names: readonly string[] | undefined

  constructor(me: string, beatMs: number) {
    this.#me = me
    this.#beatMs = beatMs
  }

  static keyOf(member: string): string {
    return `${PREFIX}${member}`
  }

  /** False when the change is not about a member. */
  heard({ key, value }: LeaseChange): boolean {
    if (!key.startsWith(PREFIX)) return false
    const name = key.slice(PREFIX.length)
    const known = this.#members.get(name)
    const card = value === undefined || value === known?.value ? known?.card : readCard(value)
    if (card !== undefined) {
      if (!known) this.#names = undefined
      this.#members.set(name, { value: value ?? '', card, left: value === undefined, echoes: 0 })
    }
    if (name === this.#me)
      for (const [other, member] of this.#members) if (other !== this.#me) member.echoes += 1
    return true
  }

  cardOf(member: string): Card | undefined {
    return this.isLiving(member) ? this.#members.get(member)!.card : undefined
  }

  isLiving(member: string): boolean {
    const known = this.#members.get(member)
    return known !== undefined && !known.left && this.#silentMs(known) < known.card.leaseMs
  }

  /** Those whose lease has not lapsed, in the order of their names. */
  living(): readonly string[] {
    this.#names ??= Array.from(this.#members.keys()).toSorted()
    return this.#names.filter((member) => this.isLiving(member))
  }

  /** Takes out, and names, who has been gone for so long that every watcher must have noticed. */
  bury(): readonly string[] {
    const gone = Array.from(this.#members).filter(
      ([, member]) => this.#silentMs(member) >= 3 * member.card.leaseMs,
    )
    if (gone.length > 0) this.#names = undefined
    for (const [name] of gone) this.#members.delete(name)
    return gone.map(([name]) => name)
  }

  #silentMs(member: Member): number {
    return member.echoes * this.#beatMs
  }
}

/** Of another version, or damaged: nobody one could reckon with. */
function readCard(value: string): Card | undefined {
  try {
    const card: Partial<Card> = JSON.parse(value)
    const { writer, leaseMs, draining, quiet, idle, heard } = card
    if (typeof writer !== 'string' || typeof leaseMs !== 'number') return undefined
    return {
      writer,
      leaseMs,
      draining: draining === true,
      quiet: Array.isArray(quiet) ? quiet : [],
      idle: idle === true,
      heard: typeof heard === 'string' ? heard : undefined,
    }
  } catch {
    return undefined
  }
}
