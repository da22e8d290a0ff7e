/** One small conversation as each format spells it. Each writer is a second reading of its format's documentation, not of the reader. */
import type { Json, JsonObject, Step } from '#dsl/judge/step.ts'
import type { Format } from './formats.ts'

export interface Call {
  readonly tool: string
  readonly args: JsonObject
  readonly result: string
}

/** A user's words, and then the assistant's messages, each with words, calls, or both. */
export interface Exchange {
  readonly user: string
  readonly answers: readonly { readonly text?: string; readonly calls: readonly Call[] }[]
}

export function spell(format: Exclude<Format, 'fleet'>, id: string, exchanges: readonly Exchange[]): string {
  return WRITERS[format](id, exchanges)
}

type Writer = (id: string, exchanges: readonly Exchange[]) => string

const events: Writer = (id, exchanges) => {
  const list: JsonObject[] = []
  const add = (event: JsonObject) => list.push({ seq: list.length, ...event })
  numbered(exchanges, {
    user: (content) => add({ kind: 'user', agent: 'user', content }),
    answer: (text, calls) => {
      if (text !== undefined) add({ kind: 'assistant', agent: 'agent', content: text })
      for (const { call, tool, args } of calls) add({ kind: 'tool_call', agent: 'agent', tool, args, call })
      for (const { call, tool, result } of calls)
        add({ kind: 'tool_result', agent: 'env', tool, call, content: result })
    },
  })
  return JSON.stringify({ id, events: list })
}

const openai: Writer = (id, exchanges) => {
  const messages: JsonObject[] = [{ role: 'system', content: 'You are a clerk.' }]
  numbered(exchanges, {
    user: (content) => messages.push({ role: 'user', content }),
    answer: (text, calls) => {
      messages.push({
        role: 'assistant',
        content: text ?? null,
        ...(calls.length === 0
          ? {}
          : {
              tool_calls: calls.map(({ call, tool, args }) => ({
                id: call,
                type: 'function',
                function: { name: tool, arguments: JSON.stringify(args) },
              })),
            }),
      })
      for (const { call, result } of calls)
        messages.push({ role: 'tool', tool_call_id: call, content: result })
    },
  })
  return JSON.stringify({ id, messages })
}

/** The Responses API's items, as OpenAI's other spelling. */
export const responses: Writer = (id, exchanges) => {
  const input: JsonObject[] = []
  numbered(exchanges, {
    user: (text) => input.push({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] }),
    answer: (text, calls) => {
      input.push({ type: 'reasoning', summary: [] })
      if (text !== undefined)
        input.push({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] })
      for (const { call, tool, args } of calls)
        input.push({ type: 'function_call', call_id: call, name: tool, arguments: JSON.stringify(args) })
      for (const { call, result } of calls)
        input.push({ type: 'function_call_output', call_id: call, output: result })
    },
  })
  return JSON.stringify({ id, input })
}

const anthropic: Writer = (id, exchanges) => {
  const messages: JsonObject[] = []
  numbered(exchanges, {
    user: (content) => messages.push({ role: 'user', content }),
    answer: (text, calls) => {
      messages.push({
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 's' },
          ...(text === undefined ? [] : [{ type: 'text', text }]),
          ...calls.map(({ call, tool, args }) => ({ type: 'tool_use', id: call, name: tool, input: args })),
        ],
      })
      if (calls.length > 0)
        messages.push({
          role: 'user',
          content: calls.map(({ call, result }) => ({
            type: 'tool_result',
            tool_use_id: call,
            content: [{ type: 'text', text: result }],
          })),
        })
    },
  })
  return JSON.stringify({ id, messages }, null, 2)
}

/** Each request carries the whole conversation so far; tools have spans of their own. No times: the order tells. */
const otel: Writer = (id, exchanges) => {
  const spans: JsonObject[] = []
  const history: JsonObject[] = []
  const span = (attributes: Readonly<Record<string, string>>) =>
    spans.push({
      traceId: 't1',
      spanId: `s${spans.length}`,
      attributes: Object.entries({ 'gen_ai.conversation.id': id, ...attributes }).map(
        ([key, stringValue]) => ({
          key,
          value: { stringValue },
        }),
      ),
    })
  numbered(exchanges, {
    user: (content) => history.push({ role: 'user', parts: [{ type: 'text', content }] }),
    answer: (text, calls) => {
      const answer = {
        role: 'assistant',
        parts: [
          ...(text === undefined ? [] : [{ type: 'text', content: text }]),
          ...calls.map(({ call, tool, args }) => ({
            type: 'tool_call',
            id: call,
            name: tool,
            arguments: args,
          })),
        ],
      }
      span({
        'gen_ai.operation.name': 'chat',
        'gen_ai.input.messages': JSON.stringify(history),
        'gen_ai.output.messages': JSON.stringify([{ ...answer, finish_reason: 'stop' }]),
      })
      history.push(answer)
      for (const { call, tool, args, result } of calls) {
        span({
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': tool,
          'gen_ai.tool.call.id': call,
          'gen_ai.tool.call.arguments': JSON.stringify(args),
          'gen_ai.tool.call.result': result,
        })
        history.push({ role: 'tool', parts: [{ type: 'tool_call_response', id: call, response: result }] })
      }
    },
  })
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
}

const steps: Writer = (id, exchanges) =>
  stepsOf(id, exchanges)
    .map((step) => JSON.stringify(step))
    .join('\n')

const WRITERS: Readonly<Record<Exclude<Format, 'fleet'>, Writer>> = {
  events,
  openai,
  anthropic,
  otel,
  steps,
}

export const STARTS_AT = Date.parse('2026-01-01T12:00:00Z')

/** What every spelling must give: the clerk hears `request` from the customer and answers. */
export function stepsOf(id: string, exchanges: readonly Exchange[]): Step[] {
  const list: Step[] = []
  let turn = 0
  let acting = false
  const add = (step: Pick<Step, 'kind' | 'name' | 'fields' | 'peer'>, acts: boolean) => {
    if (!acts || !acting) turn++
    acting = acts
    const { peer, ...rest } = step
    list.push({
      agent: 'clerk',
      actor: `${id}/clerk`,
      conversation: id,
      turn,
      at: STARTS_AT + list.length * 1_000,
      ...rest,
      ...(peer === undefined ? {} : { peer }),
    })
  }
  for (const { user, answers } of exchanges) {
    add({ kind: 'receives', name: 'request', fields: { text: user }, peer: 'customer' }, false)
    for (const { text, calls } of answers) {
      if (text !== undefined) add({ kind: 'answers', name: '', fields: { text }, peer: 'customer' }, true)
      for (const { tool, args } of calls) add({ kind: 'calls', name: tool, fields: args }, true)
      for (const { tool, result } of calls)
        if (result.startsWith('Error:')) add({ kind: 'fails', name: tool, fields: { error: result } }, false)
        else add({ kind: 'result', name: tool, fields: fieldsOf(result) }, false)
    }
  }
  return list
}

function fieldsOf(result: string): JsonObject {
  if (!result.startsWith('{') && !result.startsWith('[')) return { value: result }
  const value: Json = JSON.parse(result)
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : { value }
}

interface Telling {
  user(text: string): void
  answer(text: string | undefined, calls: readonly (Call & { readonly call: string })[]): void
}

/** Tells the conversation with an id for each call. */
function numbered(exchanges: readonly Exchange[], to: Telling): void {
  let count = 0
  for (const { user, answers } of exchanges) {
    to.user(user)
    for (const { text, calls } of answers)
      to.answer(
        text,
        calls.map((call) => ({ ...call, call: `call_${++count}` })),
      )
  }
}
