/**
 * A guide to a city: answers come from a guidebook in shared memory, and say from where. Offline the guide quotes; with
 * PARAPET_MODEL a live model puts it into words, and the policy compares them with what was recalled:
 *
 *   parapet up examples/08-city-guide/fleet.ts --once
 *   PARAPET_MODEL=http://127.0.0.1:11434/v1#llama3.2 parapet up examples/08-city-guide/fleet.ts --once
 */
import { defineFleet } from '#runtime/fleet/definition.ts'
import { curator } from './curator.ts'
import { guide } from './guide.ts'
import { office } from './office.ts'

export default defineFleet({
  name: 'city-guide',
  policy: 'guide.parapet',
  agents: {
    curator: { machine: curator },
    guide: { machine: guide({ thinks: (process.env['PARAPET_MODEL'] ?? '') !== '' }) },
  },
  partitions: 2,
  // The guidebook changes seldom, and visitors ask the same things.
  memory: { searchesKeptMs: 60_000 },
  executors: { model: { timeoutMs: 90_000 } },
  world: office,
})
