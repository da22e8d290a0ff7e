/**
 * One connection to an MCP server, over its standard input and output or over HTTP: opened when it is needed, opened
 * again after it broke. The owner of the SDK's client.
 *
 * Invariants:
 * 1. What comes in is bounded: a message in bytes, a listing in tools, a wait in time.
 * 2. The server is offered nothing: no sampling, no questions to people, no roots.
 * 3. Nothing the server sends is compiled: schemas are judged by ours, the SDK's validators stay unused.
 */
import type { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import {
  StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  CallToolResultSchema,
  ErrorCode,
  ListToolsResultSchema,
  McpError,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { NotJson, toJson } from '#runtime/kernel/json.ts'
import { boundedFetch } from './bounded-fetch.ts'
import { inTurn } from './in-turn.ts'
import { LISTED_MAX, type ListedTool, listedTool } from './listing.ts'

/** Where a server is. */
export type McpPlace =
  | {
      readonly kind: 'stdio'
      readonly command: string
      readonly args?: readonly string[]
      /** All it gets besides HOME, LOGNAME, PATH, SHELL, TERM and USER. */
      readonly env?: Readonly<Record<string, string>>
      readonly cwd?: string
    }
  | {
      readonly kind: 'http'
      readonly url: string
      /** A bearer token, say; held here, seen by no agent. */
      readonly headers?: Readonly<Record<string, string>>
    }

export interface LinkOptions {
  readonly place: McpPlace
  /** To connect and to list. A call has its own deadline, the fleet's. */
  readonly connectTimeoutMs: number
  /** One message of the server, in bytes. */
  readonly messageBytesMax: number
  /** The server says that its tools have changed. */
  readonly onListChanged: () => void
}

/** A server is told that it may forget the session; whether it has heard is not waited for longer. */
const GOODBYE_TIMEOUT_MS = 1_000
const CLIENT = { name: 'parapet', version: '0.1.0' }
/** The end of what a server wrote to its standard error, kept for messages. */
const STDERR_CHARS_KEPT = 500
const PAGES_MAX = 100
/** The fleet's deadline aborts the signal long before; the SDK wants a number. */
const NEVER_MS = 2 ** 31 - 1

/** Nothing was sent: the server cannot be reached, or does not speak the protocol. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

/** The server knows nothing of this session any more, as after a start: what was sent in it was not done. */
export class SessionOver extends Unreachable {}

export class McpLink {
  readonly #options: LinkOptions
  #client: Promise<Client> | undefined
  #stderr = ''
  /** Why the connection broke, where anybody said. */
  #trouble = ''
  #endSession: (() => Promise<void>) | undefined
  #closed = false

  constructor(options: LinkOptions) {
    this.#options = options
  }

  /** True when there is no connection, so that the next question opens one. */
  get isDown(): boolean {
    return this.#client === undefined
  }

  async server(): Promise<JsonObject> {
    const { name = '', version = '' } = (await this.#open()).getServerVersion() ?? {}
    return { name, version }
  }

  /** All pages. Rejects when the server does not answer in time or lists too much. */
  async list(): Promise<ListedTool[]> {
    const client = await this.#open()
    const tools: ListedTool[] = []
    let cursor: string | undefined
    for (let page = 0; page < PAGES_MAX; page++) {
      const listed = await client
        .request(
          { method: 'tools/list', params: cursor === undefined ? {} : { cursor } },
          ListToolsResultSchema,
          { timeout: this.#options.connectTimeoutMs },
        )
        .catch((cause: unknown) => {
          throw new Error(`${placeInWords(this.#options.place)}: ${this.#wordsOf(cause)}`, { cause })
        })
      for (const one of listed.tools) {
        const tool = listedTool(jsonOf(one))
        if (tool) tools.push(tool)
      }
      if (tools.length > LISTED_MAX) throw new Error(`the server lists over ${LISTED_MAX} tools`)
      cursor = listed.nextCursor
      if (cursor === undefined) return tools
    }
    throw new Error(`the server's listing has over ${PAGES_MAX} pages`)
  }

  /**
   * `meta` travels as the request's `_meta`. Aborting tells the server that nobody waits any more. Never opens a
   * connection: who answers there has not been asked for its listing.
   */
  async call(tool: string, args: JsonObject, meta: JsonObject, signal: AbortSignal): Promise<JsonObject> {
    const opened = this.#client
    if (!opened) throw new Unreachable(`${placeInWords(this.#options.place)}: the connection broke`)
    const client = await opened
    const params = { name: tool, arguments: args, _meta: meta }
    try {
      const result = await client.request({ method: 'tools/call', params }, CallToolResultSchema, {
        signal,
        timeout: NEVER_MS,
      })
      const json = jsonOf(result)
      return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {}
    } catch (cause) {
      if (cause instanceof McpError && cause.code === ErrorCode.ConnectionClosed)
        throw new Error(`the connection to the server broke${this.#why}`, { cause })
      // HTTP tells of a server that was started anew only by refusing what is sent to the old one.
      if (!(cause instanceof McpError) && !signal.aborted) {
        this.#drop(opened)
        await client.close()
      }
      throw notSent(cause) ?? cause
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const client = await this.#client?.catch(() => undefined)
    this.#client = undefined
    if (client) await this.#endSession?.()
    await client?.close()
  }

  #open(): Promise<Client> {
    if (this.#closed) return Promise.reject(new Unreachable('the connection was closed'))
    if (this.#client) return this.#client
    const opening = this.#connect()
    this.#client = opening
    // The next question tries again.
    opening.catch(() => this.#drop(opening))
    return opening
  }

  async #connect(): Promise<Client> {
    const client = new Client(CLIENT, { capabilities: {} })
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => this.#options.onListChanged())
    client.onerror = ({ message }) => {
      this.#trouble ||= /exceeded maximum size/.test(message) ? this.#tooLarge : message
    }
    this.#trouble = ''
    this.#stderr = ''
    // Ends every call that waits on this connection.
    const transport = this.#transport(() => {
      this.#trouble = this.#tooLarge
      void client.close()
    })
    try {
      await client.connect(transport, { timeout: this.#options.connectTimeoutMs })
    } catch (cause) {
      await client.close()
      const said = this.#stderr.trim()
      const words = this.#wordsOf(cause)
      throw new Unreachable(`${placeInWords(this.#options.place)}: ${words}${said && `; it said: ${said}`}`, {
        cause,
      })
    }
    const opened = this.#client
    client.onclose = () => this.#drop(opened)
    return client
  }

  get #tooLarge(): string {
    return `a message of over ${this.#options.messageBytesMax} bytes (\`messageBytesMax\`)`
  }

  #wordsOf(cause: unknown): string {
    if (cause instanceof McpError && cause.code === ErrorCode.RequestTimeout)
      return `no answer within ${this.#options.connectTimeoutMs / 1_000} seconds (\`connectTimeoutMs\`)`
    if (isMalformed(cause)) return 'it answered with what is not of the protocol'
    return cause instanceof Error ? cause.message : String(cause)
  }

  get #why(): string {
    return this.#trouble && `: ${this.#trouble}`
  }

  #drop(client: Promise<Client> | undefined): void {
    if (this.#client === client) this.#client = undefined
  }

  #transport(onExceeded: () => void): Transport {
    const { place, messageBytesMax } = this.#options
    if (place.kind === 'http') {
      const transport = new StreamableHTTPClientTransport(new URL(place.url), {
        fetch: boundedFetch(messageBytesMax, onExceeded),
        ...(place.headers && { requestInit: { headers: { ...place.headers } } }),
      })
      this.#endSession = async () => {
        const ended = transport.terminateSession().catch(() => {
          // A server that is gone has no session any more.
        })
        await Promise.race([ended, setTimeout(GOODBYE_TIMEOUT_MS, undefined, { ref: false })])
      }
      // The SDK's class and its own interface differ under exactOptionalPropertyTypes.
      return transport as Transport
    }
    const { command, args, env, cwd } = place
    const transport = new StdioClientTransport({
      command,
      args: [...(args ?? [])],
      ...(env && { env: { ...env } }),
      ...(cwd !== undefined && { cwd }),
      stderr: 'pipe',
      maxBufferSize: messageBytesMax,
    })
    const errors = transport.stderr as Readable | null
    errors?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_CHARS_KEPT)
    })
    return inTurn(transport)
  }
}

export function placeInWords(place: McpPlace): string {
  if (place.kind === 'http') return place.url
  return [place.command, ...(place.args ?? [])].join(' ')
}

/** The SDK reads answers by zod schemas, whose errors are lists of issues. */
export function isMalformed(cause: unknown): boolean {
  return cause instanceof Error && /ZodError$/.test(cause.constructor.name)
}

/** What the server has turned away before it read it, or could not be given; undefined when nobody can tell. */
function notSent(cause: unknown): Unreachable | undefined {
  if (cause instanceof StreamableHTTPError) {
    const { code = 0 } = cause
    if (code === 404) return new SessionOver('the server has forgotten the session', { cause })
    return code >= 400 && code < 500
      ? new Unreachable(`the server turned it away (HTTP ${code})`, { cause })
      : undefined
  }
  const reason = cause instanceof TypeError ? cause.cause : undefined
  const isRefused = reason instanceof Error && 'code' in reason && reason.code === 'ECONNREFUSED'
  return isRefused ? new Unreachable('nobody listens there', { cause }) : undefined
}

function jsonOf(value: unknown): Json {
  const json = toJson(value)
  return json instanceof NotJson ? null : json
}
