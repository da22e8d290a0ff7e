import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeToken, encodeToken, isFleetName, subjectsOf } from './subjects.ts'

test('usual agent ids stay readable in subjects', () => {
  expect(subjectsOf('desk').inbox(3, 'conv-7/clerk')).toBe('desk.in.3.conv-7/clerk')
})

test('any well-formed text survives as one token without separators or wildcards', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
      const token = encodeToken(text)
      expect(token).toMatch(/^[A-Za-z0-9_/:@=-]+$/)
      expect(decodeToken(token)).toBe(text)
    }),
  )
})

test('two ids never share a token, even when one looks like the other encoded', () => {
  expect(encodeToken('a=2E')).not.toBe(encodeToken('a.'))
})

test('a fleet name is one plain token', () => {
  expect(['desk', 'airline_desk-2'].every(isFleetName)).toBe(true)
  expect(['', 'a.b', 'a b', 'a*', '>', 'é', 'x'.repeat(65)].some(isFleetName)).toBe(false)
})
