/**
 * Prints with a mask and a number each, in the order they came. A map of numbers keeps two objects on the heap for each
 * of them; this keeps three plain arrays, which is several times quicker to look into and nothing for the collector to visit.
 *
 * Invariants:
 * 1. `#slots` holds the entries' numbers, plus one, by open addressing; as many slots as a power of two, half of them free.
 * 2. Entries are put into the slots in their order, also when these grow. So the last one stands in nobody's way, and
 *    `shrink` may just free its slot.
 */
import type { Print } from './prints.ts'

/** Entries there is room for at first: a short message and its names. */
const FIRST = 32

export class Pieces {
  #prints = new Float64Array(FIRST)
  #masks = new Int32Array(FIRST)
  #numbers = new Int32Array(FIRST)
  #slots = new Int32Array(2 * FIRST)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Where the print stands; -1: nowhere. */
  find(print: Print): number {
    return this.#slots[this.#slotOf(print)]! - 1
  }

  printAt(entry: number): Print {
    return this.#prints[entry]!
  }

  maskAt(entry: number): number {
    return this.#masks[entry]!
  }

  numberAt(entry: number): number {
    return this.#numbers[entry]!
  }

  setMask(entry: number, mask: number): void {
    this.#masks[entry] = mask
  }

  /** The caller has looked: the print is not there yet. */
  push(print: Print, mask: number, number: number): void {
    if (this.#size === this.#prints.length) this.#grow()
    const entry = this.#size++
    this.#prints[entry] = print
    this.#masks[entry] = mask
    this.#numbers[entry] = number
    this.#slots[this.#slotOf(print)] = entry + 1
  }

  /** Leaves the first `size` entries. */
  shrink(size: number): void {
    while (this.#size > size) {
      this.#slots[this.#slotOf(this.#prints[this.#size - 1]!)] = 0
      this.#size--
    }
  }

  /** The slot of the print, or the free one where it would stand. */
  #slotOf(print: Print): number {
    const last = this.#slots.length - 1
    // A print's lower bits are as good as a hash's.
    let slot = print & last
    for (;;) {
      const taken = this.#slots[slot]!
      if (taken === 0 || this.#prints[taken - 1] === print) return slot
      slot = (slot + 1) & last
    }
  }

  #grow(): void {
    const room = 2 * this.#prints.length
    this.#prints = grown(this.#prints, new Float64Array(room))
    this.#masks = grown(this.#masks, new Int32Array(room))
    this.#numbers = grown(this.#numbers, new Int32Array(room))
    this.#slots = new Int32Array(2 * room)
    for (let entry = 0; entry < this.#size; entry++)
      this.#slots[this.#slotOf(this.#prints[entry]!)] = entry + 1
  }
}

function grown<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
