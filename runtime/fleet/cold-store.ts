/**
 * Conversations at rest, as bytes, all of it outside the garbage collector's heap: their names and states in slabs, and an open
 * table of places to find them by. A million of them are a few hundred buffers, not millions of objects.
 *
 * What is taken keeps its place: it comes back, and is written there again where it fits. What outgrew its place is written
 * behind all others and leaves a hole; once there are more holes than bytes at rest, everything moves together into new slabs.
 *
 *   entry   length of the state (4 bytes), of the name (2 bytes), 1 while it is here (1 byte), places behind it that are its own
 *           (1 byte), name in UTF-8, state
 *   table   by the name's hash, with linear probing: place + 1 (0: free), and the hash beside it
 *
 * Invariants:
 * 1. A place is `slab * SLAB_PLACES + offset / PLACE_BYTES` and fits 32 bits: 32 GiB.
 * 2. Between a name's slot by its hash and the slot it is in, no slot is free: slots are freed by making the table anew.
 * 3. What was handed out stays as it was until the next `put` or `take`.
 */
export const SLAB_BYTES = 1024 * 1024
const PLACE_BYTES = 8
const SLAB_PLACES = SLAB_BYTES / PLACE_BYTES
const NAME_LENGTH_AT = 4
const HERE_AT = 6
const SPARE_AT = 7
const NAME_AT = 8
const SPARE_MAX = 255
/** Holes are left alone below this. */
const HOLES_BYTES_MIN = 4 * SLAB_BYTES
const SLOTS_MIN = 1_024
/** Of its slots a table fills at most this part. */
const FILL_MAX = 0.75

interface Slab {
  readonly bytes: Buffer
  /** Where the next entry goes. */
  end: number
}

export class ColdStore {
  #slabs: Slab[] = []
  #places = new Uint32Array(SLOTS_MIN)
  #hashes = new Uint32Array(SLOTS_MIN)
  /** Slots that are not free. */
  #filled = 0
  #size = 0
  #bytes = 0
  #holes = 0

  get size(): number {
    return this.#size
  }

  /** Bytes at rest, without the table. */
  get bytes(): number {
    return this.#bytes
  }

  /** Bytes of all slabs. */
  get reserved(): number {
    return this.#slabs.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  has(id: string): boolean {
    return this.#hereOf(id) >= 0
  }

