import { expect, test } from 'vitest'
import { dateValue, durationValue, moneyValue, timeValue } from './literals.ts'

test('money is counted exactly in millionths', () => {
  expect(moneyValue('0.1')).toBe(100_000)
  expect(moneyValue('2_000')).toBe(2_000_000_000)
  expect(moneyValue('19.999999')).toBe(19_999_999)
})

test('durations are milliseconds, in singular and plural', () => {
  expect(durationValue('1', 'day')).toBe(86_400_000)
  expect(durationValue('1.5', 'hours')).toBe(5_400_000)
})

test('dates are days since 1970, and only days that exist', () => {
  expect(dateValue('1970-01-02')).toBe(1)
  expect(dateValue('2024-02-29')).toBe(19_782)
  expect(dateValue('2023-02-29')).toBeNaN()
})

test('a time without an offset is no moment', () => {
  expect(timeValue('2024-05-15T15:00:00-05:00')).toBe(Date.UTC(2024, 4, 15, 20))
  expect(timeValue('2024-05-15T15:00:00')).toBeNaN()
  expect(timeValue('2024-05-15T25:00:00Z')).toBeNaN()
})
