import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ColdStore, SLAB_BYTES } from './cold-store.ts'

const id = fc.oneof(
  fc.integer({ min: 0, max: 30 }).map(String),
  // Names that take as many bytes as others have characters.
  fc.constantFrom('é', 'Ã©', 'desk/日本', 'desk/日', ''),
)
const step = fc.oneof(
  fc.record({
    kind: fc.constant('put' as const),
    id,
    length: fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 3 * SLAB_BYTES })),
    fill: fc.nat(255),
  }),
  fc.record({ kind: fc.constant('take' as const), id }),
)

test('gives back what was put, whatever was put and taken around it', { timeout: 30_000 }, () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const store = new ColdStore()
      const model = new Map<string, Buffer>()
      for (const each of steps) {
        if (each.kind === 'put') {
          const bytes = Buffer.alloc(each.length, each.fill)
          store.put(each.id, bytes)
          model.set(each.id, bytes)
        } else {
          const taken = store.take(each.id)
          expect(taken && Buffer.compare(taken, model.get(each.id)!)).toBe(model.has(each.id) ? 0 : undefined)
          model.delete(each.id)
        }
      }
      expect([...store.ids()].sort()).toEqual([...model.keys()].sort())
      for (const [name, bytes] of model) expect(Buffer.compare(store.peek(name)!, bytes)).toBe(0)
    }),
    { numRuns: 60 },
  )
})

test('does not grow with what comes and goes', () => {
  const store = new ColdStore()
  for (let i = 0; i < 200_000; i++) {
    const name = String(i % 50)
    store.take(name)
    store.put(name, Buffer.alloc(1_000))
  }
  expect(store.size).toBe(50)
  expect(store.bytes).toBeLessThan(60_000)
  expect(store.reserved).toBeLessThan(8 * SLAB_BYTES)
})

test('finds every one of very many, also after half of them have gone', () => {
  const store = new ColdStore()
  const name = (i: number) => `conversation-${i}`
  for (let i = 0; i < 20_000; i++) store.put(name(i), Buffer.from(String(i)))
  for (let i = 0; i < 20_000; i += 2) expect(String(store.take(name(i)))).toBe(String(i))
  for (let i = 0; i < 20_000; i++) {
    const found = store.peek(name(i))
    expect(found && Buffer.from(found).toString()).toBe(i % 2 === 0 ? undefined : String(i))
  }
  expect([...store.ids()].toSorted()).toEqual(
    Array.from({ length: 10_000 }, (_, i) => name(2 * i + 1)).toSorted(),
  )
})
