/**
 * Leases as the processes of a simulated world see them: every write crosses the network, every watcher hears late.
 * Held to the leases' contract like the real ones. They are for efficiency alone, so here they may go wrong as the log may not.
 *
 * Invariants:
 * 1. A watcher hears the writes in one order, the newest of each key at least, unless the bucket has lost them.
 * 2. Without the knobs `leaseWonTwice` and `leasesLost` no write is kept over another than the one it names.
 */
import { checkLease, type LeaseChange, type Leases, type Looked, type Written } from '#runtime/log/leases.ts'
import type { Knobs } from './knobs.ts'
import type { Network } from './network.ts'
import type { SimulatedProcess } from './process.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

/** Newest writes that a restart takes away, up to. */
const LOST_MAX = 10

interface Watcher {
  readonly process: SimulatedProcess
  readonly listener: (change: LeaseChange) => void
  /** The revision told last, by key. */
  readonly told: Map<string, number>
  coming: boolean
}

type Unsure = Extract<Written, { kind: 'unsure' }>

/** What stands under a key, and what stood there when it was written. */
type Standing = LeaseChange & { readonly over: number }

export class LeaseBucket {
  readonly #time: VirtualTime
  readonly #network: Network
  readonly #random: Random
  readonly #knobs: Knobs
  /** In the order of writing. */
  readonly #standing = new Map<string, Standing>()
  readonly #watchers = new Set<Watcher>()
  #revision = 0

  constructor(time: VirtualTime, network: Network, random: Random, knobs: Knobs) {
    this.#time = time
    this.#network = network
    this.#random = random
    this.#knobs = knobs
  }

  open(process: SimulatedProcess): Leases {
    const asked = <Answer>(apply: () => Answer) =>
      new Promise<Answer | Unsure>((resolve) => {
        this.#network.request<Answer>(process, apply, resolve, () =>
          resolve({ kind: 'unsure', cause: new Error('no answer') }),
        )
      })
    const written = (apply: () => Written): Promise<Written> => asked(apply)
    return {
      acquire: async (key, value, over) => {
        checkLease(key, value)
        return written(() => this.#write(key, value, over))
      },
      renew: async (key, value) => {
        checkLease(key, value)
        return written(() => this.#write(key, value, undefined))
      },
      release: (key, revision) => written(() => this.#write(key, undefined, revision)),
      forget: async (key) => {
        await written(() => {
          this.#standing.delete(key)
          return { kind: 'held' }
        })
      },
      look: (key) =>
        asked<Looked>(() => {
          const change = this.#standing.get(key)
          return change ? { kind: 'stands', change } : { kind: 'none' }
        }),
      watch: async (listener) => {
        const watcher = { process, listener, told: new Map<string, number>(), coming: false }
        this.#watchers.add(watcher)
        this.#wake(watcher)
        return {
          close: async () => {
            this.#watchers.delete(watcher)
          },
        }
      },
    }
  }

  /** After a restart or a healed cut, watchers are told what they have not heard. */
  reconnect(): void {
    for (const watcher of this.#watchers) this.#wake(watcher)
  }

  /** The newest writes are gone with the disk's cache: revisions are given again, and nobody is told. */
  loseTail(): void {
    this.#revision = Math.max(0, this.#revision - this.#random.int(LOST_MAX))
    for (const [key, { revision }] of this.#standing)
      if (revision > this.#revision) this.#standing.delete(key)
  }

  #write(key: string, value: string | undefined, over: number | undefined): Written {
    const stands = this.#standing.get(key)
    if (over !== undefined && (stands?.revision ?? 0) !== over && !this.#winsToo(stands, over))
      return { kind: 'lost' }
    // At its new place, so that a later watcher hears what stands in the order of writing.
    this.#standing.delete(key)
    this.#standing.set(key, { key, value, revision: ++this.#revision, over: stands?.revision ?? 0 })
    this.reconnect()
    return { kind: 'held' }
  }

  /** Old clusters let a second writer win that expected what the first had found. */
  #winsToo(stands: Standing | undefined, over: number): boolean {
    return over > 0 && stands?.over === over && this.#knobs.strikes('leaseWonTwice', this.#random)
  }

  #wake(watcher: Watcher): void {
    if (!watcher.process.alive) {
      this.#watchers.delete(watcher)
      return
    }
    if (watcher.coming || !this.#lacks(watcher) || !this.#network.reaches(watcher.process)) return
    watcher.coming = true
    this.#time.after(this.#network.delayMs(), () => {
      watcher.coming = false
      if (!this.#network.reaches(watcher.process)) return
      watcher.coming = true
      watcher.process.happen(() => this.#tell(watcher))
    })
  }

  #tell(watcher: Watcher): void {
    watcher.coming = false
    for (const change of Array.from(this.#standing.values())) {
      if (watcher.told.get(change.key) === change.revision) continue
      watcher.told.set(change.key, change.revision)
      if (this.#watchers.has(watcher)) watcher.listener(change)
    }
  }

  #lacks({ told }: Watcher): boolean {
    for (const { key, revision } of this.#standing.values()) if (told.get(key) !== revision) return true
    return false
  }
}
