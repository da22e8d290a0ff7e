import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exceeds } from './size.ts'

test('a value whose JSON is well within the bound passes, one well over it does not', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const length = JSON.stringify(value).length
      expect(exceeds(value as object, length * 6 + 16)).toBe(false)
    }),
  )
  expect(exceeds('x'.repeat(1_001), 1_000)).toBe(true)
  expect(
    exceeds(
      Array.from({ length: 400 }, () => ({ a: 'b' })),
      1_000,
    ),
  ).toBe(true)
})
