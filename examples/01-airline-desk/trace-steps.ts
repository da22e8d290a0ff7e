/** A recorded conversation as the steps the desk's policy speaks of, one list for each of the agents' turns. */
import type { JsonObject, Step, StepKind } from '#dsl/judge/step.ts'
import { groupTurns } from '#runtime/traces/group-turns.ts'
import { recordedValue, tellsOfFailure } from '#runtime/traces/recorded-value.ts'
import type { Conversation, RecordedEvent } from './recorded.ts'

export interface TurnSteps {
  /** What the agents did or underwent in one go. */
  readonly steps: readonly Step[]
  /** The recorded calls among them, for their labels and results. */
  readonly calls: readonly RecordedEvent[]
}

/** When the recorded desk's conversations take place; events follow each other by a second. */
const STARTS_AT = Date.parse('2024-05-15T15:00:00-05:00')
const EVENT_MS = 1_000

export function turnsOf(conversation: Conversation): TurnSteps[] {
  const turns: TurnSteps[] = []
  let turn = 0
  const step = (
    event: RecordedEvent,
    agent: string,
    kind: StepKind,
    name: string,
    fields: JsonObject,
    peer?: string,
  ): Step => ({
    kind,
    agent,
    actor: `${conversation.id}/${agent}`,
    conversation: conversation.id,
    turn,
    at: STARTS_AT + event.seq * EVENT_MS,
    name,
    fields,
    ...(peer === undefined ? {} : { peer }),
  })
  const heard = (event: RecordedEvent): Step[] => {
    const words = { text: event.content ?? '' }
    return [
      step(event, 'gateway', 'receives', 'customer_message', words, 'customer'),
      step(event, 'gateway', 'sends', 'customer_message', words, 'clerk'),
      step(event, 'clerk', 'receives', 'customer_message', words, 'gateway'),
    ]
  }
  const result = (event: RecordedEvent): Step => {
    const content = event.content ?? ''
    const tool = event.tool ?? ''
    if (tellsOfFailure(content)) return step(event, 'clerk', 'fails', tool, { error: content })
    const value = recordedValue(content)
    const isRecord = value !== null && typeof value === 'object' && !Array.isArray(value)
    return step(event, 'clerk', 'result', tool, isRecord ? value : { value })
  }
  for (const group of groupTurns(conversation.events, isAct)) {
    turn++
    const [first] = group
    if (first === undefined) continue
    if (first.kind === 'user') turns.push({ steps: heard(first), calls: [] })
    else if (first.kind === 'tool_result') turns.push({ steps: [result(first)], calls: [] })
    else {
      const calls = group.filter((event) => event.kind === 'tool_call')
      const replies = group.filter((event) => event.kind === 'assistant')
      turns.push({
        // Calls first, as the clerk does it: a turn's steps happen together.
        steps: [
          ...calls.map((event) => step(event, 'clerk', 'calls', event.tool ?? '', event.args ?? {})),
          ...replies.map((event) =>
            step(event, 'clerk', 'sends', 'reply', { text: event.content ?? '' }, 'gateway'),
          ),
        ],
        calls,
      })
      for (const event of calls.length === 0 ? replies : []) {
        const words = { text: event.content ?? '' }
        turns.push({ steps: [step(event, 'gateway', 'answers', '', words, 'customer')], calls: [] })
      }
    }
  }
  return turns
}

const isAct = ({ kind }: RecordedEvent): boolean => kind === 'assistant' || kind === 'tool_call'
