import type { Plan } from './plan.ts'

export type Size = Readonly<
  Record<'agents' | 'tools' | 'rules' | 'consistencies' | 'flows' | 'tests', number>
>

/** How much a policy says, as its reader counts: limits of agents are kept as consistencies are, and are none. */
export function sizeOf({ agents, tools, rules, consistencies, flows, tests }: Plan): Size {
  return {
    agents: agents.length,
    tools: tools.length,
    rules: rules.length,
    consistencies: consistencies.filter(({ limit }) => limit === undefined).length,
    flows: flows.length,
    tests: tests.length,
  }
}
