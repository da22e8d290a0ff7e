/**
 * Texts that were taken apart already: passages come back in other conversations, and what quotes them is looked at by
 * one flow after the other. By the text itself, since prints depend on the conversation and words do not.
 */
import { type Part, partsOf } from './parts.ts'
import { joined } from './prints.ts'
import { wordsOf } from './words.ts'

/** Characters of the texts kept: so many used lately, and at most as many before them. Some 25 bytes each, at worst. */
export const KEPT_CHARS_MAX = 250_000
/** Characters of a text that is kept; a longer one is taken apart each time. */
export const TEXT_CHARS_MAX = 2_000
/** What a text costs beside its characters, in characters. */
const ENTRY_CHARS = 16

export interface Words {
  readonly words: readonly string[]
  /** Codes written in blocks, each as one word. */
  readonly codes: readonly string[]
  readonly cut: boolean
}

interface Known {
  words: Words | undefined
  parts: readonly Part[] | undefined
}

export class Texts {
  #lately = new Map<string, Known>()
  #before = new Map<string, Known>()
  #chars = 0

  /** As `wordsOf`. */
  words(text: string, max: number): Words {
    if (text.length > TEXT_CHARS_MAX) return read(text, max)
    const known = this.#known(text)
    // A text has no more words than characters: all of it is read here.
    known.words ??= read(text, Number.POSITIVE_INFINITY)
    return known.words.words.length < max ? known.words : read(text, max)
  }

  /** As `partsOf`. */
  parts(text: string): readonly Part[] {
    if (text.length > TEXT_CHARS_MAX) return partsOf(text)
    const known = this.#known(text)
    known.parts ??= partsOf(text)
    return known.parts
  }

  #known(text: string): Known {
    const lately = this.#lately.get(text)
    if (lately !== undefined) return lately
    const known = this.#before.get(text) ?? { words: undefined, parts: undefined }
    this.#chars += text.length + ENTRY_CHARS
    if (this.#chars > KEPT_CHARS_MAX) {
      this.#before = this.#lately
      this.#lately = new Map()
      this.#chars = text.length + ENTRY_CHARS
    }
    this.#lately.set(text, known)
    return known
  }
}

function read(text: string, max: number): Words {
  const { words, cut } = wordsOf(text, max)
  return { words, codes: joined(words), cut }
}
