/**
 * Tools of an MCP server as executors of a fleet's world:
 *
 *   const orders = await openMcpTools({ place: { kind: 'stdio', command: 'orders-server' }, listing: 'orders.tools.json' })
 *   return { tools: { ...orders.tools }, notices: orders.notices, close: orders.close }
 *
 * The listing is the file that the policy reads with `use tools from "…"`. Before a call can be made, now and after every
 * new connection, the server's own listing is compared with it: a tool that is not as pinned is never called.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { CallContext, Outcome, ToolExecutor } from '#runtime/fleet/definition.ts'
import { atMost, type Room } from '../at-most.ts'
import { fromJsonSchema } from '../schema.ts'
import { checkedResult, TOOL_RESULT_CHARS_MAX } from '../tool.ts'
import { CONNECT_TIMEOUT_MS, KEY_META, MESSAGE_BYTES_MAX } from './limits.ts'
import { isMalformed, McpLink, type McpPlace, placeInWords, SessionOver, Unreachable } from './link.ts'
import {
  type Drift,
  declaresResult,
  driftInWords,
  driftOf,
  type ListedTool,
  type Listing,
  readListing,
} from './listing.ts'

export interface McpToolsOptions {
  readonly place: McpPlace
  /** Path of the pinned listing, as `parapet tools pull` wrote it. */
  readonly listing: string
  /** At the start: `refuse` throws when a pinned tool is gone or changed; `warn` starts without it. */
  readonly onDrift?: 'refuse' | 'warn'
  readonly connectTimeoutMs?: number
  readonly messageBytesMax?: number
  readonly resultCharsMax?: number
  /** Told why the server cannot be reached while the fleet runs; the world's own `notice`, say. */
  readonly notice?: (text: string) => void
  /** How many calls of a tool at once, by its name in the listing. */
  readonly room?: Readonly<Record<string, Partial<Room>>>
}

export interface McpTools {
  /** By their names in the listing. */
  readonly tools: Readonly<Record<string, ToolExecutor>>
  /** What differs from the listing, in words. */
  readonly notices: readonly string[]
  close(): Promise<void>
}

/** Throws when the listing cannot be read, the server cannot be reached, or has drifted and that is refused. */
export async function openMcpTools(options: McpToolsOptions): Promise<McpTools> {
  const listing = readListing(readFileSync(options.listing, 'utf8'))
  if (!listing) throw new TypeError(`${options.listing} is no listing of tools`)
  const server = new PinnedServer(options, listing)
  try {
    const drift = await server.compare()
    const grave = drift.filter(({ kind }) => kind !== 'new')
    const where = placeInWords(options.place)
    if (grave.length > 0 && options.onDrift !== 'warn')
      throw new Error(
        `the tools of ${where} are not those of ${options.listing}: ${grave.map(driftInWords).join('; ')}. ` +
          'Pull the listing again (`parapet tools pull`), review what changed, and check the policy',
      )
    const charsMax = options.resultCharsMax ?? TOOL_RESULT_CHARS_MAX
    const entries = listing.tools.map((tool): [string, ToolExecutor] => {
      const name = listing.prefix + tool.name
      return [name, atMost(options.room?.[name] ?? {}, server.executor(tool, name, charsMax))]
    })
    return {
      tools: Object.fromEntries(entries),
      notices: drift.map((each) => `${where}: ${driftInWords(each)}`),
      close: () => server.close(),
    }
  } catch (cause) {
    await server.close()
    throw cause
  }
}

class PinnedServer {
  readonly #link: McpLink
  readonly #listing: Listing
  readonly #notice: ((text: string) => void) | undefined
  /** Of the last comparison, by tool; undefined when it has to be made again. */
  #drift: Promise<ReadonlyMap<string, Drift>> | undefined

