/**
 * The airline desk: a customer gateway, a clerk and a supervisor serve recorded customers. What the clerk's model says
 * was said by a real model; the tools act on the airline's own data; the policy judges every transition.
 */
import { defineFleet } from '#runtime/fleet/definition.ts'
import { clerk, gateway, supervisor } from './agents.ts'
import { desk } from './desk.ts'

export default defineFleet({
  name: 'airline-desk',
  policy: '../../policies/airline/airline-desk.parapet',
  agents: {
    gateway: { machine: gateway },
    clerk: { machine: clerk },
    supervisor: { machine: supervisor },
  },
  partitions: 4,
  startsAt: '2024-05-15T15:00:00-05:00',
  escalateTo: 'supervisor',
  world: desk,
})
