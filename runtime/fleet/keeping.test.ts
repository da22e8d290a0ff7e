import { expect, test } from 'vitest'
import { KEEPING, lastToDrop } from './keeping.ts'

const HOUR_MS = 3_600_000
const keeping = { ...KEEPING, slotsKeptMs: 10 * HOUR_MS, slotsKeptBytes: 100 }
const cuts = [
  { rev: 10, at: 0, bytes: 40 },
  { rev: 20, at: HOUR_MS, bytes: 40 },
  { rev: 30, at: 2 * HOUR_MS, bytes: 40 },
]

test('slots are dropped once they are older than they are kept for', () => {
  expect(lastToDrop(cuts, 3 * HOUR_MS, 10, keeping)).toBeUndefined()
  expect(lastToDrop(cuts, 11.5 * HOUR_MS, 10, keeping)?.rev).toBe(20)
})

test('slots are dropped before that when those after them take more than is kept', () => {
  expect(lastToDrop(cuts, 3 * HOUR_MS, 30, keeping)?.rev).toBe(10)
  expect(lastToDrop(cuts, 3 * HOUR_MS, 90, keeping)?.rev).toBe(20)
  expect(lastToDrop(cuts, 3 * HOUR_MS, 101, keeping)?.rev).toBe(30)
})

test('what is younger than the log drops at all is left, however much it is', () => {
  expect(lastToDrop(cuts, 2 * HOUR_MS + 1_000, 101, keeping)?.rev).toBe(20)
})
