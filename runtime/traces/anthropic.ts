/** Anthropic message logs: content blocks `text`, `tool_use` and `tool_result`, in their order. */
import type { JsonObject } from '#dsl/judge/step.ts'
import { argumentsOf, type Documents, firstText, instantOf, objects } from './documents.ts'
import type { Happening, Talks } from './happening.ts'
import { type MessageRead, readMessageLog, wordsOf } from './message-logs.ts'

/** A client's tool, one of the provider's own, and one of an MCP server. */
const CALLS: ReadonlySet<string> = new Set(['tool_use', 'server_tool_use', 'mcp_tool_use'])

export function readAnthropic(documents: Documents): Talks {
  return readMessageLog(documents, messageRead)
}

function messageRead(message: JsonObject): MessageRead {
  const { role, content } = message
  if (role === 'system') return { happenings: [], wrong: [] }
  if (role !== 'user' && role !== 'assistant')
    return { happenings: [], wrong: ['its `role` is neither user nor assistant'] }
  const at = instantOf(message['timestamp'] ?? message['created_at'])
  const time = at === undefined ? {} : { at }
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : objects(content)
  const happenings: Happening[] = []
  const wrong: string[] = []
  for (const block of blocks) {
    const type = firstText(block, 'type') ?? ''
    if (type === 'text') {
      const text = firstText(block, 'text')
      if (text !== undefined) happenings.push({ kind: role === 'user' ? 'heard' : 'said', text, ...time })
    } else if (CALLS.has(type)) {
      const tool = firstText(block, 'name')
      const call = firstText(block, 'id')
      const args = argumentsOf(block['input'])
      if (tool === undefined) wrong.push('a `tool_use` without a `name`')
      else {
        if (args === undefined)
          wrong.push(`the input of its call of \`${tool}\` is no JSON object; taken as none`)
        happenings.push({
          kind: 'called',
          tool,
          args: args ?? {},
          ...(call === undefined ? {} : { call }),
          ...time,
        })
      }
    } else if (type.endsWith('tool_result')) {
      const call = firstText(block, 'tool_use_id')
      happenings.push({
        kind: 'returned',
        value: wordsOf(block['content']) ?? block['content'] ?? '',
        ...(block['is_error'] === true ? { failed: true } : {}),
        ...(call === undefined ? {} : { call }),
        ...time,
      })
    }
  }
  return { happenings, wrong }
}
