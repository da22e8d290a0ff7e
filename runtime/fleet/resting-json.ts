/** Conversations at rest as snapshots of version 1 have them: JSON. They are read, and written as `resting.ts` has it. */
import { Cells } from '#dsl/judge/cells.ts'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { agentId } from './address.ts'
import type { AgentState, ConversationState } from './conversation-state.ts'
import type { Input } from './record.ts'

interface Resting {
  readonly turns: number
  readonly ended?: true
  readonly policy?: string
  readonly beside?: string
  readonly agents?: readonly RestingAgent[]
  readonly cells?: readonly [string, Json][]
  readonly seen?: readonly [string, number][]
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

const decoder = new TextDecoder()

export function thawJson(id: string, bytes: Uint8Array): ConversationState {
  const resting: Resting = JSON.parse(decoder.decode(bytes))
  const agents = (resting.agents ?? []).map((agent) => [agentId(id, agent.role), wakened(agent)] as const)
  return {
    id,
    cells: new Cells(new Map(resting.cells)),
    active: agents.filter(([, { done, halted }]) => !done && halted === undefined).length,
    turns: resting.turns,
    ended: resting.ended === true,
    policy: resting.policy,
    beside: resting.beside,
    agents: new Map(agents),
    seen: new Map(resting.seen),
    obligations: resting.owed && new Set(resting.owed),
    touches: 0,
  }
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
