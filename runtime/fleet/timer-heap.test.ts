import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TimerHeap } from './timer-heap.ts'

test('timers come out by due time, ties by id, whatever order they went in', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ dueAt: fc.integer({ min: 0, max: 20 }), id: fc.string({ maxLength: 3 }) })),
      (timers) => {
        const heap = new TimerHeap()
        for (const { dueAt, id } of timers) heap.push(dueAt, id)
        const out = timers.map(() => heap.pop()!)
        const sorted = timers.toSorted(
          (a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
        )
        expect(out).toEqual(sorted)
        expect(heap.pop()).toBeUndefined()
      },
    ),
  )
})
