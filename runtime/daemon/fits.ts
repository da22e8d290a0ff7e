/** Whether a policy can judge a fleet: it speaks of all its agents and asks no detector the fleet lacks. */
import type { Plan } from '#dsl/plan/plan.ts'
import { lackingDetectors } from '#runtime/evidence/detectors.ts'
import type { FleetDefinition, World } from '#runtime/fleet/definition.ts'

/** Why it cannot; undefined when it can. */
export function whyNotFitting(definition: FleetDefinition, world: World, plan: Plan): string | undefined {
  const declared = new Set(plan.agents.map(({ name }) => name))
  const stray = Object.keys(definition.agents).filter((role) => !declared.has(role))
  if (stray.length > 0) return `the policy declares no agent \`${stray.join('`, `')}\`, which the fleet has`
  const lacking = lackingDetectors(plan, world)
  if (lacking.length === 0) return undefined
  return `the policy asks detectors the fleet does not have: \`${lacking.join('`, `')}\``
}
