import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pieces } from './pieces.ts'

test('pieces answer as a map would, whatever was put and taken back', () => {
  // Few of them, and some that want the same slot: their lower bits agree.
  const print = fc.oneof(
    fc.integer({ min: 0, max: 40 }),
    fc.integer({ min: 0, max: 300 }).map((n) => n * 2 ** 32 + 7),
    fc.maxSafeNat().map((n) => n % 2 ** 42),
  )
  const move = fc.oneof(
    {
      weight: 20,
      arbitrary: fc.record({
        kind: fc.constant('put' as const),
        print,
        mask: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('shrink' as const), part: fc.double({ min: 0, max: 1 }) }),
    },
  )
  fc.assert(
    fc.property(fc.array(move, { maxLength: 600, size: 'max' }), (moves) => {
      const pieces = new Pieces()
      const model: { print: number; mask: number }[] = []
      for (const [at, one] of moves.entries()) {
        if (one.kind === 'shrink') {
          const size = Math.floor((Number.isNaN(one.part) ? 0 : one.part) * model.length)
          pieces.shrink(size)
          model.length = size
          continue
        }
        const entry = pieces.find(one.print)
        expect(entry).toBe(model.findIndex(({ print }) => print === one.print))
        if (entry >= 0) {
          pieces.setMask(entry, one.mask)
          model[entry]!.mask = one.mask
        } else {
          pieces.push(one.print, one.mask, at)
          model.push(one)
        }
      }
      expect(pieces.size).toBe(model.length)
      for (const [entry, { print, mask }] of model.entries()) {
        expect(pieces.find(print)).toBe(entry)
        expect([pieces.printAt(entry), pieces.maskAt(entry)]).toEqual([print, mask])
      }
    }),
  )
})
