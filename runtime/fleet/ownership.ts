/**
 * Shares a fleet's partitions between daemons by leases. A partition's lease names the member that serves it and lasts as
 * long as that member is heard of; only members renew.
 *
 * Invariants:
 * 1. A partition is served here only after the watch has named this member its holder, and is given up when the watch
 *    names another. That this comes too late, or that two hold it for a moment, is settled by the slots: the fenced stops.
 * 2. A partition changes hands only when its holder released it, is gone, or is fenced. Who serves it finishes the batch
 *    in hand, then releases.
 * 3. One thing at a time per partition: take, give, acquire, release.
 * 4. Whatever fails is tried again with the next beat. Who loses a write, is fenced, or waits in vain for a partition to be
 *    given up, asks what stands: the watch may never tell, when a server has forgotten its newest writes.
 */
import type { LeaseChange, Leases, LeaseWatch } from '#runtime/log/leases.ts'
import type { Clock } from './clock.ts'
import { BEATS_PER_LEASE, type Card, Members } from './members.ts'
import { spread } from './spread.ts'

export interface OwnershipDeps {
  readonly leases: Leases
  readonly clock: Clock
  readonly partitions: number
  /** Letters, digits, - and _; the same whenever this daemon starts again, so that it finds its partitions kept for it. */
  readonly member: string
  /** This process among all that were ever this member. */
  readonly writer: string
  /** A member not heard of for this long has lost its partitions. */
  readonly leaseMs: number
  /** Recovers and serves. False: it cannot be served, and somebody has been told. */
  readonly take: (partition: number) => Promise<boolean>
  /** Finishes the batch in hand and stops serving. */
  readonly give: (partition: number) => Promise<void>
  readonly quiet: (partition: number) => boolean
  readonly idle: () => boolean
  /** What is served here, or who is there, may have changed. */
  readonly onChange: () => void
  /** Another process is the same member: its data folder is a copy of this one's. */
  readonly onDouble: () => void
}

interface Place {
  holder: string | undefined
  revision: number
  state: 'away' | 'serving' | 'busy'
  fenced: boolean
  /** What was tried last, so that it is not tried again before the watch has told or a beat has passed. */
  tried: { readonly beat: number; readonly revision: number } | undefined
  /** The beat since which a living other is to give it up to this member. */
  waiting: number | undefined
}

const PARTITION = 'partition.'

export class Ownership {
  readonly #deps: OwnershipDeps
  readonly #members: Members
  readonly #places: readonly Place[]
  readonly #beatMs: number
  readonly #settled = Promise.withResolvers<void>()
  readonly #left = Promise.withResolvers<void>()
  #watch: LeaseWatch | undefined
  /** How the partitions are spread over these, as it was found last: most beats change nothing. */
  #spread: { readonly able: string; readonly wanted: ReturnType<typeof spread> } | undefined
  #cancelBeat = () => {}
  #beat = 0
  #heardMyself = false
  /** Another writer of this name: one that died, whose last words were on their way, or one that answers. */
  #other: string | undefined
  #doubled = false
  #ownRevision = 0
  #leaving = false
  #closed = false

