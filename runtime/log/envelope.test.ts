import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unwrap, wrap } from './envelope.ts'
import { SOURCE_BYTES_MAX } from './limits.ts'

test('source, seq and body come back as they were put in', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', minLength: 1, maxLength: Math.floor(SOURCE_BYTES_MAX / 4) }),
      fc.integer({ min: 1, max: 2 ** 48 - 1 }),
      fc.uint8Array(),
      (source, seq, body) => {
        expect(unwrap(new Uint8Array(wrap(source, seq, body)))).toEqual({ source, seq, body })
      },
    ),
  )
})

test('bytes that are too short to be one of ours are told from an empty message', () => {
  const empty = new Uint8Array(wrap('a', 1, new Uint8Array(0)))
  expect(unwrap(empty)).toEqual({ source: 'a', seq: 1, body: new Uint8Array(0) })
  for (let length = 0; length < empty.length; length++)
    expect(unwrap(empty.subarray(0, length))).toBeUndefined()
})
