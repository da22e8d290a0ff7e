import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fifo } from './fifo.ts'

test('a queue gives back what went in, in order, however pushes and takes mix', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3_000, max: 2_000 }), { maxLength: 12 }), (moves) => {
      const queue = new Fifo<number>()
      const model: number[] = []
      let next = 0
      for (const move of moves) {
        for (let i = 0; i < move; i++) {
          queue.push(next)
          model.push(next++)
        }
        for (let i = 0; i > move; i--) expect(queue.shift()).toBe(model.shift())
        expect(queue.length).toBe(model.length)
      }
    }),
    { numRuns: 30 },
  )
})
