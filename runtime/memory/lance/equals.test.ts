import { expect, test } from 'vitest'
import { Equals } from './equals.ts'

const afterSeeing = (...seen: readonly number[]): number => {
  const equals = new Equals()
  for (const equal of seen) equals.saw(equal)
  return equals.extra
}
const often = (times: number, equal: number) => Array.from({ length: times }, () => equal)

test('where nothing is equally good, searches come to fetch one row beyond those wanted', () => {
  expect(afterSeeing()).toBe(16)
  expect(afterSeeing(...often(200, 0))).toBe(1)
})

test('where some are, it fetches at once what would have shown them all, and one that is worse', () => {
  expect(afterSeeing(...often(200, 0), 5)).toBe(6)
  expect(afterSeeing(...often(200, 0), 5, 2, 2)).toBe(6)
})

test('what was needed once is forgotten', () => {
  expect(afterSeeing(...often(200, 0), 5, ...often(60, 1))).toBe(2)
})

test('where more are equal than it may fetch ahead, it leaves all of them to a second search', () => {
  expect(afterSeeing(...often(200, 0), 400)).toBe(1)
})
