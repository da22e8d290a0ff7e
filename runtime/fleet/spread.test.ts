import fc from 'fast-check'
import { expect, test } from 'vitest'
import { spread } from './spread.ts'

const members = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 9 })
const partitions = fc.integer({ min: 1, max: 64 })

function sharesOf(placed: readonly (string | undefined)[], names: readonly string[]): number[] {
  return names.map((name) => placed.filter((each) => each === name).length)
}

test('every partition has one member, and shares differ by one at most', () => {
  fc.assert(
    fc.property(members, partitions, (names, count) => {
      const placed = spread(count, names)
      const shares = sharesOf(placed, names)
      expect(shares.reduce((a, b) => a + b)).toBe(count)
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
    }),
  )
})

test('the order in which members are known makes no difference', () => {
  fc.assert(
    fc.property(members, partitions, (names, count) => {
      expect(spread(count, names.toReversed())).toEqual(spread(count, names))
    }),
  )
})

test('nobody there serves nothing', () => {
  expect(spread(3, [])).toEqual([undefined, undefined, undefined])
})

test('who joins or leaves moves, on average, less than twice its own share', () => {
  const count = 64
  let [moved, share, rounds] = [0, 0, 0]
  for (let size = 1; size < 9; size++) {
    for (let round = 0; round < 50; round++, rounds++) {
      const names = Array.from({ length: size }, (_, i) => `daemon-${round}-${i}`)
      const before = spread(count, names)
      const after = spread(count, [...names, 'newcomer'])
      moved += before.filter((member, partition) => member !== after[partition]).length
      share += after.filter((member) => member === 'newcomer').length
    }
  }
  expect(moved / share).toBeLessThan(2)
  expect(rounds).toBe(400)
})
