import fc from 'fast-check'
import { expect, test } from 'vitest'
import { characters, fold, foldsTo, plain, testText } from './text.ts'

test('folding sees through capitals, width, invisible characters and tags', () => {
  for (const text of [
    'GOLD',
    'ｇｏｌｄ',
    'go\u00adld',
    'go\u200b\u2060ld',
    '\u{e0061}gold',
    '𝐠𝐨𝐥𝐝',
    'g\u202eold',
  ]) {
    expect(fold(text)).toBe('gold')
  }
  expect(fold('Straße')).toBe(fold('STRASSE'))
  expect(fold('ΟΔΟΣ')).toBe(fold('οδος'))
  expect(plain('Ab\u200bC')).toBe('AbC')
})

const tricky = fc.string({
  unit: fc.constantFrom(
    'a',
    'A',
    'b',
    'ß',
    'é',
    'e',
    '\u0301',
    '\u200b',
    'K',
    'ﬁ',
    'ı',
    'İ',
    'ς',
    'Σ',
    '1',
    '①',
  ),
  maxLength: 6,
})

test('the short cut decides as folding both sides would', () => {
  fc.assert(
    fc.property(tricky, tricky, (text, other) => {
      expect(foldsTo(text, fold(other))).toBe(fold(text) === fold(other))
    }),
    { numRuns: 5_000 },
  )
})

test('folding twice changes nothing more', () => {
  fc.assert(
    fc.property(fc.oneof(tricky, fc.string({ unit: 'binary' })), (text) => fold(fold(text)) === fold(text)),
  )
})

test('whole words end where letters and digits do', () => {
  expect(testText('contains', 'yes, please', 'yes', true)).toBe(true)
  expect(testText('contains', 'yesterday, yes', 'yes', true)).toBe(true)
  expect(testText('contains', 'yesterday', 'yes', true)).toBe(false)
  expect(testText('contains', 'éyes', 'yes', true)).toBe(false)
  expect(testText('starts', 'yes!', 'yes', true)).toBe(true)
  expect(testText('ends', 'eyes', 'yes', true)).toBe(false)
  expect(testText('contains', 'anything', '', false)).toBe(false)
})

test('characters are code points', () => {
  expect([characters(''), characters('abc'), characters('a😀b'), characters('\ud800')]).toEqual([0, 3, 3, 1])
})
