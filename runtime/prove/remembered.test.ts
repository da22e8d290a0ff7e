import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createKernel, type Stepped } from '#runtime/kernel/kernel.ts'
import { remembered } from './remembered.ts'
import { machineOf, machines } from './small-machines.fixture.ts'

const IT = { id: 'it/clerk' }
const events = fc.array(
  fc.record({ type: fc.constantFrom('go', 'stop', 'parapet.denied', 'parapet.result'), big: fc.boolean() }),
  { minLength: 1, maxLength: 6 },
)

test('what a kernel remembers is what it would say again, from equal snapshots on every way there', () => {
  fc.assert(
    fc.property(machines, fc.array(events, { minLength: 2, maxLength: 8 }), (drawn, ways) => {
      const plain = createKernel(machineOf(drawn))
      const kernel = remembered(plain)
      const shown = (stepped: Stepped) =>
        stepped.kind === 'refused' ? stepped : { ...stepped, snapshot: plain.pack(stepped.snapshot) }
      for (const way of ways) {
        let [one, other] = [plain.start(IT, null), kernel.start(IT, null)]
        for (const event of way) {
          expect(shown(other)).toEqual(shown(one))
          if (one.kind === 'refused' || other.kind === 'refused') break
          const origin = event.type.startsWith('parapet.') ? 'runtime' : 'outside'
          one = plain.step(IT, one.snapshot, event, origin)
          other = kernel.step(IT, kernel.same(other.snapshot), event, origin)
        }
      }
    }),
    { numRuns: 100, seed: 3 },
  )
})
