/**
 * A model behind a real OpenAI-compatible server on loopback: what comes over the line is read back into a request, and the
 * model's answer is sent whole or streamed, as it was asked for. So an example's own script can answer as a live model.
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { isObject } from '#dsl/judge/values.ts'
import type { Model, ModelMessage, ModelOutcome, ModelRequest, ToolCall } from './model.ts'
import { type Asked, openAi, type Reply, type WireServer, wireServer } from './wires.fixture.ts'

/** `instead`: what is said in the model's place, where it gives anything. */
export function served(
  model: Model,
  instead: (asked: Asked, nth: number) => Reply | undefined = () => undefined,
): Promise<WireServer> {
  return wireServer(async (asked, nth) => {
    const other = instead(asked, nth)
    if (other) return other
    const outcome = await model.generate(requestIn(asked.body), { signal: new AbortController().signal })
    return replyOf(outcome, asked.body['stream'] === true)
  })
}

function replyOf(outcome: ModelOutcome, streamed: boolean): Reply {
  if (outcome.kind === 'failed') return openAi.error(400, outcome.error)
  const [call, ...more] = outcome.calls
  if (more.length > 0) throw new Error('the fixture sends one call of a tool at a time')
  const saying = {
    text: outcome.text,
    ...(call && { call: { id: call.id, tool: call.tool, args: JSON.stringify(call.args) } }),
    usage: { input: outcome.cost.tokens, output: 1 },
  }
  return streamed ? openAi.stream(saying) : openAi.whole(saying)
}

function requestIn(body: JsonObject): ModelRequest {
  const said = objectsIn(body['messages'])
  const system = said.find(({ role }) => role === 'system')?.['content']
  return {
    ...(typeof system === 'string' && { system }),
    messages: said.flatMap(messageIn),
    tokensMax: Number(body['max_tokens']),
  }
}

function messageIn({ role, content, tool_calls, tool_call_id }: JsonObject): ModelMessage[] {
  const text = typeof content === 'string' ? content : ''
  if (role === 'user') return [{ role: 'user', text }]
  if (role === 'assistant') return [{ role: 'model', text, calls: objectsIn(tool_calls).map(callIn) }]
  if (role !== 'tool') return []
  return [{ role: 'tool', results: [{ id: String(tool_call_id), tool: '', value: JSON.parse(text) }] }]
}

function callIn({ id, function: called }: JsonObject): ToolCall {
  const { name, arguments: args } = isObject(called) ? called : {}
  return { id: String(id), tool: String(name), args: JSON.parse(String(args)) }
}

function objectsIn(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