  constructor(deps: OwnershipDeps) {
    this.#deps = deps
    this.#beatMs = deps.leaseMs / BEATS_PER_LEASE
    this.#members = new Members(deps.member, this.#beatMs)
    this.#places = Array.from({ length: deps.partitions }, () => ({
      holder: undefined,
      revision: 0,
      state: 'away',
      fenced: false,
      tried: undefined,
      waiting: undefined,
    }))
  }

  /** Announces this daemon and starts to share; resolves once it first serves all that is its share. */
  async join(): Promise<void> {
    this.#watch = await this.#deps.leases.watch((change) => this.#onChange(change))
    this.#onBeat()
    return this.#settled.promise
  }

  /** Hands every partition over and says good-bye; resolves when nothing is served here any more. */
  async leave(): Promise<void> {
    if (this.#closed) return
    this.#leaving = true
    this.#announce()
    this.#review()
    return this.#left.promise
  }

  /** Stops without a word: leases lapse, or wait for this daemon's next start. */
  async close(): Promise<void> {
    this.#closed = true
    this.#cancelBeat()
    this.#settled.resolve()
    this.#left.resolve()
    await this.#watch?.close()
  }

  /** The partition's owner stopped by itself: it was fenced. */
  lost(partition: number): void {
    const place = this.#places[partition]!
    place.fenced = true
    // Whoever wrote there is at work: it is not taken up again before the watch tells, or the next beat.
    place.tried = { beat: this.#beat, revision: place.revision }
    this.#review()
  }

  get isLeaving(): boolean {
    return this.#leaving
  }

  get serving(): readonly number[] {
    return this.#partitionsWhere((place) => place.state === 'serving')
  }

  get members(): readonly string[] {
    return this.#members.living()
  }

  /** Every partition has somebody who says that nothing is left to do there. */
  get allQuiet(): boolean {
    const { member, quiet } = this.#deps
    return this.#places.every(({ holder, state }, partition) => {
      if (holder === member) return state === 'serving' && quiet(partition)
      return holder !== undefined && this.#members.cardOf(holder)?.quiet.includes(partition) === true
    })
  }

  get allIdle(): boolean {
    const { member, idle } = this.#deps
    return this.#members
      .living()
      .every((each) => (each === member ? idle() : this.#members.cardOf(each)?.idle === true))
  }

  #partitionsWhere(test: (place: Place) => boolean): readonly number[] {
    return this.#places.flatMap((place, partition) => (test(place) ? [partition] : []))
  }

  #onBeat(): void {
    if (this.#closed) return
    this.#beat += 1
    this.#announce()
    for (const gone of this.#members.bury()) this.#deps.leases.forget(Members.keyOf(gone)).catch(() => {})
    this.#review()
    this.#cancelBeat = this.#deps.clock.after(this.#beatMs, () => this.#onBeat())
  }

  /** Nobody waits for the answer: the watch brings it back, or the next beat says it again. */
  #announce(): void {
    const { member, writer, leaseMs, quiet, idle, leases } = this.#deps
    const card: Card = {
      writer,
      leaseMs,
      draining: this.#leaving,
      quiet: this.serving.filter(quiet),
      idle: idle(),
      heard: this.#other,
    }
    void leases.renew(Members.keyOf(member), JSON.stringify(card))
  }

  #onChange(change: LeaseChange): void {
    if (this.#closed) return
    if (this.#members.heard(change)) {
      if (change.key === Members.keyOf(this.#deps.member)) this.#hearMyself(change.revision)
    } else if (change.key.startsWith(PARTITION)) {
      const place = this.#places[Number(change.key.slice(PARTITION.length))]
      if (place === undefined) return
      place.holder = change.value
      place.revision = change.revision
    }
    this.#review()
  }

  #hearMyself(revision: number): void {
    this.#ownRevision = revision
    const card = this.#members.cardOf(this.#deps.member)
    if (card === undefined) return
    if (card.writer === this.#deps.writer) this.#heardMyself = true
    else {
      this.#other = card.writer
      if (card.heard !== this.#deps.writer || this.#doubled) return
      this.#doubled = true
      this.#deps.onDouble()
    }
  }

  #review(): void {
    // Before the first echo, what stands may not have been heard to its end.
    if (!this.#heardMyself || this.#closed) return
    const able = this.#members.living().filter((member) => this.#members.cardOf(member)?.draining === false)
    const wanted = this.#wantedOf(
      this.#leaving ? able.filter((member) => member !== this.#deps.member) : able,
    )
    for (let partition = 0; partition < this.#places.length; partition++)
      this.#step(partition, wanted[partition] === this.#deps.member)
    this.#deps.onChange()
    if (this.#places.every(({ state }, partition) => this.#isRight(state, wanted[partition])))
      this.#settled.resolve()
    if (
      this.#leaving &&
      this.#places.every(({ state, holder }) => state === 'away' && holder !== this.#deps.member)
    )
      void this.#sayGoodbye()
  }

  #wantedOf(able: readonly string[]): ReturnType<typeof spread> {
    const names = able.join(' ')
    if (this.#spread?.able !== names)
      this.#spread = { able: names, wanted: spread(this.#places.length, able) }
    return this.#spread.wanted
  }

  #isRight(state: Place['state'], wanted: string | undefined): boolean {
    return state === (wanted === this.#deps.member ? 'serving' : 'away')
  }

  #step(partition: number, wanted: boolean): void {
    const place = this.#places[partition]!
    if (place.state === 'busy') return
    const { holder, revision, tried } = place
    const mine = holder === this.#deps.member
    if (place.state === 'serving') {
      if (mine && wanted && !place.fenced) return
      void this.#do(partition, async () => {
        await this.#deps.give(partition)
        if (place.fenced) await this.#look(partition)
        place.fenced = false
        return 'away'
      })
      return
    }
    if (tried?.beat === this.#beat && tried.revision === revision) return
    const { leases, member, take } = this.#deps
    const key = `${PARTITION}${partition}`
    if (mine && wanted) {
      void this.#do(partition, async () => ((await take(partition)) ? 'serving' : 'away'))
    } else if (mine) {
      void this.#do(partition, async () => {
        const { kind } = await leases.release(key, revision)
        if (kind === 'lost') await this.#look(partition)
        return 'away'
      })
    } else if (wanted && (holder === undefined || !this.#members.isLiving(holder))) {
      void this.#do(partition, async () => {
        const { kind } = await leases.acquire(key, member, revision)
        if (kind === 'lost') await this.#look(partition)
        return 'away'
      })
    } else if (wanted) this.#wait(partition, place)
    else place.waiting = undefined
  }

  /** A living other holds what is to be this member's. It gives it up soon, or the watch has missed that it has. */
  #wait(partition: number, place: Place): void {
    place.waiting ??= this.#beat
    if (this.#beat - place.waiting < BEATS_PER_LEASE) return
    place.waiting = undefined
    void this.#do(partition, async () => {
      await this.#look(partition)
      return 'away'
    })
  }

  /** Somebody else wrote: mostly the watch tells soon, but not what a server forgot and has given another number. */
  async #look(partition: number): Promise<void> {
    const place = this.#places[partition]!
    const before = place.revision
    const looked = await this.#deps.leases.look(`${PARTITION}${partition}`)
    // What the watch has told meanwhile is as new.
    if (looked.kind === 'unsure' || place.revision !== before) return
    const { value, revision } = looked.kind === 'stands' ? looked.change : { value: undefined, revision: 0 }
    place.holder = value
    place.revision = revision
  }

  async #do(partition: number, act: () => Promise<'away' | 'serving'>): Promise<void> {
    const place = this.#places[partition]!
    if (place.state === 'away') place.tried = { beat: this.#beat, revision: place.revision }
    place.state = 'busy'
    place.state = await act()
    if (place.state === 'serving' && !place.fenced) place.tried = undefined
    this.#review()
  }

  async #sayGoodbye(): Promise<void> {
    if (this.#closed) return
    const { leases, member } = this.#deps
    this.#closed = true
    // Only tidy: whoever drains is reckoned with no more, and is buried in a while.
    await leases.release(Members.keyOf(member), this.#ownRevision)
    await this.close()
  }
}
