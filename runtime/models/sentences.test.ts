import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SENTENCES_MAX, sentenceBySentence } from './sentences.ts'

function said(pieces: readonly string[]): string[] {
  const sentences: string[] = []
  const listener = sentenceBySentence((sentence) => sentences.push(sentence))
  for (const piece of pieces) listener.hear(piece)
  listener.end()
  return sentences
}

test('a sentence is said when the next begins', () => {
  expect(said(['It costs 2.', '5 EUR. ', 'Pay', ' now! Or', ' not?'])).toEqual([
    'It costs 2.5 EUR. ',
    'Pay now! ',
    'Or not?',
  ])
})

test('together the sentences are what was said, however it was cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom(...'a B.!? \n2') })), (pieces) => {
      expect(said(pieces).join('')).toBe(pieces.join(''))
    }),
  )
})

test('of a long answer the last sentence is the rest', () => {
  const text = 'So it is. '.repeat(SENTENCES_MAX + 50)
  const sentences = said([text, text])
  expect(sentences).toHaveLength(SENTENCES_MAX)
  expect(sentences.join('')).toBe(text + text)
})
