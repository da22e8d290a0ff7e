import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '#dsl/judge/step.ts'
import { CompactReader, CompactWriter } from './compact.ts'
import { WORD_CHARS_MAX, Words } from './words.ts'

const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value))
/** Names that come again and again, so that some become words; half characters, wide ones, and a field called `__proto__`. */
const name = fc.oneof(
  fc.constantFrom('open', 'total', '__proto__', 'Straße', '日本', '\ud800', ''),
  fc.string({ unit: 'binary', maxLength: 80 }),
)
const number = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double(), fc.integer({ min: -70, max: 200 }))
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, -0, undefined),
    number,
    name,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 5 }).map((fields) => Object.fromEntries(fields)),
  ),
}))

test('what is written is read as its JSON would be, in whichever words', () => {
  const words = new Words()
  const writer = new CompactWriter()
  const reader = new CompactReader()
  fc.assert(
    fc.property(fc.array(value, { maxLength: 6 }), fc.nat(3), fc.boolean(), (values, n, named) => {
      const own = `conversation ${n}`
      const told = asJson(values)
      for (const dictionary of [words, undefined]) {
        writer.begin(own, dictionary)
        writer.json(told, named)
        writer.ownName(`client@${own}`)
        const bytes = Uint8Array.from(writer.bytes)
        reader.begin(bytes, own, dictionary)
        expect([reader.json(), reader.text()]).toEqual([told, `client@${own}`])
      }
    }),
    { numRuns: 500 },
  )
  expect(words.size).toBeGreaterThan(3)
})

test('a text is a word once two conversations have it, keeps its number, and is never longer than a word may be', () => {
  const words = new Words()
  const long = 'x'.repeat(WORD_CHARS_MAX + 1)
  expect([words.numberOf('total', 'a'), words.numberOf('total', 'a'), words.numberOf('total', 'b')]).toEqual([
    -1, -1, 0,
  ])
  for (const conversation of ['a', 'b', 'c']) words.numberOf(long, conversation)
  for (let i = 0; i < 2_000; i++) words.numberOf(`order-${i}`, `${i}`)
  words.numberOf('count', 'a')
  expect([words.numberOf('count', 'b'), words.numberOf('total', 'c'), words.size]).toEqual([1, 0, 2])
})
