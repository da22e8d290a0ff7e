/** Runs a recording's calls against a fresh airline and sets each result beside the recorded one. */
import type { Json } from '#dsl/judge/step.ts'
import { recordedValue } from '#runtime/traces/recorded-value.ts'
import type { Conversation, ToolCall } from './recorded.ts'
import type { Airline } from './tools.ts'

export interface Replayed {
  readonly call: ToolCall
  /** As the tools give it now. Failures are their error text, as the recordings keep them. */
  readonly now: Json
  readonly recorded: Json
}

export function replay(airline: Airline, conversation: Conversation): Replayed[] {
  const replayed: Replayed[] = []
  for (const [i, event] of conversation.events.entries()) {
    const next = conversation.events[i + 1]
    if (event.kind !== 'tool_call' || next?.kind !== 'tool_result') continue
    const call = { tool: event.tool ?? '', args: event.args ?? {} }
    const result = airline.call(conversation.id, call.tool, call.args, `${conversation.id}#${event.seq}`)
    replayed.push({
      call,
      now: result.kind === 'ok' ? result.value : result.error,
      recorded: recordedValue(next.content ?? ''),
    })
  }
  return replayed
}
