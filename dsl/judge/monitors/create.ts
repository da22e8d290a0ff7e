/** One monitor for each consistency, by its form. */
import type { Consistency } from '../../plan/plan.ts'
import { createAdjacent, createEdge } from './adjacent.ts'
import { createAggregate } from './aggregate.ts'
import { createAgrees, createSteady } from './agrees.ts'
import { createAtMost } from './at-most.ts'
import { createCounted } from './counted.ts'
import { createFollowedBy } from './followed-by.ts'
import type { Monitor, ValueOf } from './monitor.ts'
import { createNeeds } from './needs.ts'
import { createNeverAfter } from './never-after.ts'
import { createPair } from './pair.ts'
import { createNeedsChain, createNeedsEach, createQuorum } from './precedence.ts'
import { createLeadsTo, createSuccession } from './response.ts'
import { createRests } from './rests.ts'
import { createStretched } from './stretched.ts'
import { createTotal } from './total.ts'
import { createTracked } from './tracked.ts'

export function createMonitor(consistency: Consistency, readValue: ValueOf): Monitor {
  const monitor = createWhole(consistency, readValue)
  const { during } = consistency
  return during === undefined ? monitor : createStretched(consistency, during, monitor)
}

function createWhole(consistency: Consistency, readValue: ValueOf): Monitor {
  const { form } = consistency
  switch (form.kind) {
    case 'needs':
      return createNeeds(consistency, form)
    case 'atMost':
      return createAtMost(consistency, form, readValue)
    case 'neverAfter':
      return createNeverAfter(consistency, form)
    case 'rests':
      return createRests(consistency, form)
    case 'followedBy':
      return createFollowedBy(consistency, form)
    case 'total':
      return createTotal(consistency, form, readValue)
    case 'atLeast':
    case 'exactly':
      return createTracked(consistency, createCounted(consistency, form))
    case 'needsChain':
      return createTracked(consistency, createNeedsChain(consistency, form))
    case 'needsEach':
      return createTracked(consistency, createNeedsEach(consistency, form))
    case 'quorum':
      return createTracked(consistency, createQuorum(consistency, form))
    case 'leadsTo':
      return createTracked(consistency, createLeadsTo(form))
    case 'succession':
      return createTracked(consistency, createSuccession(form))
    case 'adjacent':
      return createTracked(consistency, createAdjacent(form))
    case 'pair':
      return createTracked(consistency, createPair(consistency, form))
    case 'edge':
      return createTracked(consistency, createEdge(form))
    case 'aggregate':
      return createTracked(consistency, createAggregate(consistency, form, readValue), form)
    case 'agrees':
      return createTracked(consistency, createAgrees(form, readValue))
    case 'steady':
      return createTracked(consistency, createSteady(form, readValue))
  }
}
