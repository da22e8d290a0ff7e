/** States of the fleet as lines for who asks. */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { Bundle } from '#runtime/deploy/bundle.ts'
import { addressOf } from '#runtime/fleet/address.ts'
import type { AgentState } from '#runtime/fleet/conversation-state.ts'
import type { PartitionState } from '#runtime/fleet/partition-state.ts'
import type { Approval, DeadLetter, Parked } from '#runtime/fleet/record.ts'
import {
  type AgentLine,
  ANSWER_BYTES_MAX,
  type Answer,
  type ApprovalLine,
  type LetterLine,
  type PoliciesStatus,
  type PolicyLine,
  refused,
} from './asks.ts'
import type { Watched } from './watched.ts'

export function listAgents(
  states: readonly PartitionState[],
  conversation: string | undefined,
  limit: number,
): Answer {
  const agents: AgentLine[] = []
  let bytes = 0
  for (const state of states) {
    for (const [id, agent] of conversation === undefined
      ? state.everyAgent()
      : state.agentsOf(conversation)) {
      const line = agentLine(id, agent)
      bytes += JSON.stringify(line).length
      if (agents.length >= limit || bytes > ANSWER_BYTES_MAX) return { kind: 'agents', agents, more: true }
      agents.push(line)
    }
  }
  return { kind: 'agents', agents, more: false }
}

export function showAgent(state: PartitionState, id: string): Answer {
  const agent = state.agent(id)
  const conversation = state.known(addressOf(id).conversation)
  if (!agent)
    return refused(
      'not-found',
      conversation?.ended === true
        ? `the conversation of \`${id}\` has ended; \`parapet trace\` shows what it did`
        : `there is no agent \`${id}\`: one is named CONVERSATION/ROLE`,
    )
  const pending = agent.parked === undefined ? undefined : state.pending.get(agent.parked)
  return {
    kind: 'agent',
    agent: {
      ...agentLine(id, agent),
      context: agent.packed['context'] ?? {},
      denials: agent.denials,
      ...(pending && { parkedFor: pending.kind === 'approval' ? pending.who : 'evidence or a reservation' }),
      intents: Array.from(agent.intents ?? [], (intent): JsonObject => {
        const effect = state.intents.get(intent)?.effect
        return { id: intent, kind: effect?.kind ?? 'gone', what: effect?.kind === 'call' ? effect.tool : '' }
      }),
      timers: Array.from(agent.timers ?? [], (timer): JsonObject => {
        const dueAt = state.timers.get(timer)?.dueAt
        return { id: timer, ...(dueAt !== undefined && { dueAt: new Date(dueAt).toISOString() }) }
      }),
    },
  }
}

function agentLine(id: string, agent: AgentState): AgentLine {
  const { halted, parked, done } = agent
  return {
    agent: id,
    status: halted !== undefined ? 'stopped' : parked !== undefined ? 'parked' : done ? 'finished' : 'active',
    state: stateName(agent.packed),
    waiting: agent.waiting.length,
    ...(halted !== undefined && { why: halted }),
  }
}

function stateName(packed: JsonObject): Json {
  return packed['value'] ?? null
}

export function listDead(states: readonly PartitionState[], limit: number): Answer {
  const all = states.flatMap((state) => Array.from(state.dead.values())).sort((a, b) => b.at - a.at)
  return { kind: 'dead', letters: all.slice(0, limit).map(letterLine), more: all.length > limit }
}

export function letterLine({ id, agent, parked, why, at, tries }: DeadLetter): LetterLine {
  return { letter: id, agent, what: parkedName(parked), why, at: new Date(at).toISOString(), tries }
}

function parkedName(parked: Parked): string {
  if (parked.kind === 'event') return `event ${parked.event.type}`
  const { input } = parked
  return input.kind === 'message' ? `message ${input.message} from ${input.from}` : input.kind
}

export function approvalLine(approval: Approval): ApprovalLine {
  const { step } = approval
  return {
    approval: approval.id,
    who: approval.who,
    agent: step.actor,
    conversation: step.conversation,
    checks: approval.checks,
    step: { kind: step.kind, name: step.name, fields: step.fields },
    reasons: approval.reasons.map(({ found }) => found),
    dueAt: new Date(approval.dueAt).toISOString(),
    people: approval.people ?? 1,
    granted: approval.granted ?? [],
    otherwise: approval.otherwise,
  }
}

function policyLine({ hash, name, version, signature }: Bundle): PolicyLine {
  return { hash, name, version, ...(signature && { signedBy: signature.by }) }
}

/** What partitions hold between them. */
export function countAll(states: readonly PartitionState[]) {
  const conversations = { open: 0, ended: 0 }
  const agents = { active: 0, parked: 0, stopped: 0 }
  let intents = 0
  let deadLetters = 0
  for (const state of states) {
    const { open, ended, active, parked, stopped } = state.census()
    conversations.open += open
    conversations.ended += ended
    agents.active += active
    agents.parked += parked
    agents.stopped += stopped
    intents += state.intents.size
    deadLetters += state.dead.size
  }
  return { conversations, agents, intents, deadLetters }
}

/** `own`: hash of the fleet file's policy, whose text may not be here. */
export function policiesOf(daemon: string, own: string, fleet: Watched): PoliciesStatus {
  const states = fleet.owned.map((partition) => ({ partition, state: fleet.stateOf(partition) }))
  const bundles = new Map(states.flatMap(({ state }) => Array.from(state.bundles)))
  if (fleet.policy) bundles.set(fleet.policy.hash, fleet.policy)
  return {
    daemon,
    own: fleet.policy ? policyLine(fleet.policy) : { hash: own, name: '', version: '' },
    versions: Array.from(bundles.values(), policyLine),
    partitions: states.map(({ partition, state: { rollout, trial } }) => ({
      partition,
      standing: fleet.standing(partition),
      ...(rollout && { rollout }),
      ...(rollout?.candidate && { trial }),
    })),
  }
}
