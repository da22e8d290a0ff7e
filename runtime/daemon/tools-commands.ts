/** `parapet tools …`: what tools there are, as listings that policies read. `parapet mcp`: a fleet as tools for others. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Command, InvalidArgumentError } from 'commander'
import type { McpPlace } from '#runtime/tools/mcp/link.ts'
import { DATA_ROOT } from './command.ts'
import type { CommandLine } from './policy-commands.ts'
import { httpPlaceOf } from './ports.ts'
import { type Problem, problem } from './problem.ts'
import { whoIsHere } from './who.ts'

interface Flags {
  readonly stdio?: string
  readonly http?: string
  readonly header: Readonly<Record<string, string>>
}

/** Seconds that a call of an MCP client waits for its answer: less than clients commonly wait. */
const WAIT_SECONDS = 50

export function toolsCommands(program: Command, line: CommandLine): void {
  const { out, write, report, setCode } = line
  mcpCommand(program, line)
  const tools = program.command('tools').description('tools as vocabulary: what servers and modules list')

  const withPlace = (command: Command): Command =>
    command
      .option('--stdio <command>', 'an MCP server that is started and spoken to over its input and output')
      .option('--http <url>', 'an MCP server at a URL (streamable HTTP)')
      .option('--header <name=value>', 'sent with every request (repeatable)', headerOf, {})

  withPlace(tools.command('pull'))
    .description('write what a server, or a module of tools, lists now: review it, pin it beside the policy')
    .option('--module <file>', 'a TypeScript module that exports tools made by `defineTool`')
    .option('--prefix <text>', 'before every name, so that two servers may have tools of one name', '')
    .addHelpText(
      'after',
      '\nExample:\n  parapet tools pull --stdio "npx -y @modelcontextprotocol/server-everything stdio" > everything.tools.json\n',
    )
    .action(async (flags: Flags & { module?: string; prefix: string }) => {
      const text = await pulled(flags)
      if (typeof text === 'string') out.write(text)
      else report(text)
    })

  withPlace(tools.command('diff'))
    .description('how a server differs from its pinned listing; exit code 1 if it does')
    .argument('<listing>', 'as `parapet tools pull` wrote it')
    .action(async (file: string, flags: Flags) => {
      const drift = await compared(file, flags)
      if ('kind' in drift) return void report(drift)
      for (const line of drift.lines) write(line)
      if (drift.lines.length === 0) write('as pinned')
      else setCode(1)
    })
}

function mcpCommand(program: Command, { report, stop, version }: CommandLine): void {
  program
    .command('mcp')
    .description('serve a running fleet over MCP: its tools send messages to agents, its policy judges them')
    .argument('<fleet>', 'fleet file of a fleet that `parapet up` runs')
    .option('--http <place>', 'over HTTP, with tokens: PORT on this machine, or HOST:PORT', httpPlaceOf)
    .option('--from <name>', 'who the clients are, as the policy calls them', 'customer')
    .option('--wait <seconds>', 'how long a call waits for its answer', secondsOf, WAIT_SECONDS)
    .option('--as <name>', 'who asks, over standard input and output (also PARAPET_AS)', whoIsHere())
    .option('--data <dir>', 'where data is kept', DATA_ROOT)
    .addHelpText('after', '\nExample:\n  parapet mcp examples/04-refunds/fleet.ts\n')
    .action(
      async (
        fleetFile: string,
        flags: {
          http?: { host: string; port: number }
          from: string
          wait: number
          as: string
          data: string
        },
      ) => {
        const { mcp } = await import('./mcp.ts')
        stop.listen(undefined)
        const { http, from, wait, as, data } = flags
        const natsUrl = process.env['NATS_URL']
        const options = { fleetFile, dataRoot: resolve(data), natsUrl, from, as, waitMs: wait * 1000 }
        // The standard output is the protocol's.
        const say = (text: string) => process.stderr.write(`${text}\n`)
        report(await mcp({ ...options, http, version }, say, stop.signal))
      },
    )
}

async function pulled(flags: Flags & { module?: string; prefix: string }): Promise<string | Problem> {
  try {
    if (flags.module !== undefined) return await listedBy(flags.module)
    const place = placeOf(flags)
    if (!place) return NO_PLACE
    const { pullListing } = await import('#runtime/tools/mcp/pull.ts')
    return await pullListing(place, flags.prefix)
  } catch (cause) {
    return problem('D0080', cause instanceof Error ? cause.message : String(cause))
  }
}

async function compared(file: string, flags: Flags): Promise<{ lines: string[] } | Problem> {
  const place = placeOf(flags)
  if (!place) return NO_PLACE
  const { readListing, driftInWords } = await import('#runtime/tools/mcp/listing.ts')
  const { compareListing } = await import('#runtime/tools/mcp/pull.ts')
  try {
    const pinned = readListing(readFileSync(file, 'utf8'))
    if (!pinned) return problem('D0080', `${file} is no listing of tools`, { where: file })
    return { lines: (await compareListing(place, pinned)).map(driftInWords) }
  } catch (cause) {
    return problem('D0080', cause instanceof Error ? cause.message : String(cause))
  }
}

/** Every tool that the module exports, by itself or in a list. */
async function listedBy(file: string): Promise<string> {
  const { isTool, listingOf } = await import('#runtime/tools/tool.ts')
  const module = (await import(pathToFileURL(resolve(file)).href)) as Readonly<Record<string, unknown>>
  const found = Object.values(module).flat(1).filter(isTool)
  if (found.length === 0) throw new TypeError(`${file} exports no tool made by \`defineTool\``)
  return `${JSON.stringify(listingOf(found), null, 2)}\n`
}

const NO_PLACE = problem('D0080', 'it is not said which server', {
  help: 'name it with --stdio "COMMAND" or --http URL',
})

function placeOf({ stdio, http, header }: Flags): McpPlace | undefined {
  if (http !== undefined) return { kind: 'http', url: http, headers: header }
  const [command, ...args] = wordsOf(stdio ?? '')
  return command === undefined ? undefined : { kind: 'stdio', command, args }
}

/** As a shell would cut it, as far as quotes go; nothing is expanded. */
export function wordsOf(line: string): string[] {
  return Array.from(line.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g), ([word]) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  )
}

function secondsOf(text: string): number {
  const seconds = Number(text)
  if (Number.isFinite(seconds) && seconds >= 0 && seconds <= 3600) return seconds
  throw new InvalidArgumentError('seconds from 0 to 3600')
}

function headerOf(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const cut = text.indexOf('=')
  if (cut < 1) throw new InvalidArgumentError('a header is written NAME=VALUE')
  return { ...before, [text.slice(0, cut)]: text.slice(cut + 1) }
}
