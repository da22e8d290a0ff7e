/** Joins the fleet's log to a nats-server: the one NATS_URL names, the fleet's own, or the one a running daemon looks after. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openJetStream } from '#runtime/log/jetstream.ts'
import { ensureNatsServer } from '#runtime/log/nats-server/find.ts'
import { startNatsServer } from '#runtime/log/nats-server/process.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import type { Place } from './place.ts'
import { type Problem, problem } from './problem.ts'

/** Found, fetched or unpacked servers are kept here, beside the fleets' data. */
const CACHE = 'bin'

export interface NatsOptions {
  readonly place: Place
  readonly natsUrl: string | undefined
  readonly port: number | undefined
  /** Read only: a server that another daemon looks after will do. */
  readonly reading: boolean
  readonly say: (line: string) => void
}

export type OpenedNats =
  | { readonly kind: 'open'; readonly log: FleetLog; close(): Promise<void> }
  /** No server can be had; `why` says what was tried. */
  | { readonly kind: 'none'; readonly why: string }
  | Problem

export async function openNats(options: NatsOptions): Promise<OpenedNats> {
  const { place, natsUrl, port, say } = options
  if (natsUrl !== undefined) return joined(natsUrl, place, async () => {})
  const dataDir = join(place.dir, 'nats')
  const found = await ensureNatsServer({ cacheDir: join(place.dir, '..', CACHE) })
  if (found.kind === 'missing') return { kind: 'none', why: found.attempts.join(' ') }
  const started = await startNatsServer({
    binary: found.binary,
    dataDir,
    ...(port === undefined ? {} : { port }),
    onNotice: say,
  })
  if (started.kind === 'running') {
    if (started.server.adopted) say('took over the nats-server that an earlier daemon left running')
    return joined(started.server.url, place, () => started.server.stop())
  }
  const running = started.code === 'locked' && options.reading ? runningUrl(dataDir) : undefined
  if (running !== undefined) return joined(running, place, async () => {})
  return problem(started.code === 'port-in-use' ? 'D0041' : 'D0040', started.message, {
    help: started.help,
    where: dataDir,
  })
}

async function joined(url: string, place: Place, stopServer: () => Promise<void>): Promise<OpenedNats> {
  const opened = await openJetStream({ servers: url, fleet: place.fleet, partitions: place.partitions })
  if (opened.kind === 'refused') {
    await stopServer()
    return problem('D0042', opened.message, { help: opened.help, where: url })
  }
  return {
    kind: 'open',
    log: opened.log,
    async close() {
      await opened.log.close()
      await stopServer()
    },
  }
}

function runningUrl(dataDir: string): string | undefined {
  try {
    const { port } = JSON.parse(readFileSync(join(dataDir, 'server.json'), 'utf8')) as { port: number }
    return `nats://127.0.0.1:${port}`
  } catch {
    return undefined
  }
}
