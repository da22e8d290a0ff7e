/**
 * What the fleet's side of a tool costs: the same tool of a real MCP server, over its standard input and output, called by the
 * SDK's client alone and through the pinned listing with both schemas; and code in the sandbox. `node bench/tools.ts`
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { z } from 'zod'
import type { JsonObject } from '#dsl/judge/step.ts'
import type { CallContext, ToolExecutor } from '#runtime/fleet/definition.ts'
import { openMcpTools } from '#runtime/tools/mcp/client.ts'
import { pullListing } from '#runtime/tools/mcp/pull.ts'
import { sandboxedTool } from '#runtime/tools/sandbox/sandbox.ts'
import { fromJsonSchema, fromZod } from '#runtime/tools/schema.ts'
import { defineTool } from '#runtime/tools/tool.ts'

const CALLS = 300
const ROUNDS = 5
const SERVER = join(
  import.meta.dirname,
  '../node_modules/@modelcontextprotocol/server-everything/dist/index.js',
)
const server = { command: process.execPath, args: [SERVER, 'stdio'] }
/** Of one call, as the fleet makes it. */
function context(): CallContext {
  return { conversation: 'c', agent: 'c/a', key: 'p0.1.0', at: 0, signal: new AbortController().signal }
}

/** Microseconds a call, the median of the rounds. */
async function timed(call: () => unknown): Promise<number> {
  const rounds: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now()
    for (let i = 0; i < CALLS; i++) await call()
    // The first one warms.
    if (round > 0) rounds.push(((performance.now() - start) / CALLS) * 1000)
  }
  return rounds.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!
}

async function well(execute: ToolExecutor, args: JsonObject): Promise<void> {
  const outcome = await execute(args, context())
  if (outcome.kind === 'failed') throw new Error(outcome.error)
}

function shown(name: string, us: number, raw: number): void {
  console.log(
    `${name.padEnd(34)} ${us.toFixed(1).padStart(9)} µs a call  ${(us / raw).toFixed(2).padStart(8)} ×`,
  )
}

const dir = mkdtempSync(join(tmpdir(), 'parapet-bench-tools-'))
const client = new Client({ name: 'bench', version: '1' })
await client.connect(new StdioClientTransport({ ...server, stderr: 'ignore' }))
const listing = join(dir, 'any.tools.json')
writeFileSync(listing, await pullListing({ kind: 'stdio', ...server }, ''))
const pinned = await openMcpTools({ place: { kind: 'stdio', ...server }, listing })
const args = { location: 'Chicago' }
const raw = await timed(() => client.callTool({ name: 'get-structured-content', arguments: args }))
shown('MCP, the SDK alone', raw, raw)
shown('MCP, pinned and judged', await timed(() => well(pinned.tools['get-structured-content']!, args)), raw)
await client.close()
await pinned.close()

const plain = ({ a }: { a: number }) => ({ kind: 'ok', value: a + 1 }) as const
const judged = defineTool({
  name: 'plus',
  description: 'Adds one.',
  takes: fromZod(z.strictObject({ a: z.number() })),
  returns: fromZod(z.number()),
  run: plain,
})
const bare = await timed(() => plain({ a: 1 }))
shown('a function', bare, bare)
shown('with both schemas', await timed(() => well(judged.execute, { a: 1 })), bare)

const boxed = sandboxedTool({
  name: 'plus',
  description: 'Adds one.',
  takes: fromJsonSchema({ type: 'object' }),
  code: '({ a }) => a + 1',
  limits: { processesMax: 1 },
})
shown('in the sandbox', await timed(() => well(boxed.execute, { a: 1 })), bare)
boxed.close()
rmSync(dir, { recursive: true, force: true })