  constructor(options: McpToolsOptions, listing: Listing) {
    this.#listing = listing
    this.#notice = options.notice
    this.#link = new McpLink({
      place: options.place,
      connectTimeoutMs: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
      messageBytesMax: options.messageBytesMax ?? MESSAGE_BYTES_MAX,
      onListChanged: () => {
        this.#drift = undefined
      },
    })
  }

  async compare(): Promise<Drift[]> {
    return Array.from((await this.#compared()).values())
  }

  /** `name`: as the policy calls it. */
  executor(tool: ListedTool, name: string, charsMax: number): ToolExecutor {
    const takes = fromJsonSchema(tool.inputSchema)
    const returns = fromJsonSchema(tool.outputSchema)
    return async (args, context) => {
      const read = takes.read(args)
      if (read.kind === 'unfit')
        return { kind: 'failed', error: `\`${name}\` was not called: ${read.faults.join('; ')}` }
      const outcome = await this.#call(tool, args, context)
      return checkedResult(name, outcome, returns, charsMax)
    }
  }

  close(): Promise<void> {
    return this.#link.close()
  }

  /** `anew`: once more, in a session of a server that has forgotten the one before. */
  async #call(tool: ListedTool, args: JsonObject, context: CallContext, anew = false): Promise<Outcome> {
    try {
      const drift = (await this.#compared()).get(tool.name)
      if (drift) return { kind: 'failed', error: `not called: ${driftInWords(drift)} since it was pinned` }
    } catch (cause) {
      // Its command, its address and what it wrote are for whoever runs the fleet: models read what comes of calls.
      this.#notice?.(wordsOf(cause))
      return { kind: 'failed', error: 'not called: the server cannot be reached' }
    }
    let result: JsonObject
    try {
      result = await this.#link.call(tool.name, args, { [KEY_META]: idempotencyKey(context) }, context.signal)
    } catch (cause) {
      if (cause instanceof SessionOver && !anew) return this.#call(tool, args, context, true)
      return { kind: 'failed', error: wordsOf(cause), ...(wasNotDone(cause) ? {} : { cameAbout: 'unknown' }) }
    }
    if (result['isError'] === true)
      return { kind: 'failed', error: textOf(result) || 'the tool says it failed' }
    const value = declaresResult(tool) ? (result['structuredContent'] ?? null) : textResult(result)
    return { kind: 'ok', value }
  }

  /** Made once for each connection and each change that the server tells of. */
  #compared(): Promise<ReadonlyMap<string, Drift>> {
    if (this.#link.isDown) this.#drift = undefined
    if (this.#drift) return this.#drift
    const made = this.#link
      .list()
      .then((live) => new Map(driftOf(this.#listing.tools, live).map((drift) => [drift.tool, drift])))
    this.#drift = made
    made.catch(() => {
      if (this.#drift === made) this.#drift = undefined
    })
    return made
  }
}

/**
 * The same for the same intent, also after a crash, and another for any other, also of another fleet: places in a log are
 * unique within it only.
 */
function idempotencyKey({ conversation, agent, key, at }: CallContext): string {
  return createHash('sha256')
    .update(JSON.stringify([conversation, agent, key, at]))
    .digest('hex')
    .slice(0, 32)
}

/** As `TEXT_RESULT` has it. */
function textResult(result: JsonObject): Json {
  const { content } = result
  const text = textOf(result)
  const more = Array.isArray(content) ? content.filter((part) => textPart(part) === undefined) : []
  return more.length === 0 ? { text } : { text, content: more }
}

function textOf({ content }: JsonObject): string {
  return Array.isArray(content) ? content.flatMap((part) => textPart(part) ?? []).join('\n') : ''
}

function textPart(part: Json): string | undefined {
  if (typeof part !== 'object' || part === null || Array.isArray(part) || part['type'] !== 'text')
    return undefined
  return typeof part['text'] === 'string' ? part['text'] : undefined
}

/** The server refused the request itself, or was never sent it. */
function wasNotDone(cause: unknown): boolean {
  if (cause instanceof Unreachable) return true
  return (
    cause instanceof McpError &&
    (cause.code === ErrorCode.InvalidParams ||
      cause.code === ErrorCode.MethodNotFound ||
      cause.code === ErrorCode.InvalidRequest)
  )
}

function wordsOf(cause: unknown): string {
  if (isMalformed(cause)) return 'the server answered with what is no result of a call'
  return cause instanceof Error ? cause.message : String(cause)
}
