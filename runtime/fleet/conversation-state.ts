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
  /** Ids of its machine's timers and of what it asked for, so that ending it costs what it owns. */
  readonly timers: Set<string>
  readonly intents: Set<string>
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
  /** Ids of the timers of what is owed. */
  readonly obligations: Set<string>
  /** Touched since the last time it was looked at for being put to rest. */
  touched: boolean
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
    obligations: new Set(),
    touched: false,
  }
}

export function newAgent(packed: JsonObject, done: boolean): AgentState {
  return { packed, done, denials: 0, waiting: [], timers: new Set(), intents: new Set() }
}

/** The form at rest. What is empty is left out: of an ended conversation `turns` and `ended` remain. */
interface Resting {
  readonly turns: number
  readonly ended?: true
  readonly policy?: string
  readonly beside?: string
  readonly agents?: readonly RestingAgent[]
  readonly cells?: readonly (readonly [string, Json])[]
  readonly seen?: readonly (readonly [string, number])[]
  readonly owed?: readonly string[]
}

interface RestingAgent {
  readonly role: string
  readonly state: JsonObject
  readonly done?: true
  readonly halted?: string
  readonly denials?: number
  readonly parked?: string
  readonly waiting?: readonly Input[]
  readonly timers?: readonly string[]
  readonly intents?: readonly string[]
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function freeze(conversation: ConversationState, agents: ReadonlyMap<string, AgentState>): Uint8Array {
  const { turns, ended, policy, beside, cells, seen, obligations } = conversation
  const resting: Resting = {
    turns,
    ...(ended ? { ended } : {}),
    ...(policy === undefined ? {} : { policy }),
    ...(beside === undefined ? {} : { beside }),
    ...(conversation.agents.size > 0
      ? { agents: Array.from(conversation.agents, (id) => restingAgent(id, agents.get(id)!)) }
      : {}),
    ...(cells.size > 0 ? { cells: Array.from(cells.entries()) } : {}),
    ...(seen.size > 0 ? { seen: Array.from(seen) } : {}),
    ...(obligations.size > 0 ? { owed: Array.from(obligations) } : {}),
  }
  return encoder.encode(JSON.stringify(resting))
}

function restingAgent(id: string, agent: AgentState): RestingAgent {
  const { packed, done, halted, denials, parked, waiting, timers, intents } = agent
  return {
    role: addressOf(id).role,
    state: packed,
    ...(done ? { done } : {}),
    ...(halted === undefined ? {} : { halted }),
    ...(denials > 0 ? { denials } : {}),
    ...(parked === undefined ? {} : { parked }),
    ...(waiting.length > 0 ? { waiting } : {}),
    ...(timers.size > 0 ? { timers: Array.from(timers) } : {}),
    ...(intents.size > 0 ? { intents: Array.from(intents) } : {}),
  }
}

/** `bytes` are our own (`freeze`): what is not so is a bug, and throws. */
export function thaw(
  id: string,
  bytes: Uint8Array,
): { readonly conversation: ConversationState; readonly agents: readonly (readonly [string, AgentState])[] } {
  const resting: Resting = JSON.parse(decoder.decode(bytes))
  const agents = (resting.agents ?? []).map((each) => [agentId(id, each.role), wakened(each)] as const)
  const cells = new Cells()
  cells.apply((resting.cells ?? []).map(([cell, value]) => ({ cell, value })))
  const conversation: ConversationState = {
    cells,
    active: agents.filter(([, { done, halted }]) => !done && halted === undefined).length,
    turns: resting.turns,
    ended: resting.ended === true,
    policy: resting.policy,
    beside: resting.beside,
    agents: new Set(agents.map(([agent]) => agent)),
    seen: new Map(resting.seen),
    obligations: new Set(resting.owed),
    touched: true,
  }
  return { conversation, agents }
}

function wakened({
  state,
  done,
  halted,
  denials,
  parked,
  waiting,
  timers,
  intents,
}: RestingAgent): AgentState {
  return {
    packed: state,
    done: done === true,
    ...(halted === undefined ? {} : { halted }),
    denials: denials ?? 0,
    parked,
    waiting: [...(waiting ?? [])],
    timers: new Set(timers),
    intents: new Set(intents),
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