  /** The store may change meanwhile: what is put then may be named or not, what is taken then may still be named. */
  *ids(): Generator<string> {
    for (const slab of this.#slabs)
      for (let at = 0; at < slab.end; at += sizeAt(slab.bytes, at))
        if (slab.bytes[at + HERE_AT] === 1) yield nameAt(slab.bytes, at)
  }

  /**
   * As `ids`, with their states, which are views. Of what is neither put nor taken meanwhile the state is what it was throughout;
   * of the rest it may be anything.
   */
  *entries(): Generator<readonly [string, Uint8Array]> {
    for (const { bytes, end } of this.#slabs)
      for (let at = 0; at < end; at += sizeAt(bytes, at))
        if (bytes[at + HERE_AT] === 1) yield [nameAt(bytes, at), stateAt(bytes, at)]
  }

  put(id: string, state: Uint8Array): void {
    if (this.#holes > HOLES_BYTES_MIN && this.#holes > this.#bytes) this.#move()
    const hash = hashOf(id)
    let slot = this.#slotOf(id, hash)
    if (slot >= 0) {
      if (this.#replace(this.#places[slot]! - 1, state)) return
    } else {
      const slots = this.#places.length
      if (this.#filled + 1 > FILL_MAX * slots)
        this.#makeTable(2 * this.#size > FILL_MAX * slots ? 2 * slots : slots)
      slot = freeSlot(this.#places, hash)
      this.#hashes[slot] = hash
      this.#filled++
    }
    this.#places[slot] = this.#append(id, state) + 1
    this.#size++
  }

  /** A view, good until the store next changes. */
  peek(id: string): Uint8Array | undefined {
    const slot = this.#hereOf(id)
    return slot < 0 ? undefined : this.#stateAt(this.#places[slot]! - 1)
  }

  /** A view, good until the store next changes; the entry is gone. */
  take(id: string): Uint8Array | undefined {
    const slot = this.#hereOf(id)
    if (slot < 0) return undefined
    const place = this.#places[slot]! - 1
    this.#leave(place)
    return this.#stateAt(place)
  }

  /** The slot; -1 when it is not here. */
  #hereOf(id: string): number {
    const slot = this.#slotOf(id, hashOf(id))
    if (slot < 0) return -1
    const place = this.#places[slot]! - 1
    return this.#slabOf(place)[offsetOf(place) + HERE_AT] === 1 ? slot : -1
  }

  /** -1 when it is neither here nor has a place. */
  #slotOf(id: string, hash: number): number {
    const mask = this.#places.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = this.#places[slot]!
      if (place === 0) return -1
      if (this.#hashes[slot] === hash && this.#isNamed(place - 1, id)) return slot
    }
  }

  /** In its own place, where it fits; otherwise that place is left. */
  #replace(place: number, state: Uint8Array): boolean {
    const bytes = this.#slabOf(place)
    const at = offsetOf(place)
    const here = bytes[at + HERE_AT] === 1
    const size = sizeAt(bytes, at)
    const spare = (size - sizeOf(bytes.readUInt16LE(at + NAME_LENGTH_AT), state.length)) / PLACE_BYTES
    if (spare < 0 || spare > SPARE_MAX) {
      if (here) this.#leave(place)
      return false
    }
    bytes.writeUInt32LE(state.length, at)
    bytes[at + HERE_AT] = 1
    bytes[at + SPARE_AT] = spare
    bytes.set(state, stateStart(bytes, at))
    if (here) return true
    this.#size++
    this.#bytes += size
    this.#holes -= size
    return true
  }

  /** Without those that are not here. */
  #makeTable(slots: number): void {
    const [places, hashes] = [this.#places, this.#hashes]
    this.#places = new Uint32Array(slots)
    this.#hashes = new Uint32Array(slots)
    this.#filled = this.#size
    for (let at = 0; at < places.length; at++) {
      const place = places[at]! - 1
      if (place < 0 || this.#slabOf(place)[offsetOf(place) + HERE_AT] !== 1) continue
      const slot = freeSlot(this.#places, hashes[at]!)
      this.#places[slot] = places[at]!
      this.#hashes[slot] = hashes[at]!
    }
  }

  #append(id: string, state: Uint8Array): number {
    const name = Buffer.byteLength(id)
    const { slab, place, at } = this.#room(sizeOf(name, state.length))
    slab.bytes.writeUInt32LE(state.length, at)
    slab.bytes.writeUInt16LE(name, at + NAME_LENGTH_AT)
    slab.bytes[at + HERE_AT] = 1
    slab.bytes[at + SPARE_AT] = 0
    slab.bytes.write(id, at + NAME_AT)
    slab.bytes.set(state, at + NAME_AT + name)
    return place
  }

  #room(size: number): { slab: Slab; place: number; at: number } {
    let slab = this.#slabs.at(-1)
    if (slab === undefined || slab.end + size > SLAB_BYTES) {
      // What is larger than a slab gets one of its own; nothing else fits behind it.
      slab = { bytes: Buffer.allocUnsafeSlow(Math.max(size, SLAB_BYTES)), end: 0 }
      this.#slabs.push(slab)
    }
    const at = slab.end
    slab.end += size
    this.#bytes += size
    return { slab, place: (this.#slabs.length - 1) * SLAB_PLACES + at / PLACE_BYTES, at }
  }

  #slabOf(place: number): Buffer {
    return this.#slabs[Math.floor(place / SLAB_PLACES)]!.bytes
  }

  #isNamed(place: number, id: string): boolean {
    const bytes = this.#slabOf(place)
    const at = offsetOf(place)
    const length = bytes.readUInt16LE(at + NAME_LENGTH_AT)
    if (length < id.length) return false
    for (let i = 0; i < id.length; i++) {
      const unit = id.charCodeAt(i)
      if (unit > 0x7f) return nameAt(bytes, at) === id
      if (bytes[at + NAME_AT + i] !== unit) return false
    }
    return length === id.length
  }

  #stateAt(place: number): Uint8Array {
    return stateAt(this.#slabOf(place), offsetOf(place))
  }

  #leave(place: number): void {
    const bytes = this.#slabOf(place)
    const at = offsetOf(place)
    bytes[at + HERE_AT] = 0
    const size = sizeAt(bytes, at)
    this.#size--
    this.#bytes -= size
    this.#holes += size
  }

  /** What is not here keeps no place. */
  #move(): void {
    this.#makeTable(this.#places.length)
    const old = this.#slabs
    this.#slabs = []
    this.#bytes = 0
    this.#holes = 0
    for (let slot = 0; slot < this.#places.length; slot++) {
      if (this.#places[slot] === 0) continue
      const place = this.#places[slot]! - 1
      const { bytes } = old[Math.floor(place / SLAB_PLACES)]!
      const from = offsetOf(place)
      const size = sizeAt(bytes, from)
      const moved = this.#room(size)
      bytes.copy(moved.slab.bytes, moved.at, from, from + size)
      this.#places[slot] = moved.place + 1
    }
  }
}

function freeSlot(places: Uint32Array, hash: number): number {
  const mask = places.length - 1
  let slot = hash & mask
  while (places[slot] !== 0) slot = (slot + 1) & mask
  return slot
}

function offsetOf(place: number): number {
  return (place % SLAB_PLACES) * PLACE_BYTES
}

function stateAt(bytes: Buffer, at: number): Uint8Array {
  const start = stateStart(bytes, at)
  return bytes.subarray(start, start + bytes.readUInt32LE(at))
}

function stateStart(bytes: Buffer, at: number): number {
  return at + NAME_AT + bytes.readUInt16LE(at + NAME_LENGTH_AT)
}

/** What an entry takes in its slab. */
function sizeOf(name: number, state: number): number {
  return Math.ceil((NAME_AT + name + state) / PLACE_BYTES) * PLACE_BYTES
}

function sizeAt(bytes: Buffer, at: number): number {
  return (
    sizeOf(bytes.readUInt16LE(at + NAME_LENGTH_AT), bytes.readUInt32LE(at)) +
    bytes[at + SPARE_AT]! * PLACE_BYTES
  )
}

function nameAt(bytes: Buffer, at: number): string {
  return bytes.toString('utf8', at + NAME_AT, at + NAME_AT + bytes.readUInt16LE(at + NAME_LENGTH_AT))
}

/** FNV-1a over UTF-16 code units, mixed so that its low bits depend on all of them. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i++) {
    hash ^= id.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193)
  }
  hash ^= hash >>> 15
  return Math.imul(hash, 0x2c1b3c6d) >>> 0
}
