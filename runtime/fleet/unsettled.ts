/** What is still to be done of what was let through. */
import type { Intent, PartitionState } from './partition-state.ts'
import type { Input } from './record.ts'

/** Intents whose outcome has not come in. One that has may still wait behind what its agent is parked for. */
export function unsettled({ pending, dead, awake, intents }: PartitionState): [string, Intent][] {
  const settled = new Set<string>()
  const settles = (input: Input) => {
    if (input.kind === 'result' || input.kind === 'failure') settled.add(input.intent)
  }
  for (const { parked } of [...pending.values(), ...dead.values()])
    if (parked.kind === 'input') settles(parked.input)
  for (const { agents } of awake)
    for (const { waiting } of agents.values()) for (const input of waiting) settles(input)
  return Array.from(intents).filter(([id]) => !settled.has(id))
}
