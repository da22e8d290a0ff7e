/**
 * Words that conversations at rest have in common: names of fields, roles, states and monitors. They are kept once a partition, and
 * conversations name them by number.
 *
 * Invariants:
 * 1. A word keeps its number: words are added and never taken away.
 * 2. A text becomes a word when a second conversation has it, so that names which are one conversation's own take no room.
 */
export const WORDS_MAX = 4_096
/** Characters of a word; a longer text is written out wherever it stands. */
export const WORD_CHARS_MAX = 64
/** Texts met in one conversation so far; they are forgotten together once there are so many. */
const MET_MAX = 512

export class Words {
  readonly #texts: string[] = []
  readonly #numbers = new Map<string, number>()
  /** In which conversation a text was met. */
  readonly #met = new Map<string, string>()

  get size(): number {
    return this.#texts.length
  }

  at(number: number): string {
    const text = this.#texts[number]
    if (text === undefined) throw new RangeError(`there is no word ${number} of ${this.#texts.length}`)
    return text
  }

  from(number: number): readonly string[] {
    return this.#texts.slice(number)
  }

  /** -1 when it is no word, or not yet. */
  numberOf(text: string, conversation: string): number {
    return this.#numbers.get(text) ?? this.#meet(text, conversation)
  }

  add(text: string): number {
    // The one the engine itself keeps of all that are alike: as a field's name any other has to be looked up first.
    const [word = text] = Object.keys({ [text]: true })
    this.#numbers.set(word, this.#texts.length)
    return this.#texts.push(word) - 1
  }

  #meet(text: string, conversation: string): number {
    if (this.#texts.length >= WORDS_MAX || text.length > WORD_CHARS_MAX) return -1
    const met = this.#met.get(text)
    if (met !== undefined && met !== conversation) {
      this.#met.delete(text)
      return this.add(text)
    }
    if (this.#met.size >= MET_MAX) this.#met.clear()
    this.#met.set(text, conversation)
    return -1
  }
}
