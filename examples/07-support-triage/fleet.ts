/**
 * A support desk: tickets come in, are routed, summarised and answered from a record of flights, reviewed, and sent. Offline the
 * models are a script; with PARAPET_MODEL they are live:
 *
 *   parapet up examples/07-support-triage/fleet.ts --once
 *   PARAPET_MODEL=http://127.0.0.1:11434/v1#llama3.2 parapet up examples/07-support-triage/fleet.ts --once
 */
import { defineFleet } from '#runtime/fleet/definition.ts'
import { claims, desk, editor, facts, front } from './agents.ts'
import { office } from './office.ts'

export default defineFleet({
  name: 'support-triage',
  policy: 'triage.parapet',
  agents: {
    front: { machine: front },
    claims: { machine: claims },
    facts: { machine: facts },
    editor: { machine: editor },
    desk: { machine: desk },
  },
  partitions: 2,
  escalateTo: 'desk',
  executors: { model: { timeoutMs: 90_000 } },
  world: office,
})
