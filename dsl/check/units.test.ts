import { expect, test } from 'vitest'
import { UNIT_NAMES } from '../syntax/literals.ts'
import { convert, sameDimension, UNITS } from './units.ts'

test('every unit that can be written has a meaning, and the other way round', () => {
  expect([...UNITS.keys()].sort()).toEqual([...UNIT_NAMES].sort())
})

test.each<[number, string, number, string]>([
  [300, 'g', 0.3, 'kg'],
  [0.3, 'kg', 300, 'g'],
  [1, 'lb', 453.59237, 'g'],
  [1, 'miles', 1.609344, 'km'],
  [100, 'celsius', 212, 'fahrenheit'],
  [-40, 'fahrenheit', -40, 'celsius'],
  [0, 'celsius', 273.15, 'kelvin'],
  [1, 'GiB', 1024, 'MiB'],
  [5, 'permille', 0.5, 'percent'],
])('%d %s is %d %s', (value, from, made, to) => expect(convert(value, from, to)).toBeCloseTo(made, 9))

test('whole multiples convert exactly', () => {
  for (const grams of [1, 3, 7, 300, 999, 12_345]) expect(convert(grams, 'g', 'kg')).toBe(grams / 1000)
})

test('weights and lengths do not go together', () => {
  expect(sameDimension('kg', 'm')).toBe(false)
  expect(sameDimension('kg', 'oz')).toBe(true)
})
