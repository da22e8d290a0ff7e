import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from './step.ts'
import { DAY_MS, presentAt, readDate, readDuration, readMoney, readTime, walk, write } from './values.ts'
import { dayIn } from './zone.ts'

describe('money', () => {
  test.each<[Json, number | undefined]>([
    [12.5, 12_500_000],
    ['12.50', 12_500_000],
    [{ amount: '12.50', currency: 'USD' }, 12_500_000],
    [{ amount: 12.5, currency: 'EUR' }, undefined],
    [0.1 + 0.2, undefined],
    [0.0000001, undefined],
    ['0.0000001', undefined],
    ['-3', -3_000_000],
    ['-0', 0],
    ['1e3', undefined],
    ['$5', undefined],
    [9_007_199_254, 9_007_199_254_000_000],
    [9_007_199_255, undefined],
    [1e300, undefined],
    [true, undefined],
    [null, undefined],
  ])('%j is %j micro', (raw, micro) => {
    expect(readMoney(raw, 'USD')).toBe(micro)
  })

  test('as a number and as text it is the same, to the last micro', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(10 ** 12), max: 10 ** 12 }), (micro) => {
        expect(readMoney(micro / 1_000_000, 'USD')).toBe(micro + 0)
        expect(readMoney((micro / 1_000_000).toFixed(6), 'USD')).toBe(micro + 0)
        expect(readMoney(write(micro, { kind: 'money', currency: 'USD' }), 'USD')).toBe(micro + 0)
      }),
    )
  })
})

test('dates are days that exist', () => {
  expect(readDate('1970-01-02')).toBe(1)
  expect(readDate('2024-02-29')).toBe(19_782)
  for (const raw of ['2023-02-29', '2024-13-01', '2024-1-1', '2024-02-29T00:00:00Z', 5])
    expect(readDate(raw)).toBeUndefined()
})

test('a time needs an offset or a zone', () => {
  expect(readTime('2024-05-15T15:00:00-05:00')).toBe(Date.UTC(2024, 4, 15, 20))
  expect(readTime('2024-05-15T15:00:00.250Z')).toBe(Date.UTC(2024, 4, 15, 15, 0, 0, 250))
  expect(readTime('2024-05-15T15:00:00')).toBeUndefined()
  expect(readTime('2024-05-15T15:00:00', 'America/New_York')).toBe(Date.UTC(2024, 4, 15, 19))
  expect(readTime('2024-05-15T15:00:00', 'EST')).toBe(Date.UTC(2024, 4, 15, 20))
  expect(readTime('2024-05-15T15:00:00', 'Nowhere/Town')).toBeUndefined()
  expect(readTime(1_715_800_000_000)).toBeUndefined()
})

test('of a repeated hour the first is taken, a skipped one is read as if clocks had not moved', () => {
  expect(readTime('2024-11-03T01:30:00', 'America/New_York')).toBe(Date.UTC(2024, 10, 3, 5, 30))
  expect(readTime('2024-03-10T02:30:00', 'America/New_York')).toBe(Date.UTC(2024, 2, 10, 7, 30))
})

test('the calendar day depends on the zone', () => {
  const at = Date.UTC(2024, 0, 1, 2)
  expect(dayIn('UTC', at)).toBe(Date.UTC(2024, 0, 1) / DAY_MS)
  expect(dayIn('America/New_York', at)).toBe(Date.UTC(2023, 11, 31) / DAY_MS)
  expect(dayIn('Asia/Kolkata', Date.UTC(2024, 0, 1, 18, 30))).toBe(Date.UTC(2024, 0, 2) / DAY_MS)
})

test('a duration has a unit of fixed length', () => {
  expect(readDuration('PT30M')).toBe(1_800_000)
  expect(readDuration('P1W2DT3H4M5.5S')).toBe((9 * 24 + 3) * 3_600_000 + 4 * 60_000 + 5_500)
  for (const raw of ['P1M', 'P1Y', 'PT', 'P', '30 minutes', 30]) expect(readDuration(raw)).toBeUndefined()
})

test('nothing is read from what every object inherits', () => {
  expect(walk({}, ['constructor', 'name'])).toBeUndefined()
  expect(presentAt({}, ['toString'])).toBe(false)
  expect(presentAt({ a: 1 }, ['a', 'b'])).toBeUndefined()
  expect(presentAt({ a: null }, ['a', 'b'])).toBe(false)
})

test('reading never throws, whatever the JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const raw = JSON.parse(JSON.stringify(value))
      for (const read of [readDate, readTime, readDuration])
        expect(typeof read(raw)).toMatch(/number|undefined/)
      expect(typeof readMoney(raw, 'USD')).toMatch(/number|undefined/)
    }),
  )
})
