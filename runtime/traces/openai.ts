/** OpenAI logs: Chat Completions messages (`tool_calls`, role `tool`) and Responses API items (`function_call`, `function_call_output`). */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { argumentsOf, type Documents, firstText, instantOf, isObject, objects } from './documents.ts'
import type { Happening, Talks } from './happening.ts'
import { type MessageRead, readMessageLog, wordsOf } from './message-logs.ts'

export function readOpenai(documents: Documents): Talks {
  return readMessageLog(documents, (message) =>
    typeof message['type'] === 'string' && message['type'] !== 'message'
      ? itemRead(message, message['type'])
      : messageRead(message),
  )
}

function messageRead(message: JsonObject): MessageRead {
  const happenings: Happening[] = []
  const wrong: string[] = []
  const time = timeOf(message)
  const text = wordsOf(message['content'])
  switch (message['role']) {
    case 'system':
    case 'developer':
      break
    case 'user':
      if (text === undefined) wrong.push('a user’s message without text')
      else happenings.push({ kind: 'heard', text, ...time })
      break
    case 'assistant': {
      if (text !== undefined && text !== '') happenings.push({ kind: 'said', text, ...time })
      for (const call of objects(message['tool_calls'])) {
        const asked = isObject(call['function'])
          ? call['function']
          : isObject(call['custom'])
            ? call['custom']
            : {}
        addCall(asked, asked['arguments'] ?? asked['input'], firstText(call, 'id'), time, happenings, wrong)
      }
      const legacy = message['function_call']
      if (isObject(legacy)) addCall(legacy, legacy['arguments'], undefined, time, happenings, wrong)
      break
    }
    case 'tool':
    case 'function': {
      const call = firstText(message, 'tool_call_id')
      const tool = firstText(message, 'name')
      happenings.push({
        kind: 'returned',
        value: text ?? '',
        ...(call === undefined ? {} : { call }),
        ...(tool === undefined ? {} : { tool }),
        ...time,
      })
      break
    }
    default:
      wrong.push('its `role` is none of system, developer, user, assistant, tool')
  }
  return { happenings, wrong }
}

function itemRead(item: JsonObject, type: string): MessageRead {
  const happenings: Happening[] = []
  const wrong: string[] = []
  const time = timeOf(item)
  const call = firstText(item, 'call_id', 'id')
  if (type === 'function_call' || type === 'custom_tool_call' || type === 'mcp_call') {
    addCall(item, item['arguments'] ?? item['input'], call, time, happenings, wrong)
    // A call that the provider made itself has its outcome in it.
    if (type === 'mcp_call' && (item['output'] ?? item['error'] ?? null) !== null)
      happenings.push(returned(item['error'] ?? item['output'], call, time, (item['error'] ?? null) !== null))
  } else if (type === 'function_call_output' || type === 'custom_tool_call_output')
    happenings.push(returned(item['output'], call, time, false))
  return { happenings, wrong }
}

type Time = { readonly at?: number }

function timeOf(message: JsonObject): Time {
  const at = instantOf(message['timestamp'] ?? message['created_at'])
  return at === undefined ? {} : { at }
}

function returned(value: Json | undefined, call: string | undefined, time: Time, failed: boolean): Happening {
  return {
    kind: 'returned',
    value: wordsOf(value) ?? value ?? '',
    ...(failed ? { failed } : {}),
    ...(call === undefined ? {} : { call }),
    ...time,
  }
}

/** A call whose arguments are no JSON was made all the same: it counts, with none. */
function addCall(
  asked: JsonObject,
  given: Json | undefined,
  call: string | undefined,
  time: Time,
  happenings: Happening[],
  wrong: string[],
): void {
  const tool = firstText(asked, 'name')
  if (tool === undefined) {
    wrong.push('a call without a `name`')
    return
  }
  const args = argumentsOf(given)
  if (args === undefined)
    wrong.push(`the arguments of its call of \`${tool}\` are no JSON object; taken as none`)
  happenings.push({
    kind: 'called',
    tool,
    args: args ?? {},
    ...(call === undefined ? {} : { call }),
    ...time,
  })
}
