/**
 * From a step to the checks that can apply to it, found once per address and remembered, so that a check which cannot
 * apply is never visited.
 *
 * Invariants:
 * 1. Agents, names and peers that no declaration and no check mentions share one address each: the table's size is
 *    bounded by the policy, not by what agents send.
 * 2. The table holds at most ADDRESSES_MAX entries; beyond, it starts over. It never changes an answer.
 */
import type { Plan, Selector, StepPattern } from '../plan/plan.ts'
import type { Address } from './applicable.ts'
import type { Step, StepKind } from './step.ts'

export const ADDRESSES_MAX = 4_096

/** Stands for every name that is mentioned nowhere; no policy can spell it. */
const OTHER = '\u0000other'

/** `told`: patterns of all that is told of steps, besides permissions and rules. */
export function createDispatch<T>(
  plan: Plan,
  told: readonly StepPattern[],
  build: (address: Address) => T,
): (step: Step) => T {
  const known = mentioned(plan, told)
  // By name and agent; what is left, kind and peer, are a handful.
  const table = new Map<string, Map<string, Entry<T>[]>>()
  let size = 0

  const find = (at: Pick<Step, 'kind' | 'agent' | 'name'>, peer: string | undefined): T | undefined => {
    const entries = table.get(at.name)?.get(at.agent)
    if (entries === undefined) return undefined
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!
      if (entry.kind === at.kind && entry.peer === peer) return entry.built
    }
    return undefined
  }
  const add = (step: Step): T => {
    const address: Address = {
      kind: step.kind,
      agent: known.agents.has(step.agent) ? step.agent : OTHER,
      name: known.names.has(step.name) ? step.name : OTHER,
      peer: step.peer === undefined || known.peers.has(step.peer) ? step.peer : OTHER,
    }
    const found = find(address, address.peer)
    if (found !== undefined) return found
    if (size >= ADDRESSES_MAX) {
      table.clear()
      size = 0
    }
    size++
    const built = build(address)
    const agents = table.get(address.name) ?? new Map<string, Entry<T>[]>()
    table.set(address.name, agents)
    const entries = agents.get(address.agent) ?? []
    agents.set(address.agent, [...entries, { kind: address.kind, peer: address.peer, built }])
    return built
  }
  return (step) => find(step, step.peer) ?? add(step)
}

interface Entry<T> {
  readonly kind: StepKind
  readonly peer: string | undefined
  readonly built: T
}

function mentioned(plan: Plan, told: readonly StepPattern[]) {
  const agents = new Set(plan.agents.map((agent) => agent.name))
  const names = new Set([
    ...plan.tools.map((tool) => tool.name),
    ...plan.messages.map((message) => message.name),
    '',
  ])
  const peers = new Set<string>()
  for (const selector of selectorsOf(plan, told)) {
    for (const agent of selector.agents ?? []) agents.add(agent)
    for (const name of selector.names ?? []) names.add(name)
    for (const peer of selector.peers ?? []) peers.add(peer)
  }
  return { agents, names, peers }
}

function* selectorsOf(plan: Plan, told: readonly StepPattern[]): Iterable<Selector> {
  for (const agent of plan.agents) yield* agent.may
  for (const rule of plan.rules) {
    yield* rule.when.any
  }
  for (const pattern of told) yield* pattern.any
}
