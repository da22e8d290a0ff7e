/**
 * Texts in a question, which are numbers there: which are the same, which of the words that are looked for is in which, and how
 * long they are. Of a text that is written somewhere all of it is known, of others what words say of words.
 */
import { characters, type TextTest, testText } from '../../judge/text.ts'
import type { Reading } from './scene.ts'
import { eq, implies, NO, not, type Question, type Term, whole, YES } from './terms.ts'

export type Text = Reading & { kind: 'text' }

/** Whether a text has a word in it, at its start or at its end. */
export interface Search {
  readonly on: Term
  readonly test: TextTest
  readonly word: string
  readonly words: boolean
  readonly exactly: boolean
  readonly found: Term
}

export class Texts {
  readonly #question: Question
  /** Texts that a text is compared with. */
  readonly #written = new Map<Term, ReadonlySet<string>>()
  readonly searches: Search[] = []
  /** How long texts are. */
  readonly lengths: { readonly of: Term; readonly size: Term }[] = []

  constructor(question: Question) {
    this.#question = question
  }

  same(left: Text, right: Text, folded: boolean): Term {
    // What is written the same reads the same.
    this.#question.assert(implies(eq(left.raw, right.raw), eq(left.folded, right.folded)))
    for (const [one, other] of [
      [left, right],
      [right, left],
    ] as const)
      for (const which of ['raw', 'folded'] as const) {
        const written = this.#writtenAt(other[which])
        if (written !== undefined) this.#decide(one[which], written)
      }
    return folded ? eq(left.folded, right.folded) : eq(left.raw, right.raw)
  }

  /** Whether a word is in a text: decided where the text is one that is written somewhere, and else as other words have it. */
  found(how: Pick<Search, 'test' | 'words' | 'exactly'>, subject: Text, wanted: Text): Term {
    const [on, word] = how.exactly ? [subject.raw, wanted.raw] : [subject.folded, wanted.folded]
    const written = this.#writtenAt(word)
    const before = this.searches.find(
      (one) => one.on === on && one.word === written && one.test === how.test && one.words === how.words,
    )
    if (written === undefined) return this.#question.fresh('Bool')
    if (before) return before.found
    const found = this.#question.fresh('Bool')
    const subjectText = this.#writtenAt(on)
    if (subjectText !== undefined)
      this.#question.assert(eq(found, testText(how.test, subjectText, written, how.words) ? YES : NO))
    for (const other of this.searches) {
      if (other.on !== on || other.words || how.words || how.test !== other.test) continue
      if (written !== '' && testText(how.test, other.word, written, false))
        this.#question.assert(implies(other.found, found))
      if (other.word !== '' && testText(how.test, written, other.word, false))
        this.#question.assert(implies(found, other.found))
    }
    if (written === '') this.#question.assert(not(found))
    this.searches.push({ ...how, on, word: written, found })
    return found
  }

  /** A text that is read is one that is written: then it is known what is in it. */
  #decide(on: Term, written: string): void {
    this.#written.set(on, new Set([...(this.#written.get(on) ?? []), written]))
  }

  /** To be called when all has been said. */
  settle(): void {
    for (const { on, test, word, words, found } of this.searches)
      for (const written of this.#written.get(on) ?? [])
        this.#question.assert(
          implies(
            eq(on, this.#question.text(written)),
            eq(found, testText(test, written, word, words) ? YES : NO),
          ),
        )
    for (const { of, size } of this.lengths)
      for (const written of this.#written.get(of) ?? [])
        this.#question.assert(
          implies(eq(of, this.#question.text(written)), eq(size, whole(characters(written)))),
        )
  }

  #writtenAt(term: Term): string | undefined {
    return /^\d+$/.test(term) ? this.#question.textOf(Number(term)) : undefined
  }

  /** Characters of a text. */
  lengthOf(of: Term): Term {
    const before = this.lengths.find((one) => one.of === of)
    if (before) return before.size
    const size = this.#question.fresh('Int')
    this.#question.assert(`(>= ${size} 0)`)
    const written = this.#writtenAt(of)
    if (written !== undefined) this.#question.assert(eq(size, whole(characters(written))))
    this.lengths.push({ of, size })
    return size
  }
}
