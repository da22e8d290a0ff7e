import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashMeaning, hashPlan } from './hash.ts'

test('the hash of a plan is SHA-256 of its JSON without places', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (name) => {
      expect(hashPlan({ name, span: [1, 2], line: 3 })).toBe(
        createHash('sha256').update(JSON.stringify({ name })).digest('hex'),
      )
    }),
  )
})

test('an id leaves explanations out at every depth', () => {
  expect(hashMeaning({ a: { bound: 'x', span: [0, 1], b: 1 }, because: 'y' })).toBe(
    hashMeaning({ a: { b: 1 } }),
  )
  expect(hashMeaning({ a: 1 })).toMatch(/^[0-9a-f]{8}$/)
})
