/**
 * Conversations at rest, as bytes: one map entry and the bytes themselves, outside the garbage collector's heap.
 *
 * Bytes are appended to slabs and never changed. What is taken leaves a hole; once there are more holes than bytes at
 * rest, everything moves together into new slabs.
 *
 * Invariants:
 * 1. A location is `slab * SLAB_PLACES + place`, places being PLACE_BYTES apart: a small integer, so that an entry of the
 *    map is no object of its own.
 * 2. What was handed out stays as it was until the next `put`, `take` or `move`.
 */
export const SLAB_BYTES = 1024 * 1024
const PLACE_BYTES = 8
const SLAB_PLACES = SLAB_BYTES / PLACE_BYTES
const LENGTH_BYTES = 4
/** Holes are left alone below this. */
const HOLES_BYTES_MIN = 4 * SLAB_BYTES

export class ColdStore {
  readonly #at = new Map<string, number>()
  #slabs: Buffer[] = []
  /** Where the next bytes go in the last slab. */
  #end = SLAB_BYTES
  #bytes = 0
  #holes = 0

  get size(): number {
    return this.#at.size
  }

  /** Bytes at rest, without the map. */
  get bytes(): number {
    return this.#bytes
  }

  /** Bytes of all slabs. */
  get reserved(): number {
    return this.#slabs.reduce((sum, slab) => sum + slab.length, 0)
  }

  has(id: string): boolean {
    return this.#at.has(id)
  }

  ids(): IterableIterator<string> {
    return this.#at.keys()
  }

  put(id: string, bytes: Uint8Array): void {
    const before = this.#at.get(id)
    if (before !== undefined) this.#leave(before)
    else if (this.#holes > HOLES_BYTES_MIN && this.#holes > this.#bytes) this.#move()
    this.#at.set(id, this.#append(bytes))
  }

  /** A view, good until the store next changes. */
  peek(id: string): Uint8Array | undefined {
    const at = this.#at.get(id)
    return at === undefined ? undefined : this.#view(at)
  }

  /** A view, good until the store next changes; the entry is gone. */
  take(id: string): Uint8Array | undefined {
    const at = this.#at.get(id)
    if (at === undefined) return undefined
    this.#at.delete(id)
    this.#leave(at)
    return this.#view(at)
  }

  #append(bytes: Uint8Array): number {
    const size = taken(bytes.length)
    if (this.#end + size > SLAB_BYTES) {
      // What is larger than a slab gets one of its own; nothing else fits behind it.
      this.#slabs.push(Buffer.allocUnsafeSlow(Math.max(size, SLAB_BYTES)))
      this.#end = 0
    }
    const slab = this.#slabs.at(-1)!
    slab.writeUInt32LE(bytes.length, this.#end)
    slab.set(bytes, this.#end + LENGTH_BYTES)
    const at = (this.#slabs.length - 1) * SLAB_PLACES + this.#end / PLACE_BYTES
    this.#end += size
    this.#bytes += size
    return at
  }

  #view(at: number): Uint8Array {
    const slab = this.#slabs[Math.floor(at / SLAB_PLACES)]!
    const start = (at % SLAB_PLACES) * PLACE_BYTES
    const length = slab.readUInt32LE(start)
    return slab.subarray(start + LENGTH_BYTES, start + LENGTH_BYTES + length)
  }

  #leave(at: number): void {
    const size = taken(this.#view(at).length)
    this.#bytes -= size
    this.#holes += size
  }

  #move(): void {
    const old = new ColdStore()
    old.#slabs = this.#slabs
    this.#slabs = []
    this.#end = SLAB_BYTES
    this.#bytes = 0
    this.#holes = 0
    for (const [id, at] of this.#at) this.#at.set(id, this.#append(old.#view(at)))
  }
}

/** What an entry takes in its slab. */
function taken(length: number): number {
  return Math.ceil((LENGTH_BYTES + length) / PLACE_BYTES) * PLACE_BYTES
}
