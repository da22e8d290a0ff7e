import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PACK_MESSAGES_MAX, pack, packedBytes, positionIn, unpack } from './pack.ts'

const message = fc.record({
  agent: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  wire: fc.uint8Array({ maxLength: 50 }),
})

test('messages come out of a pack as they went in, in order', () => {
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 20 }), (messages) => {
      const packed = new Uint8Array(pack(messages))
      expect(packed.length).toBeLessThanOrEqual(messages.reduce((sum, each) => sum + packedBytes(each), 0))
      expect(unpack(packed)).toEqual(messages)
    }),
  )
})

test('a pack that was cut off is told from a whole one', () => {
  const packed = pack([{ agent: 'a/b', wire: Uint8Array.of(1, 2, 3) }])
  for (let length = 1; length < packed.length; length++)
    expect(unpack(packed.subarray(0, length))).toBeUndefined()
})

test('positions within packs grow, stay between their neighbours, and are exact however far the inbox is', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 44 }),
      fc.integer({ min: 1, max: PACK_MESSAGES_MAX }),
      (sequence, count) => {
        const positions = Array.from({ length: count }, (_, place) => positionIn(sequence, place, count))
        expect(new Set([sequence - 1, ...positions]).size).toBe(count + 1)
        expect(positions).toEqual(positions.toSorted((a, b) => a - b))
        expect(positions.at(-1)).toBe(sequence)
        expect(
          positions.every((each) => each > sequence - 1 && JSON.parse(JSON.stringify(each)) === each),
        ).toBe(true)
      },
    ),
  )
})
