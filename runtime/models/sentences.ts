/** Words as they come, put together to sentences. */

const SEGMENTS = new Intl.Segmenter('en', { granularity: 'sentence' })

/** Of one answer; what follows is one sentence with the last. */
export const SENTENCES_MAX = 200

/**
 * A sentence is said once the next has begun: until then `2.` may still become `2.5`. Sentences keep the blanks between them,
 * so that together they are the answer.
 */
export function sentenceBySentence(say: (sentence: string) => void): {
  hear: (words: string) => void
  /** No more words will come. */
  end: () => void
} {
  let open = ''
  let said = 0
  return {
    hear(words) {
      open += words
      if (said >= SENTENCES_MAX - 1) return
      const whole = Array.from(SEGMENTS.segment(open), ({ segment }) => segment).slice(0, -1)
      for (const sentence of whole.slice(0, SENTENCES_MAX - 1 - said)) {
        say(sentence)
        open = open.slice(sentence.length)
        said++
      }
    },
    end() {
      if (open !== '') say(open)
    },
  }
}
