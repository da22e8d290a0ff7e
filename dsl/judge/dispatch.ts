/**
 * From a step to the checks that can apply to it, found once per address and remembered, so that a check which cannot
 * apply is never visited.
 *
 * Invariants:
 * 1. Agents, names and peers that no declaration and no check mentions share one address each: the table's size is
 *    bounded by the policy, not by what agents send.
 * 2. The table holds at most ADDRESSES_MAX entries; beyond, it starts over. It never changes an answer.
 */
import type { Plan, Selector } from '../plan/plan.ts'
import type { Address } from './applicable.ts'
import type { Step, StepKind } from './step.ts'

export const ADDRESSES_MAX = 4_096

/** Stands for every name that is mentioned nowhere; no policy can spell it. */
const OTHER = '\u0000other'

export function createDispatch<T>(plan: Plan, build: (address: Address) => T): (step: Step) => T {
  const known = mentioned(plan)
  const table = new Map<StepKind, Map<string, Map<string, Peers<T>>>>()
  let size = 0

  const add = (step: Step): T => {
    const address: Address = {
      kind: step.kind,
      agent: known.agents.has(step.agent) ? step.agent : OTHER,
      name: known.names.has(step.name) ? step.name : OTHER,
      peer: step.peer === undefined || known.peers.has(step.peer) ? step.peer : OTHER,
    }
    const found = find(address)
    if (found !== undefined) return found
    if (size >= ADDRESSES_MAX) {
      table.clear()
      size = 0
    }
    size++
    const built = build(address)
    const names = within(within(table, address.kind), address.agent)
    let peers = names.get(address.name)
    if (peers === undefined) {
      peers = { none: undefined, each: new Map() }
      names.set(address.name, peers)
    }
    if (address.peer === undefined) peers.none = built
    else peers.each.set(address.peer, built)
    return built
  }
  const find = (
    at: Pick<Step, 'kind' | 'agent' | 'name'> & { readonly peer?: string | undefined },
  ): T | undefined => {
    const peers = table.get(at.kind)?.get(at.agent)?.get(at.name)
    return at.peer === undefined ? peers?.none : peers?.each.get(at.peer)
  }
  return (step) => find(step) ?? add(step)
}

interface Peers<T> {
  none: T | undefined
  readonly each: Map<string, T>
}

function within<K, L, V>(map: Map<K, Map<L, V>>, key: K): Map<L, V> {
  let inner = map.get(key)
  if (inner === undefined) {
    inner = new Map()
    map.set(key, inner)
  }
  return inner
}

function mentioned(plan: Plan) {
  const agents = new Set(plan.agents.map((agent) => agent.name))
  const names = new Set([
    ...plan.tools.map((tool) => tool.name),
    ...plan.messages.map((message) => message.name),
    '',
  ])
  const peers = new Set<string>()
  for (const selector of selectorsOf(plan)) {
    for (const agent of selector.agents ?? []) agents.add(agent)
    for (const name of selector.names ?? []) names.add(name)
    for (const peer of selector.peers ?? []) peers.add(peer)
  }
  return { agents, names, peers }
}

function* selectorsOf(plan: Plan): Iterable<Selector> {
  for (const agent of plan.agents) yield* agent.may
  for (const rule of plan.rules) {
    yield* rule.when.any
    for (const binding of rule.bindings) yield* binding.of.any
  }
  for (const { form } of plan.consistencies) {
    yield* form.what.any
    if (form.kind === 'needs') yield* form.earlier.any
    if (form.kind === 'neverAfter') yield* form.after.any
    if (form.kind === 'followedBy') yield* form.by.any
  }
}
