import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Histogram } from './histogram.ts'

test('a quantile is within 1/32 of the sorted answer', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 1, maxLength: 200 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, share) => {
        const histogram = new Histogram()
        for (const value of values) histogram.add(value)
        const sorted = values.toSorted((a, b) => a - b)
        const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!
        expect(histogram.quantile(share)).toBeGreaterThanOrEqual(exact)
        expect(histogram.quantile(share)).toBeLessThanOrEqual(exact * (1 + 1 / 32) + 1)
      },
    ),
  )
})

test('an empty histogram answers 0', () => {
  expect(new Histogram().quantile(0.99)).toBe(0)
})
