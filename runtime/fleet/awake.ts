/**
 * The conversations of a partition that are awake, and who of them rests.
 *
 * Up to a number of them stay. Where there are more, the newcomer goes to rest again as soon as its input is done: its objects are
 * garbage before the collector has moved them once, which is what makes waking cheap. One newcomer of sixteen stays in the place
 * of one that was not touched since it was last looked at: who is spoken to often comes to stay soon, and many that are spoken to
 * once each do not drive out the few that are spoken to again and again.
 *
 * A map that forgets as often as it learns is made anew again and again, and those made before keep alive what they held until the
 * whole heap is collected; so conversations stand in a list, and the map holds numbers.
 */
import { type ConversationState, isWaiting } from './conversation-state.ts'

/** One of sixteen newcomers, spread so that no rhythm in which agents take turns is met again and again: multiples of the golden ratio. */
const STAYS_BITS = 4
const GOLDEN = 0x9e3779b1
/** At those who are more than stay and were left before. */
const LATE_LOOKS = 8

export class Awake {
  readonly #conversations: ConversationState[] = []
  readonly #places = new Map<string, number>()
  /** Who stays and is looked at next. */
  #hand = 0
  #newcomers = 0
  /** Since some were last put to rest. */
  #added = 0
  /** Who of those that are more is looked at next. */
  #late = 0

  get size(): number {
    return this.#conversations.length
  }

  get(id: string): ConversationState | undefined {
    const place = this.#places.get(id)
    return place === undefined ? undefined : this.#conversations[place]
  }

  /** It must not be here already. */
  add(conversation: ConversationState): void {
    this.#added++
    this.#places.set(conversation.id, this.#conversations.push(conversation) - 1)
  }

  [Symbol.iterator](): IterableIterator<ConversationState> {
    return this.#conversations.values()
  }

  /**
   * The newcomers since the last time, and some of those who were left then: inputs wait in them, and they go on by themselves; or
   * `max` was larger.
   */
  rest(max: number, put: (conversation: ConversationState) => void): void {
    const from = Math.max(max, this.#conversations.length - this.#added)
    for (let place = this.#conversations.length - 1; place >= from; place--) this.#look(place, max, put)
    this.#added = 0
    for (let looks = LATE_LOOKS; looks > 0 && this.#conversations.length > max; looks--) {
      if (this.#late < max || this.#late >= this.#conversations.length) this.#late = max
      this.#look(this.#late++, max, put)
    }
  }

  #look(place: number, max: number, put: (conversation: ConversationState) => void): void {
    const newcomer = this.#conversations[place]!
    const leaves = max > 0 && this.#stays(newcomer) ? this.#exchange(place, max) : newcomer
    if (isWaiting(leaves)) return
    put(leaves)
    this.#drop(leaves.id)
  }

  #stays({ touches }: ConversationState): boolean {
    return touches > 1 || Math.imul(this.#newcomers++, GOLDEN) >>> (32 - STAYS_BITS) === 0
  }

  /** The newcomer takes the place of who stayed untouched, when the hand finds such a one. Whoever is to leave then. */
  #exchange(newcomer: number, max: number): ConversationState {
    this.#hand = (this.#hand + 1) % max
    const other = this.#conversations[this.#hand]!
    const one = this.#conversations[newcomer]!
    if (other.touches > 0 || isWaiting(other)) {
      other.touches = 0
      return one
    }
    this.#place(one, this.#hand)
    this.#place(other, newcomer)
    one.touches = 0
    return other
  }

  #place(conversation: ConversationState, place: number): void {
    this.#conversations[place] = conversation
    this.#places.set(conversation.id, place)
  }

  /** The last one comes in its place. */
  #drop(id: string): void {
    const place = this.#places.get(id)!
    this.#places.delete(id)
    const last = this.#conversations.pop()!
    if (last.id !== id) this.#place(last, place)
  }
}
