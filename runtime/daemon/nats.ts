/** Joins the fleet's log to a nats-server: the one NATS_URL names, the fleet's own, or the one a running daemon looks after. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openJetStream } from '#runtime/log/jetstream.ts'
import { ensureNatsServer } from '#runtime/log/nats-server/find.ts'
import { type StartedNatsServer, startNatsServer } from '#runtime/log/nats-server/process.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import { shownPath } from './paint.ts'
import type { Place } from './place.ts'
import { type Problem, problem } from './problem.ts'

/** Found, fetched or unpacked servers are kept here, beside the fleets' data. */
const CACHE = 'bin'
/** The daemon waits this long for a `parapet trace` that holds the server of a fleet at rest. */
const READERS_WAIT_MS = 20_000
const READERS_POLL_MS = 100

export interface NatsOptions {
  readonly place: Place
  readonly natsUrl: string | undefined
  /** Path of the one nats-server to use; searched for unless given. */
  readonly program: string | undefined
  readonly port: number | undefined
  /** Read only: a server that another daemon looks after will do. */
  readonly reading: boolean
  readonly say: (line: string) => void
  /** The fleet's own server ended for good. */
  readonly onGivenUp: (message: string) => void
}

export type OpenedNats =
  | {
      readonly kind: 'open'
      readonly log: FleetLog
      /** Someone else looks after the server and may stop it. */
      readonly borrowed: boolean
      close(): Promise<void>
    }
  /** No server can be had; `why` says what was tried. */
  | { readonly kind: 'none'; readonly why: string }
  | Problem

export async function openNats(options: NatsOptions): Promise<OpenedNats> {
  const { place, natsUrl, program } = options
  if (natsUrl !== undefined) return joined(natsUrl, options, true, async () => {})
  const dataDir = join(place.dir, 'nats')
  const found = await ensureNatsServer({
    cacheDir: join(place.dir, '..', CACHE),
    ...(program === undefined ? {} : { only: program }),
  })
  if (found.kind === 'missing') return { kind: 'none', why: found.attempts.join(' ') }
  const started = await startUnlocked(options, found.binary, dataDir)
  if (started.kind === 'running') {
    const { server } = started
    if (server.adopted) options.say('took over the nats-server that an earlier daemon left running')
    return joined(server.url, options, false, () => server.stop())
  }
  const running = started.code === 'locked' && options.reading ? runningUrl(dataDir) : undefined
  if (running !== undefined) return joined(running, options, true, async () => {})
  const code =
    started.code === 'port-in-use' ? 'D0041' : started.code === 'locked' ? 'D0043' : ('D0040' as const)
  return problem(code, started.message, {
    help: started.help,
    where: code === 'D0041' && options.port !== undefined ? `--port ${options.port}` : shownPath(dataDir),
  })
}

/** The daemon holds the fleet's lock, so whoever else holds the server's is reading and soon done. */
async function startUnlocked(
  options: NatsOptions,
  binary: string,
  dataDir: string,
): Promise<StartedNatsServer> {
  const { port, say, onGivenUp } = options
  for (let waitedMs = 0; ; waitedMs += READERS_POLL_MS) {
    const started = await startNatsServer({
      binary,
      dataDir,
      ...(port === undefined ? {} : { port }),
      onNotice: say,
      onGivenUp,
    })
    if (started.kind === 'running' || started.code !== 'locked' || options.reading) return started
    if (waitedMs >= READERS_WAIT_MS) return started
    if (waitedMs === 0) say('waits for a `parapet trace` or `explain` that is reading this fleet’s log')
    await wait(READERS_POLL_MS)
  }
}

async function joined(
  url: string,
  options: NatsOptions,
  borrowed: boolean,
  stopServer: () => Promise<void>,
): Promise<OpenedNats> {
  const { place } = options
  const opened = await openJetStream({
    servers: url,
    fleet: place.fleet,
    partitions: place.partitions,
    onNotice: options.say,
    ...(options.natsUrl === undefined ? { where: `data in ${shownPath(join(place.dir, 'nats'))}` } : {}),
  })
  if (opened.kind === 'refused') {
    await stopServer()
    return problem('D0042', opened.message, { help: opened.help, where: url })
  }
  return {
    kind: 'open',
    log: opened.log,
    borrowed,
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
