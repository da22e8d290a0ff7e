/**
 * Leases between daemons: who is there, and who serves which partition. They are for efficiency alone: whatever is read
 * here, the slots keep two owners from both having an effect. `leases-contract.ts` states what every implementation keeps.
 *
 * Invariants:
 * 1. Every watcher hears the writes in one order, the newest of each key at least; its own among them.
 * 2. Nothing here knows what time it is: when a lease has lapsed is for the watchers to judge (`fleet/members.ts`).
 */

/** A write of a key, as watchers hear it. */
export interface LeaseChange {
  readonly key: string
  /** What its holder says; `undefined` once released. */
  readonly value: string | undefined
  /** Grows with every write of any key. */
  readonly revision: number
}

export type Written =
  | { readonly kind: 'held' }
  /** Another write came between. */
  | { readonly kind: 'lost' }
  /** Not known to be kept; the watch tells if it was. */
  | { readonly kind: 'unsure'; readonly cause: Error }

export type Looked =
  | { readonly kind: 'stands'; readonly change: LeaseChange }
  | { readonly kind: 'none' }
  | { readonly kind: 'unsure'; readonly cause: Error }

export interface Leases {
  /**
   * Takes a key if it stands at revision `over` still; 0 for one that nobody ever wrote. Of two at once, one holds it as a
   * rule, not always (a 2.9 cluster may let both): the one whom the watch names last.
   */
  acquire(key: string, value: string, over: number): Promise<Written>
  /** Says that the holder of a key is still there, whatever stands now. */
  renew(key: string, value: string): Promise<Written>
  /** Gives a key up, if it stands at `revision` still. */
  release(key: string, revision: number): Promise<Written>
  /** Removes what is left of a key that nobody holds. Watchers do not hear of it. */
  forget(key: string): Promise<void>
  /**
   * What stands under a key, asked of whoever keeps it: for one whose write was lost against something that the watch never
   * told, as after a server that forgot its newest writes. `none`: nobody has it; `unsure`: no answer.
   */
  look(key: string): Promise<Looked>
  /** Everything that stands, then every change, until closed. */
  watch(listener: (change: LeaseChange) => void): Promise<LeaseWatch>
}

export interface LeaseWatch {
  close(): Promise<void>
}

/** Of a value, in UTF-8 bytes. */
export const LEASE_BYTES_MAX = 16 * 1024
const KEY = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/

/** Crossing a bound is a bug of the caller, so this throws. */
export function checkLease(key: string, value: string): void {
  if (!KEY.test(key))
    throw new RangeError(
      `A lease's key is words of letters, digits, - and _, with dots between; got \`${key}\`.`,
    )
  if (value.length === 0 || Buffer.byteLength(value) > LEASE_BYTES_MAX)
    throw new RangeError(`A lease's value is 1 to ${LEASE_BYTES_MAX} bytes; got ${Buffer.byteLength(value)}.`)
}
