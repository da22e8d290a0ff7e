/** Parts of a text that are recognisable by themselves: what a label, or a list of readers, is followed by. */
import { CUT } from './origin.ts'
import { partsOf } from './parts.ts'
import { needed, type Print, printOf } from './prints.ts'
import { WHOLE_WORDS_MAX, WHOLE_WORDS_MIN, WORDS_MAX, wholePrint } from './recorder.ts'
import { wordsOf } from './words.ts'

/** So many words in a row are nobody's everyday phrase. */
const RUN_WORDS = 5
/** Digits of a number, letters of a single word, that are told apart from everyday ones. */
const DIGITS_MIN = 4
const WORD_MIN = 4
const LONG_NUMBER = /^\d{4,}(?:\.\d+)?$/

/** What is told apart about pieces: what has the mark, and what has it and was never seen without. */
export interface Marked {
  has(print: Print): boolean
  only(print: Print): boolean
}

/** The first marked part of the text that could not be a coincidence; CUT when it is too long to be followed. */
export function recognised(text: string, seed: number, { has, only }: Marked): string | undefined {
  const { words, cut } = wordsOf(text, WORDS_MAX)
  for (const part of partsOf(text)) {
    if (part.kind === 'numbers' && part.text.replace(/\D/g, '').length < DIGITS_MIN) continue
    const prints = needed(seed, wordsOf(part.text, WORDS_MAX).words)
    if (prints.length > 0 && prints.every(has) && prints.some(only)) return part.text
  }
  // A number that was written in groups is one word here, and several parts above.
  for (const [at, word] of words.entries())
    if (LONG_NUMBER.test(word)) {
      const print = printOf(seed, words, at, 1)
      if (has(print) && only(print)) return word
    }
  let run = 0
  let isSecret = false
  for (let from = 0; from + 3 <= words.length; from++) {
    const print = printOf(seed, words, from, 3)
    run = has(print) ? run + 1 : 0
    isSecret = run > 0 && (isSecret || only(print))
    if (isSecret && run >= RUN_WORDS - 2) return words.slice(from + 3 - RUN_WORDS, from + 3).join(' ')
  }
  for (let from = 0; from < words.length; from++) {
    for (let count = WHOLE_WORDS_MIN; count <= WHOLE_WORDS_MAX && from + count <= words.length; count++) {
      const value = words.slice(from, from + count)
      if (has(wholePrint(seed, value)) && needed(seed, value).some(only)) return value.join(' ')
    }
  }
  // A text that is nothing but a few labelled words: a password, a diagnosis.
  if (words.length > 0 && words.length < RUN_WORDS) {
    const prints = needed(seed, words)
    if (prints.every(only) && words.some((word) => word.length >= WORD_MIN)) return words.join(' ')
  }
  return cut ? CUT : undefined
}
