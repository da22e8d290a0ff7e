/** `parapet mcp FLEET`: a running fleet as an MCP server, over stdio for one client or over HTTP for many. */
import { randomUUID } from 'node:crypto'
import { isLoopback } from '#runtime/control/http.ts'
import { whoShows } from '#runtime/control/people.ts'
import { offeredBy } from '#runtime/tools/mcp/offered.ts'
import { type Serving, serveHttp, serveStdio } from '#runtime/tools/mcp/serve.ts'
import { systemClock } from './clock.ts'
import type { HttpPlace } from './control-plane.ts'
import { loadFleet } from './load.ts'
import { type Problem, problem } from './problem.ts'
import { doorOf, reach } from './reach.ts'

export interface McpOptions {
  readonly fleetFile: string
  readonly dataRoot: string
  readonly natsUrl: string | undefined
  /** Who the clients are to the policy. */
  readonly from: string
  /** Who asks, over stdio; over HTTP tokens say it. */
  readonly as: string
  readonly waitMs: number
  readonly http: HttpPlace | undefined
  readonly version: string
}

/** Serves until the client has gone or `stop`. Over stdio nothing but the protocol is written to the output. */
export async function mcp(
  options: McpOptions,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<Problem | { readonly kind: 'served' }> {
  const loaded = await loadFleet(options.fleetFile, false)
  if (loaded.kind === 'problem') return loaded
  const { definition, policy } = loaded
  const offered = offeredBy(policy.plan, options.from)
  if (offered.length === 0)
    return problem('D0081', `no agent of the policy may receive anything from \`${options.from}\``, {
      where: policy.file,
      help: 'name with --from whom agents listen to, as in `may receive order from customer`',
    })
  const on = await reach({
    dataRoot: options.dataRoot,
    fleet: definition.name,
    natsUrl: options.natsUrl,
    by: options.as,
  })
  if (on.kind === 'problem') return on
  const { from, waitMs, version, http } = options
  const serving: Serving = {
    fleet: definition.name,
    version,
    offered,
    from,
    waitMs,
    nowMs: systemClock().now,
    newId: randomUUID,
  }
  const stopped = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve()))
  try {
    if (!http) {
      const { ended, close } = await serveStdio(
        serving,
        doorOf(on, options.as),
        process.stdin,
        process.stdout,
      )
      await Promise.race([ended, stopped])
      await close()
      return { kind: 'served' }
    }
    const { people } = definition
    const doorFor = (authorization: string | undefined) => {
      const by = whoShows(people, authorization)
      return by === undefined ? undefined : doorOf(on, by)
    }
    const listening = await serveHttp(serving, doorFor, http.host, http.port)
    if (listening.kind === 'refused')
      return problem('D0049', `HTTP cannot be served at ${http.host}:${http.port}: ${listening.message}`)
    say(`MCP at http://${http.host}:${listening.port}/ for those of \`people\` who show their token`)
    if (!isLoopback(http.host)) say('beyond this machine it belongs behind TLS')
    await stopped
    await listening.close()
    return { kind: 'served' }
  } finally {
    await on.close()
  }
}
