/** Joins the fleet's log to a nats-server: the one NATS_URL names, the fleet's own, or the one a running daemon looks after. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openJetStream } from '#runtime/log/jetstream.ts'
import type { Leases } from '#runtime/log/leases.ts'
import { ensureNatsServer } from '#runtime/log/nats-server/find.ts'
import { greetingAt } from '#runtime/log/nats-server/probe.ts'
import { startNatsServer } from '#runtime/log/nats-server/process.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import { ownCredentials } from './credentials.ts'
import { shownPath } from './paint.ts'
import { isPlaceLocked, type Place } from './place.ts'
import { type Problem, problem } from './problem.ts'

/** Found, fetched or unpacked servers are kept here, beside the fleets' data. */
const CACHE = 'bin'
/**
 * A server is looked after by one process. Behind a reader the next one waits its turn, this long at most; a server that
 * a daemon looks after is used beside it, since only a reader may stop it any moment.
 */
const LOCKED_WAIT_MS = 20_000
const LOCKED_POLL_MS = 100

export interface NatsOptions {
  readonly place: Place
  readonly natsUrl: string | undefined
  /** Path of the one nats-server to use; searched for unless given. */
  readonly program: string | undefined
  readonly port: number | undefined
  /** Copies of every stream, on the server that NATS_URL names. */
  readonly replicas?: number
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
      readonly leases: Leases
      readonly url: string
      /** Someone else looks after the server and may stop it. */
      readonly borrowed: boolean
      close(): Promise<void>
    }
  /** No server can be had; `why` says what was tried. */
  | { readonly kind: 'none'; readonly why: string }
  | Problem

export async function openNats(options: NatsOptions): Promise<OpenedNats> {
  const { place, natsUrl, program } = options
  if (natsUrl !== undefined)
    return joined(natsUrl, options, {
      borrowed: true,
      stop: async () => {},
      renew: (why) =>
        options.say(
          `the server keeps nothing that is written (${why}); give its disk room and start it anew`,
        ),
    })
  const dataDir = join(place.dir, 'nats')
  const found = await ensureNatsServer({
    cacheDir: join(place.dir, '..', CACHE),
    ...(program === undefined ? {} : { only: program }),
  })
  if (found.kind === 'missing') return { kind: 'none', why: found.attempts.join(' ') }
  const where = shownPath(dataDir)
  for (let waitedMs = 0; ; waitedMs += LOCKED_POLL_MS) {
    const started = await startNatsServer({
      binary: found.binary,
      dataDir,
      ...(options.port === undefined ? {} : { port: options.port }),
      onNotice: options.say,
      onGivenUp: options.onGivenUp,
    })
    if (started.kind === 'running') {
      const { server } = started
      if (server.adopted) options.say('took over the nats-server that an earlier daemon left running')
      return joined(server.url, options, {
        borrowed: false,
        stop: () => server.stop(),
        renew: (why) => server.renew(why),
      })
    }
    if (started.code === 'port-in-use')
      return problem('D0041', started.message, {
        help: started.help,
        where: `--port ${options.port ?? 'any'}`,
      })
    if (started.code !== 'locked') return problem('D0040', started.message, { help: started.help, where })
    const running = options.reading && isPlaceLocked(place) ? await runningPort(dataDir) : undefined
    if (running !== undefined) return joined(`nats://127.0.0.1:${running}`, options, BORROWED)
    if (waitedMs >= LOCKED_WAIT_MS) return problem('D0043', started.message, { help: started.help, where })
    if (waitedMs === 0)
      options.say('waits for a `parapet trace` or `explain` that is reading this fleet’s log')
    await wait(LOCKED_POLL_MS)
  }
}

/** The server behind the log, as far as it is ours to look after. */
interface Looked {
  readonly borrowed: boolean
  stop(): Promise<void>
  /** It keeps nothing that is written any more. */
  renew(why: string): void
}

/** Another daemon's, which looks after it. */
const BORROWED: Looked = { borrowed: true, stop: async () => {}, renew: () => {} }

async function joined(url: string, options: NatsOptions, server: Looked): Promise<OpenedNats> {
  const { place } = options
  const credentials = ownCredentials(options.natsUrl)
  const opened = await openJetStream({
    servers: url,
    ...(credentials && { auth: { kind: 'credentials', ...credentials } }),
    fleet: place.fleet,
    partitions: place.partitions,
    reading: options.reading,
    replicas: options.natsUrl === undefined ? 1 : (options.replicas ?? 1),
    onNotice: options.say,
    onStuck: (why) => server.renew(why),
    ...(options.natsUrl === undefined ? { where: `data in ${shownPath(join(place.dir, 'nats'))}` } : {}),
  })
  if (opened.kind === 'refused') {
    await server.stop()
    if (opened.code === 'no-fleet' && options.natsUrl === undefined)
      return problem(
        'D0024',
        `nothing of \`${place.fleet}\` is kept here: it has not run yet, or on another server`,
        {
          where: place.dir,
          help: 'run it first; if it ran with NATS_URL set, set it again',
        },
      )
    return problem('D0042', opened.message, { help: opened.help, where: url })
  }
  return {
    kind: 'open',
    log: opened.log,
    leases: opened.leases,
    url,
    borrowed: server.borrowed,
    async close() {
      await opened.log.close()
      await server.stop()
    },
  }
}

/** The port of the server that a daemon looks after, once it answers there. */
export async function runningPort(dataDir: string): Promise<number | undefined> {
  let port: number
  try {
    port = (JSON.parse(readFileSync(join(dataDir, 'server.json'), 'utf8')) as { port: number }).port
  } catch {
    return undefined
  }
  return (await greetingAt(port)) === undefined ? undefined : port
}
