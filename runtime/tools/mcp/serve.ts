/** The fleet as an MCP server: over this process's standard input and output, or over HTTP for many clients. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Readable, Writable } from 'node:stream'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
} from '@modelcontextprotocol/sdk/types.js'
import type { JsonObject } from '#dsl/judge/step.ts'
import { NotJson, toJson } from '#runtime/kernel/json.ts'
import { fromJsonSchema, type Schema } from '../schema.ts'
import { inTurn } from './in-turn.ts'
import { KEY_META, MESSAGE_BYTES_MAX } from './limits.ts'
import { ENVELOPE, HEAR, type Offered, RESULT } from './offered.ts'
import { type FleetDoor, hear, type Said, type Saying, say } from './say.ts'

/** A key of a call; with who asks and the conversation it has to fit into the name of a source. */
const KEY_CHARS_MAX = 64
const CONNECTIONS_MAX = 256

export interface Serving extends Omit<Saying, 'door'> {
  readonly fleet: string
  readonly version: string
  readonly offered: readonly Offered[]
}

/** Resolves when the client has gone. */
export async function serveStdio(
  serving: Serving,
  door: FleetDoor,
  input: Readable,
  output: Writable,
): Promise<{ readonly ended: Promise<void>; close(): Promise<void> }> {
  const server = mcpServer(serving, door)
  const ended = new Promise<void>((resolve) => {
    server.onclose = resolve
    input.once('end', () => void server.close())
  })
  const transport = new StdioServerTransport(input, output, { maxBufferSize: MESSAGE_BYTES_MAX })
  await server.connect(inTurn(transport))
  return { ended, close: () => server.close() }
}

export type HttpServing =
  | { readonly kind: 'listening'; readonly port: number; close(): Promise<void> }
  | { readonly kind: 'refused'; readonly message: string }

/**
 * Every request stands for itself: no sessions, so any number of these may stand behind one address. `doorFor` is given the
 * `Authorization` header and gives nobody a door who shows no token.
 */
export function serveHttp(
  serving: Serving,
  doorFor: (authorization: string | undefined) => FleetDoor | undefined,
  host: string,
  port: number,
): Promise<HttpServing> {
  const server = createServer((request, response) => {
    const door = doorFor(request.headers.authorization)
    // Who goes away in the middle of a question has nobody to be told.
    if (door) answer(serving, door, request, response).catch(() => response.destroy())
    else response.writeHead(401, { 'www-authenticate': 'Bearer' }).end()
  })
  server.maxConnections = CONNECTIONS_MAX
  return new Promise((resolve) => {
    server.once('error', (error) => resolve({ kind: 'refused', message: error.message }))
    server.listen(port, host, () => {
      const address = server.address()
      resolve({
        kind: 'listening',
        port: typeof address === 'object' && address ? address.port : port,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed())
            server.closeAllConnections()
          }),
      })
    })
  })
}

async function answer(
  serving: Serving,
  door: FleetDoor,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Without sessions there is nothing to listen to and nothing to end.
  if (request.method !== 'POST') return void response.writeHead(405, { allow: 'POST' }).end()
  const body = await jsonBody(request)
  if (body === 'too-long') return void response.writeHead(413, { connection: 'close' }).end()
  const server = mcpServer(serving, door)
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
  response.once('close', () => void server.close())
  // The SDK's class and its own interface differ under exactOptionalPropertyTypes.
  await server.connect(transport as Transport)
  await transport.handleRequest(request, response, body)
}

/** Undefined when it is no JSON, which the protocol answers itself. */
async function jsonBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > MESSAGE_BYTES_MAX) return 'too-long'
    chunks.push(chunk as Buffer)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return null
  }
}

function mcpServer(serving: Serving, door: FleetDoor): Server {
  const { fleet, version, offered } = serving
  const server = new Server({ name: fleet, version }, { capabilities: { tools: {} } })
  const schemas = new Map(
    [...offered.map(({ name }) => ({ name, inputSchema: ENVELOPE })), HEAR].map((tool) => [
      tool.name,
      fromJsonSchema(jsonObject(tool.inputSchema)),
    ]),
  )
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: [...offered, HEAR].map(({ name, description, inputSchema }) => ({
      name,
      description,
      inputSchema: { ...inputSchema },
      outputSchema: RESULT,
      annotations: name === HEAR.name ? { readOnlyHint: true } : { idempotentHint: true },
    })),
  }))
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
    const args = readArgs(schemas.get(params.name), params.name, params.arguments)
    const saying = { ...serving, door }
    const tool = offered.find(({ name }) => name === params.name)
    return resultOf(
      tool
        ? await say(saying, tool, spoken(args), keyIn(params._meta), signal)
        : await hear(saying, heardBefore(args), signal),
    )
  })
  return server
}

function readArgs(schema: Schema<unknown> | undefined, tool: string, given: unknown): JsonObject {
  if (!schema) throw new McpError(ErrorCode.InvalidParams, `there is no tool \`${tool}\``)
  const args = jsonObject(given ?? {})
  const read = schema.read(args)
  if (read.kind === 'unfit') throw new McpError(ErrorCode.InvalidParams, read.faults.join('; '))
  return args
}

function spoken({ fields = {}, conversation }: JsonObject) {
  return {
    fields: jsonObject(fields),
    conversation: typeof conversation === 'string' ? conversation : undefined,
  }
}

function heardBefore({ conversation, id, after }: JsonObject) {
  return { conversation: String(conversation), id: String(id), after: typeof after === 'number' ? after : 0 }
}

function keyIn(meta: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const key = meta?.[KEY_META]
  if (key === undefined) return undefined
  if (typeof key === 'string' && key !== '' && key.length <= KEY_CHARS_MAX) return key
  throw new McpError(ErrorCode.InvalidParams, `\`${KEY_META}\` is a text of 1 to ${KEY_CHARS_MAX} characters`)
}

function resultOf(said: Said): CallToolResult {
  if (said.kind === 'failed') return { content: [{ type: 'text', text: said.message }], isError: true }
  const { result, isError } = said
  return {
    content: [{ type: 'text', text: JSON.stringify(result) }],
    structuredContent: result,
    ...(isError && { isError }),
  }
}

function jsonObject(value: unknown): JsonObject {
  const json = toJson(value)
  if (json instanceof NotJson || json === null || typeof json !== 'object' || Array.isArray(json)) return {}
  return json
}
