import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

test('swapped and missing letters are close', () => {
  expect(nearest('amuont', ['amount', 'account'])).toBe('amount')
  expect(nearest('custmer', ['customer'])).toBe('customer')
})

test('a short word is not taken for every other short word', () => {
  expect(nearest('id', ['to', 'at', 'by'])).toBeUndefined()
})
