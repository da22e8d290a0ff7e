/** A real HTTP server on loopback that speaks the OpenAI-compatible and the Anthropic wire formats, as badly as a test wants. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Json, JsonObject } from '#dsl/judge/step.ts'

export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly parts: readonly string[]
  /** After the last part: the end, a cut line, or nothing more. */
  readonly ending?: 'end' | 'cut' | 'silence'
}

export interface Asked {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: JsonObject
}

export interface WireServer {
  readonly url: string
  readonly asked: readonly Asked[]
  /** Once the server has sent what it sends to its nth request, from 1. */
  sent(nth: number): Promise<void>
  /** Once the client has left its nth request. */
  left(nth: number): Promise<void>
  close(): Promise<void>
}

export async function wireServer(
  reply: (asked: Asked, nth: number) => Reply | Promise<Reply>,
): Promise<WireServer> {
  const asked: Asked[] = []
  const sent = signals()
  const left = signals()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const body: JsonObject = JSON.parse(Buffer.concat(chunks).toString('utf8'))
      const one = { path: request.url ?? '', headers: request.headers, body }
      const nth = asked.push(one)
      response.on('close', () => left.fire(nth))
      const { status = 200, headers = {}, parts, ending = 'end' } = await reply(one, nth)
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.flushHeaders()
      for (const part of parts) response.write(part)
      if (ending === 'end') response.end(() => sent.fire(nth))
      else if (ending === 'cut') response.write('', () => response.destroy())
      else sent.fire(nth)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    sent: sent.fired,
    left: left.fired,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function signals() {
  const all = new Map<number, PromiseWithResolvers<void>>()
  const of = (nth: number) => {
    const signal = all.get(nth) ?? Promise.withResolvers<void>()
    all.set(nth, signal)
    return signal
  }
  return { fire: (nth: number) => of(nth).resolve(), fired: (nth: number) => of(nth).promise }
}

/** What a provider says, whichever its wire. */
export interface Saying {
  readonly text?: string
  readonly call?: { readonly id: string; readonly tool: string; readonly args: string }
  /** Left out where a provider counts nothing. */
  readonly usage?: { readonly input: number; readonly output: number }
}

export interface Wire {
  readonly name: 'openai' | 'anthropic'
  whole(saying: Saying): Reply
  /** `upTo`: events that are sent before `ending`. */
  stream(saying: Saying, upTo?: number, ending?: Reply['ending']): Reply
  error(status: number, message: string, headers?: Reply['headers']): Reply
  /** The text of the last message, as it came over the line. */
  heard(body: JsonObject): string
}

const SSE = { 'content-type': 'text/event-stream' }

function event(data: Json, name?: string): string {
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
}

export const openAi: Wire = {
  name: 'openai',
  whole({ text, call, usage }) {
    const message = {
      role: 'assistant',
      content: text ?? null,
      ...(call && { tool_calls: [openAiCall(call)] }),
    }
    return {
      parts: [
        JSON.stringify({
          id: 'c1',
          model: 'm',
          created: 0,
          choices: [{ index: 0, message, finish_reason: call ? 'tool_calls' : 'stop' }],
          ...(usage && { usage: { prompt_tokens: usage.input, completion_tokens: usage.output } }),
        }),
      ],
    }
  },
  stream({ text = '', call, usage }, upTo, ending = 'end') {
    const chunk = (delta: JsonObject, finish: Json = null) =>
      event({ id: 'c1', model: 'm', created: 0, choices: [{ index: 0, delta, finish_reason: finish }] })
    const events = [
      ...piecesOf(text).map((content) => chunk({ role: 'assistant', content })),
      ...(call ? [chunk({ tool_calls: [{ index: 0, ...openAiCall(call) }] })] : []),
      chunk({}, call ? 'tool_calls' : 'stop'),
      ...(usage
        ? [event({ choices: [], usage: { prompt_tokens: usage.input, completion_tokens: usage.output } })]
        : []),
      event('[DONE]'),
    ]
    return { headers: SSE, parts: events.slice(0, upTo), ending }
  },
  error: (status, message, headers = {}) => ({
    status,
    headers,
    parts: [JSON.stringify({ error: { message, type: 'error' } })],
  }),
  heard: (body) => lastText(body),
}

export const anthropic: Wire = {
  name: 'anthropic',
  whole({ text, call, usage }) {
    return {
      parts: [
        JSON.stringify({
          type: 'message',
          id: 'm1',
          model: 'm',
          role: 'assistant',
          content: [
            ...(text === undefined ? [] : [{ type: 'text', text }]),
            ...(call
              ? [{ type: 'tool_use', id: call.id, name: call.tool, input: JSON.parse(call.args) }]
              : []),
          ],
          stop_reason: call ? 'tool_use' : 'end_turn',
          stop_sequence: null,
          usage: { input_tokens: usage?.input ?? 0, output_tokens: usage?.output ?? 0 },
        }),
      ],
    }
  },
  stream({ text = '', call, usage }, upTo, ending = 'end') {
    const named = (data: JsonObject & { type: string }) => event(data, data.type)
    const input = { input_tokens: usage?.input ?? 0, output_tokens: 0 }
    const message = {
      id: 'm1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [],
      stop_reason: null,
    }
    const events = [
      named({ type: 'message_start', message: { ...message, stop_sequence: null, usage: input } }),
      named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
      ...piecesOf(text).map((piece) =>
        named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } }),
      ),
      named({ type: 'content_block_stop', index: 0 }),
      ...(call
        ? [
            named({
              type: 'content_block_start',
              index: 1,
              content_block: { type: 'tool_use', id: call.id, name: call.tool, input: {} },
            }),
            named({
              type: 'content_block_delta',
              index: 1,
              delta: { type: 'input_json_delta', partial_json: call.args },
            }),
            named({ type: 'content_block_stop', index: 1 }),
          ]
        : []),
      named({
        type: 'message_delta',
        delta: { stop_reason: call ? 'tool_use' : 'end_turn', stop_sequence: null },
        usage: { output_tokens: usage?.output ?? 0 },
      }),
      named({ type: 'message_stop' }),
    ]
    return { headers: SSE, parts: events.slice(0, upTo), ending }
  },
  error: (status, message, headers = {}) => ({
    status,
    headers,
    parts: [JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message } })],
  }),
  heard: (body) => lastText(body),
}

function openAiCall({ id, tool, args }: NonNullable<Saying['call']>): JsonObject {
  return { id, type: 'function', function: { name: tool, arguments: args } }
}

function piecesOf(text: string): string[] {
  return text.match(/\S+\s*/g) ?? []
}

function lastText(body: JsonObject): string {
  const { messages } = body
  const last = Array.isArray(messages) ? messages.at(-1) : undefined
  return JSON.stringify(last ?? null)
}
