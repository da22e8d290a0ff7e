/** What happens to the desk of `crash.fixture.ts`, and when its processes die: by chance, for properties. */
import fc from 'fast-check'
import { FAULTS } from './crash.fixture.ts'

/** Orders of these amounts in five conversations, some of them closed; now and then time passes. */
export function scripts(bounds: {
  readonly amounts: readonly number[]
  readonly passMs: readonly number[]
  readonly stepsMax: number
}) {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('tell' as const),
        conversation: fc.constantFrom('c1', 'c2', 'c3', 'c4', 'c5'),
        message: fc.constant('order'),
        amount: fc.constantFrom(...bounds.amounts),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('tell' as const),
        conversation: fc.constantFrom('c1', 'c2', 'c3'),
        message: fc.constant('close'),
        amount: fc.constant(0),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(...bounds.passMs) }),
    },
  )
  return fc.array(step, { minLength: 4, maxLength: bounds.stepsMax })
}

export const faults = fc.array(
  fc.record({ after: fc.integer({ min: 0, max: 14 }), kind: fc.constantFrom(...FAULTS) }),
  { maxLength: 6 },
)
