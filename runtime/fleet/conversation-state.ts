/** What a partition knows of one conversation and its agents, while they are awake (`resting.ts`: and at rest). */
import { Cells } from '#dsl/judge/cells.ts'
import type { JsonObject } from '#dsl/judge/step.ts'
import type { KernelSnapshot } from '#runtime/kernel/kernel.ts'
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
  readonly id: string
  readonly cells: Cells
  /** Agents started and not yet finished. */
  active: number
  turns: number
  ended: boolean
  /** Hash of the policy that judged it last; undefined before the first rollout. */
  policy: string | undefined
  /** Hash of the one that judged beside. */
  beside: string | undefined
  /** Agents ever started, by their ids; none once it has ended. */
  readonly agents: Map<string, AgentState>
  /** How far each client's messages have been taken; nothing once it has ended, as then none has any effect. */
  readonly seen: Map<string, number>
  /** Ids of the timers of what is owed; absent while nothing ever was. */
  obligations?: Set<string> | undefined
  /** Times it was touched since it woke, or was last looked at for being put to rest (`awake.ts`). */
  touches: number
}

export function newConversation(id: string): ConversationState {
  return {
    id,
    cells: new Cells(),
    active: 0,
    turns: 0,
    ended: false,
    policy: undefined,
    beside: undefined,
    agents: new Map(),
    seen: new Map(),
    obligations: undefined,
    touches: 0,
  }
}

export function newAgent(packed: JsonObject, done: boolean): AgentState {
  return {
    packed,
    live: undefined,
    done,
    halted: undefined,
    denials: 0,
    parked: undefined,
    waiting: [],
    timers: undefined,
    intents: undefined,
  }
}

/** Inputs wait for it: such a conversation is not put to rest, since it goes on by itself. */
export function isWaiting({ agents }: ConversationState): boolean {
  for (const { waiting } of agents.values()) if (waiting.length > 0) return true
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
export function count(census: Census, { ended, agents }: ConversationState, by: 1 | -1): void {
  census[ended ? 'ended' : 'open'] += by
  for (const { halted, parked, done } of agents.values()) {
    if (halted !== undefined) census.stopped += by
    else if (parked !== undefined) census.parked += by
    else if (!done) census.active += by
  }
}
