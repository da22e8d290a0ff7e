import fc from 'fast-check'
import { expect, test } from 'vitest'
import { partsOf } from './parts.ts'
import { joined } from './prints.ts'
import { KEPT_CHARS_MAX, TEXT_CHARS_MAX, Texts } from './texts.ts'
import { wordsOf } from './words.ts'

const fragment = fc.oneof(
  fc.constantFrom('GB29 NWBK 6016 1331', '1,000.00', 'May 15th, 2024', 'a@b.example', 'https://x.example/y'),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
)
const text = fc.array(fragment, { maxLength: 12 }).map((all) => all.join(' '))

test('what was taken apart before is what taking apart says, whatever may be left of it', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(text, fc.integer({ min: 0, max: 30 })), { maxLength: 20 }), (asked) => {
      const texts = new Texts()
      for (const [one, max] of [...asked, ...asked]) {
        const { words, cut } = wordsOf(one, max)
        expect(texts.words(one, max)).toEqual({ words, codes: joined(words), cut })
        expect(texts.parts(one)).toEqual(partsOf(one))
      }
    }),
  )
})

test('texts beyond what is kept are taken apart again', () => {
  const texts = new Texts()
  const first = texts.words('the first', 10)
  expect(texts.words('the first', 10)).toBe(first)
  const many = Math.ceil((2 * KEPT_CHARS_MAX) / TEXT_CHARS_MAX) + 1
  for (let n = 0; n < many; n++) texts.words(String(n).padEnd(TEXT_CHARS_MAX, '.'), 10)
  expect(texts.words('the first', 10)).not.toBe(first)
  expect(texts.words('the first', 10)).toEqual(first)
})

test('a text too long to be kept is read as far as asked', () => {
  const long = 'word '.repeat(TEXT_CHARS_MAX)
  expect(new Texts().words(long, 3)).toMatchObject({ words: ['word', 'word', 'word'], cut: true })
})
