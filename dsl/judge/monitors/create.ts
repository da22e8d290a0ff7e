/** One monitor for each consistency, by its form. */
import type { Consistency } from '../../plan/plan.ts'
import { createAtMost } from './at-most.ts'
import { createFollowedBy } from './followed-by.ts'
import type { Monitor } from './monitor.ts'
import { createNeeds } from './needs.ts'
import { createNeverAfter } from './never-after.ts'
import { createTotal } from './total.ts'

/** `amountOf` evaluates a total's expression on a step. */
export function createMonitor(
  consistency: Consistency,
  amountOf: Parameters<typeof createTotal>[2],
): Monitor {
  const { form } = consistency
  switch (form.kind) {
    case 'needs':
      return createNeeds(consistency, form)
    case 'atMost':
      return createAtMost(consistency, form)
    case 'neverAfter':
      return createNeverAfter(consistency, form)
    case 'followedBy':
      return createFollowedBy(consistency, form)
    case 'total':
      return createTotal(consistency, form, amountOf)
  }
}
