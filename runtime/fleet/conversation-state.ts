/** What a partition knows of one conversation and its agents, and the same at rest: bytes. */
import { Cells } from '#dsl/judge/cells.ts'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { KernelSnapshot } from '#runtime/kernel/kernel.ts'
import { addressOf, agentId } from './address.ts'
import type { Input } from './record.ts'

export interface AgentState {
  packed: JsonObject
  /** The unpacked snapshot, kept while the agent is busy; always equal in meaning to `packed`. */
  live?: KernelSnapshot | undefined
  done: boolean
  halted?: string | undefined
  denials: number
  parked?: string | undefined
  readonly waiting: Input[]
  /** Ids of its machine's timers and of what it asked for, so that ending it costs what it owns; absent while there never were any. */
  timers?: Set<string> | undefined
  intents?: Set<string> | undefined
}

export interface ConversationState {
  readonly cells: Cells
  /** Agents started and not yet finished. */
  active: number
  turns: number
  ended: boolean
  /** Hash of the policy that judged it last; undefined before the first rollout. */
  policy: string | undefined
  /** Hash of the one that judged beside. */
  beside: string | undefined
  /** Ids of agents ever started; none once it has ended. */
  readonly agents: Set<string>
  /** How far each client's messages have been taken; nothing once it has ended, as then none has any effect. */
  readonly seen: Map<string, number>
  /** Ids of the timers of what is owed; absent while nothing ever was. */
  obligations?: Set<string> | undefined
  /** Times it was touched since it woke, or was last looked at for being put to rest. */
  touches: number
}

export function newConversation(): ConversationState {
  return {
    cells: new Cells(),
    active: 0,
    turns: 0,
    ended: false,
    policy: undefined,
    beside: undefined,
    agents: new Set(),
    seen: new Map(),
    obligations: undefined,
    touches: 0,
  }
}

export function newAgent(packed: JsonObject, done: boolean): AgentState {
  return wakened({ state: packed, ...(done ? { done } : {}) })
}

/** The form at rest. What is empty is left out: of an ended conversation `turns` and `ended` remain. */
interface Resting {
  readonly turns: number
  ended?: true
  policy?: string
  beside?: string
  agents?: RestingAgent[]
  cells?: [string, Json][]
  seen?: [string, number][]
  owed?: string[]
}

interface RestingAgent {
  readonly role: string
  readonly state: JsonObject
  done?: true
  halted?: string
  denials?: number
  parked?: string
  waiting?: readonly Input[]
  timers?: string[]
  intents?: string[]
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Conversations come and go with every message where there are many: fields are set one by one, which costs a third of spreading them. */
export function freeze(conversation: ConversationState, agents: ReadonlyMap<string, AgentState>): Uint8Array {
  const { turns, policy, beside, cells, seen, obligations } = conversation
  const resting: Resting = { turns }
  if (conversation.ended) resting.ended = true
  if (policy !== undefined) resting.policy = policy
  if (beside !== undefined) resting.beside = beside
  if (conversation.agents.size > 0) {
    resting.agents = []
    for (const id of conversation.agents) resting.agents.push(restingAgent(id, agents.get(id)!))
  }
  if (cells.size > 0) resting.cells = [...cells.entries()]
  if (seen.size > 0) resting.seen = [...seen]
  if (obligations && obligations.size > 0) resting.owed = [...obligations]
  return encoder.encode(JSON.stringify(resting))
}

function restingAgent(id: string, agent: AgentState): RestingAgent {
  const { packed, halted, denials, parked, waiting, timers, intents } = agent
  const resting: RestingAgent = { role: addressOf(id).role, state: packed }
  if (agent.done) resting.done = true
  if (halted !== undefined) resting.halted = halted
  if (denials > 0) resting.denials = denials
  if (parked !== undefined) resting.parked = parked
  if (waiting.length > 0) resting.waiting = waiting
  if (timers && timers.size > 0) resting.timers = [...timers]
  if (intents && intents.size > 0) resting.intents = [...intents]
  return resting
}

/** `bytes` are our own (`freeze`): what is not so is a bug, and throws. */
export function thaw(
  id: string,
  bytes: Uint8Array,
): { readonly conversation: ConversationState; readonly agents: readonly (readonly [string, AgentState])[] } {
  const resting: Resting = JSON.parse(decoder.decode(bytes))
  const { turns, ended, policy, beside } = resting
  const ids = new Set<string>()
  const agents: [string, AgentState][] = []
  let active = 0
  for (const each of resting.agents ?? []) {
    const agent = agentId(id, each.role)
    ids.add(agent)
    agents.push([agent, wakened(each)])
    if (each.done !== true && each.halted === undefined) active++
  }
  const conversation: ConversationState = {
    cells: new Cells(resting.cells),
    active,
    turns,
    ended: ended === true,
    policy,
    beside,
    agents: ids,
    seen: new Map(resting.seen),
    obligations: resting.owed && new Set(resting.owed),
    touches: 0,
  }
  return { conversation, agents }
}

function wakened(resting: Omit<RestingAgent, 'role'>): AgentState {
  const { state, done, halted, denials, parked, waiting, timers, intents } = resting
  return {
    packed: state,
    live: undefined,
    done: done === true,
    halted,
    denials: denials ?? 0,
    parked,
    waiting: waiting ? [...waiting] : [],
    timers: timers && new Set(timers),
    intents: intents && new Set(intents),
  }
}

/** Inputs wait for it: such a conversation is not put to rest, since it goes on by itself. */
export function isWaiting(conversation: ConversationState, agents: ReadonlyMap<string, AgentState>): boolean {
  for (const id of conversation.agents) if (agents.get(id)!.waiting.length > 0) return true
  return false
}

/** How many conversations and agents there are; agents that have finished are not counted. */
export interface Census {
  open: number
  ended: number
  active: number
  parked: number
  stopped: number
}

export const nobody = (): Census => ({ open: 0, ended: 0, active: 0, parked: 0, stopped: 0 })

/** Counts a conversation in (`by` 1) or out (-1). */
export function count(
  census: Census,
  conversation: ConversationState,
  agents: ReadonlyMap<string, AgentState>,
  by: 1 | -1,
): void {
  census[conversation.ended ? 'ended' : 'open'] += by
  for (const id of conversation.agents) {
    const { halted, parked, done } = agents.get(id)!
    if (halted !== undefined) census.stopped += by
    else if (parked !== undefined) census.parked += by
    else if (!done) census.active += by
  }
}
