/** Whether policy, fleet and world fit together: what must be there, and what is probably forgotten. */
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

/** What the policy or the fleet file speak of and the world lacks: calls of it will fail. */
export function lackingNotices(definition: FleetDefinition, world: World, plan: Plan): string[] {
  const roles = new Set(Object.keys(definition.agents))
  const calls = plan.agents
    .filter(({ name }) => roles.has(name))
    .flatMap(({ may }) => may.filter(({ kinds }) => kinds === undefined || kinds.includes('calls')))
  const callable = (tool: string) => calls.some(({ names }) => names === undefined || names.includes(tool))
  const tools = plan.tools.map(({ name }) => name).filter((name) => callable(name) && !has(world.tools, name))
  // A source that is there at some starts only, a live model say, is named where the policy lets it be spawned.
  const named = new Set(plan.agents.flatMap(({ may }) => may.flatMap(({ names = [] }) => names)))
  const strays = Object.keys(definition.executors ?? {}).filter(
    (name) => !named.has(name) && !has(world.tools, name) && !has(world.sources ?? {}, name),
  )
  return [
    ...(tools.length === 0
      ? []
      : [`the policy lets agents call what the world does not have: \`${tools.join('`, `')}\``]),
    ...(strays.length === 0
      ? []
      : [`\`executors\` has settings of what nobody can call: \`${strays.join('`, `')}\``]),
  ]
}

function has(record: object, name: string): boolean {
  return Object.hasOwn(record, name)
}
