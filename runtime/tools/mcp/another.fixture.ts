/**
 * A server in another style than the ones from the registry, over HTTP with sessions, written with the SDK's own classes: results of
 * every kind (structured, links, embedded resources, pictures, errors of the tool and of the protocol), tools that change while it runs.
 */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'

export interface Another {
  readonly url: string
  /** Sessions that were begun and have not been ended by the client. */
  readonly sessions: number
  /** `weather` has another description from now on; whoever is connected is told. */
  reword(description: string): void
  /** Forgets all sessions, as a server does that was started anew. */
  forget(): void
  /** Answers every call with this status of HTTP. */
  turnAway(status: number | undefined): void
  close(): Promise<void>
}

const text = (words: string) => ({ type: 'text', text: words }) as const

function offer(server: McpServer, description: string): { update(description: string): void } {
  const weather = server.registerTool(
    'weather',
    {
      description,
      inputSchema: { city: z.string() },
      outputSchema: { city: z.string(), degrees: z.number(), tags: z.array(z.string()).optional() },
      annotations: { readOnlyHint: true },
    },
    ({ city }) => ({
      content: [text(`It is 12 degrees in ${city}.`)],
      structuredContent: { city, degrees: 12 },
    }),
  )
  const kinds: Readonly<Record<string, () => CallToolResult | Promise<CallToolResult>>> = {
    links: () => ({
      content: [
        text('Two reports.'),
        { type: 'resource_link', uri: 'file:///a.md', name: 'a', mimeType: 'text/markdown' },
        { type: 'resource', resource: { uri: 'file:///b.md', mimeType: 'text/markdown', text: '# B' } },
        text('The second one is short.'),
      ],
    }),
    picture: () => ({ content: [{ type: 'image', data: 'aGk=', mimeType: 'image/png' }] }),
    refusal: () => ({ isError: true, content: [text('no such city'), text('try Rome')] }),
    silence: () => ({ isError: true, content: [] }),
    nothing: () => ({ content: [] }),
    crash: () => {
      throw new Error('disk full')
    },
  }
  for (const [name, give] of Object.entries(kinds)) server.registerTool(name, { description: name }, give)
  return { update: (to) => weather.update({ description: to }) }
}

export async function another(): Promise<Another> {
  const sessions = new Map<string, { transport: StreamableHTTPServerTransport; update(to: string): void }>()
  let said = 'The weather.'
  let turnedAway: number | undefined
  const http = createServer(async (request, response) => {
    const id = request.headers['mcp-session-id']
    const known = typeof id === 'string' ? sessions.get(id) : undefined
    if (known && turnedAway !== undefined) return void response.writeHead(turnedAway).end()
    if (known) return void (await known.transport.handleRequest(request, response))
    if (id !== undefined) return void response.writeHead(404).end()
    const server = new McpServer({ name: 'another', version: '1' })
    const offered = offer(server, said)
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (session) => void sessions.set(session, { transport, update: offered.update }),
      onsessionclosed: (session) => void sessions.delete(session),
    })
    // The SDK's class and its own interface differ under exactOptionalPropertyTypes.
    await server.connect(transport as Transport)
    await transport.handleRequest(request, response)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    get sessions() {
      return sessions.size
    },
    reword(description) {
      said = description
      for (const { update } of sessions.values()) update(description)
    },
    turnAway(status) {
      turnedAway = status
    },
    forget: () => sessions.clear(),
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
      }),
  }
}
