/** Who may say something to whom, as a policy's vocabulary has it: what each agent may send and receive. */
import type { Selector } from '#dsl/plan/forms.ts'
import type { Plan } from '#dsl/plan/plan.ts'

export interface Speaker {
  readonly name: string
  /** `agent`: declared by the policy. `outside`: named as a sender only (`receive refund from customer`). */
  readonly kind: 'agent' | 'outside'
  /** Agents it may say something to, sorted. */
  readonly to: readonly string[]
}

type Said = 'sends' | 'receives'

/**
 * An agent may say what it may send and the other may receive; who is outside, what an agent may receive from them. What
 * a rule allows beyond the vocabulary counts too: its conditions are the daemon's to judge.
 */
export function speakersOf(plan: Plan): Speaker[] {
  const agents = plan.agents.map(({ name }) => name)
  const allowed = plan.rules.flatMap((rule) => (rule.action.kind === 'allow' ? rule.when.any : []))
  const granted = (agent: string, kind: Said): Selector[] =>
    [
      ...plan.agents.flatMap(({ name, may }) => (name === agent ? may : [])),
      ...allowed.filter(({ agents }) => agents === undefined || agents.includes(agent)),
    ].filter(({ kinds }) => kinds === undefined || kinds.includes(kind))
  const receives = (to: string, from: string): Selector[] =>
    granted(to, 'receives').filter(({ peers }) => peers === undefined || peers.includes(from))
  const sends = (from: string, to: string): Selector[] =>
    granted(from, 'sends').filter(({ peers }) => peers === undefined || peers.includes(to))

  const outside = new Set(
    agents.flatMap((agent) => granted(agent, 'receives').flatMap(({ peers }) => peers ?? [])),
  )
  for (const agent of agents) outside.delete(agent)
  return [
    ...agents.map(
      (name): Speaker => ({
        name,
        kind: 'agent',
        to: agents
          .filter((to) => to !== name)
          .filter((to) =>
            receives(to, name).some((taken) => sends(name, to).some((given) => meet(given, taken))),
          )
          .sort(),
      }),
    ),
    ...Array.from(outside, (name): Speaker => {
      const to = agents.filter((agent) => receives(agent, name).length > 0).sort()
      return { name, kind: 'outside', to }
    }),
  ].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Whether a message could be meant by both. */
function meet({ names: given }: Selector, { names: taken }: Selector): boolean {
  return given === undefined || taken === undefined || given.some((name) => taken.includes(name))
}
