/** Texts cut into sentences, claims and windows, each within what an embedding model reads well. */

const SEGMENTS = new Intl.Segmenter('en', { granularity: 'sentence' })

/** Sentences looked at; of a longer text the rest is joined to the last one. */
export const SENTENCES_MAX = 64
const WINDOW_SENTENCES = 3
const WINDOW_CHARS = 400
/** What counts the items of a list, with or without the item in the same sentence. */
const ITEM = /^\d{1,2}[.)](?:\s+|$)/
const ITEM_WITH_WORDS = /^\d{1,2}[.)]\s+/

export function sentencesOf(text: string): readonly string[] {
  const sentences = Array.from(SEGMENTS.segment(text), ({ segment }) => segment.trim()).filter(
    (sentence) => sentence !== '',
  )
  if (sentences.length <= SENTENCES_MAX) return sentences
  return [...sentences.slice(0, SENTENCES_MAX - 1), sentences.slice(SENTENCES_MAX - 1).join(' ')]
}

/** Sentences, and what stands between signs that end one: a text in small letters alone is one sentence to most rules. */
export function statementsOf(text: string): readonly string[] {
  const between = text.split(/(?<=[.!?;])\s+/, SENTENCES_MAX).filter((part) => part.trim() !== '')
  return Array.from(new Set([...sentencesOf(text), ...between]))
}

/** Sentences that say something: questions and words of two or fewer, such as greetings, do not. */
export function claimsOf(text: string): readonly string[] {
  return sentencesOf(text)
    .map((sentence) => sentence.replace(ITEM_WITH_WORDS, ''))
    .filter((sentence) => !sentence.endsWith('?') && !isShort(sentence))
}

/**
 * Too short to be compared by what they mean: of `900 EUR.` the number is what is said. The numbers of a list's items are not:
 * they stand before something.
 */
export function figuresOf(text: string): readonly string[] {
  const sentences = sentencesOf(text)
  return sentences
    .map((sentence, at) => sentence.replace(at < sentences.length - 1 ? ITEM : ITEM_WITH_WORDS, ''))
    .filter((sentence) => isShort(sentence) && /\d/.test(sentence) && !sentence.endsWith('?'))
}

function isShort(sentence: string): boolean {
  return (sentence.match(/[\p{L}\p{N}]+/gu)?.length ?? 0) <= 2
}

/** Neighbouring sentences together, so that an instruction hidden in a long text stands out. */
export function windowsOf(text: string): readonly string[] {
  const sentences = sentencesOf(text)
  const windows = new Set([text])
  for (let at = 0; at < sentences.length; at += WINDOW_SENTENCES - 1)
    windows.add(
      sentences
        .slice(at, at + WINDOW_SENTENCES)
        .join(' ')
        .slice(0, WINDOW_CHARS),
    )
  return Array.from(windows)
}
