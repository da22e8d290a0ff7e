/** Opens the fleet's log on NATS JetStream, nats-server 2.9.10 or newer: connects, makes or checks the streams. */
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/nats-core'
import { connect } from '@nats-io/transport-node'
import type { Credentials } from './credentials.ts'
import { JetStreamLeases } from './jetstream-leases.ts'
import { JetStreamLog, type JetStreamLogOptions } from './jetstream-log.ts'
import type { Leases } from './leases.ts'
import { PARTITIONS_MAX } from './limits.ts'
import type { FleetLog } from './port.ts'
import {
  certify,
  checkBirth,
  ensureStreams,
  INBOX_BYTES_MAX,
  LOG_BYTES_MAX,
  type Refused,
} from './streams.ts'
import { isFleetName, subjectsOf } from './subjects.ts'
import { wireOf } from './wire.ts'

const CONNECT_TIMEOUT_MS = 2_000
const RECONNECT_WAIT_MS = 100
/** A server that is just recovering may take a question and never answer; what the log asks, it asks again. */
const API_TIMEOUT_MS = 1_000
/** Two unanswered pings and a silent server is taken for gone. */
const PING_INTERVAL_MS = 10_000

export interface JetStreamOptions extends JetStreamLogOptions {
  /** `host:port` or URL; several of a cluster as a list, or with commas between. */
  readonly servers: string | readonly string[]
  /** Copies of each stream; 1 unless the server is a cluster. */
  readonly replicas?: number
  /** The fleet must be there already; nothing is made or changed on the server. */
  readonly reading?: boolean
  /** Of each partition's inbox. */
  readonly inboxBytesMax?: number
  readonly logBytesMax?: number
  /** Hears, in plain words, of what is being tried again. */
  readonly onNotice?: (text: string) => void
  /** The server answers and keeps nothing that is written any more (`write-watch.ts`); heard again while it lasts. */
  readonly onStuck?: (why: string) => void
  readonly auth?:
    | { readonly kind: 'token'; readonly token: string }
    | { readonly kind: 'user'; readonly user: string; readonly password: string }
    | ({ readonly kind: 'credentials' } & Credentials)
}

export type Opened = { readonly kind: 'open'; readonly log: FleetLog; readonly leases: Leases } | Refused

/** Connects, makes or checks the fleet's streams, and gives the log; expected failures are `refused` with what to do. */
export async function openJetStream(options: JetStreamOptions): Promise<Opened> {
  const { fleet, partitions } = options
  if (!isFleetName(fleet)) {
    return {
      kind: 'refused',
      code: 'bad-name',
      message: `\`${fleet}\` cannot name a fleet.`,
      help: 'Use 1 to 64 letters, digits, `-` and `_`.',
    }
  }
  if (partitions > PARTITIONS_MAX) {
    return {
      kind: 'refused',
      code: 'bad-partitions',
      message: `A fleet has at most ${PARTITIONS_MAX} partitions; got ${partitions}.`,
      help: 'Each is a stream of its own on the server. A partition carries many thousand agents.',
    }
  }
  const connected = await dial(options)
  if (connected.kind === 'refused') return connected
  const { nc, jsm } = connected
  const subjects = subjectsOf(fleet)
  const limits = {
    inboxBytesMax: options.inboxBytesMax ?? INBOX_BYTES_MAX,
    logBytesMax: options.logBytesMax ?? LOG_BYTES_MAX,
    replicas: options.replicas ?? 1,
  }
  try {
    // Looked at first: a fleet of another version is left exactly as it is.
    const check = (must: boolean) => checkBirth(jsm, subjects, fleet, partitions, must)
    const refused = (await check(options.reading === true)) ?? (options.reading ? undefined : await born())
    if (refused !== undefined) {
      await nc.close()
      return refused
    }
    async function born(): Promise<Refused | undefined> {
      const streams = await ensureStreams(jsm, subjects, partitions, limits)
      if (streams !== undefined) return streams
      await certify(nc, subjects, partitions)
      return check(true)
    }
  } catch (error) {
    await nc.close()
    return unreachable(options, error)
  }
  const asking = await jetstreamManager(nc, { timeout: API_TIMEOUT_MS, checkAPI: false })
  // On a cluster one partition without a leader must not hold up the others: there the log stream speaks for all.
  const inboxes = Array.from({ length: partitions }, (_, partition) => subjects.inboxStream(partition))
  const streams = limits.replicas > 1 ? [subjects.logStream] : [subjects.logStream, ...inboxes]
  const inboxPrefix = options.auth?.kind === 'credentials' ? options.auth.inboxPrefix : undefined
  const { onNotice = () => {}, onStuck = () => {} } = options
  const wire = wireOf(nc, asking, { onNotice }, streams, inboxPrefix, onStuck)
  return {
    kind: 'open',
    log: new JetStreamLog(options, wire, subjects),
    leases: new JetStreamLeases(wire, subjects),
  }
}

async function dial(
  options: JetStreamOptions,
): Promise<{ kind: 'connected'; nc: NatsConnection; jsm: JetStreamManager } | Refused> {
  const { auth, servers } = options
  let nc: NatsConnection
  try {
    nc = await connect({
      servers: typeof servers === 'string' ? servers.split(',') : [...servers],
      name: `parapet ${options.fleet}`,
      timeout: CONNECT_TIMEOUT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      pingInterval: PING_INTERVAL_MS,
      ignoreAuthErrorAbort: true,
      noAsyncTraces: true,
      ...(auth?.kind === 'token' ? { token: auth.token } : {}),
      ...(auth?.kind === 'user' ? { user: auth.user, pass: auth.password } : {}),
      ...(auth?.kind === 'credentials'
        ? { authenticator: auth.authenticator, inboxPrefix: auth.inboxPrefix }
        : {}),
    })
  } catch (error) {
    return unreachable(options, error)
  }
  try {
    return { kind: 'connected', nc, jsm: await jetstreamManager(nc) }
  } catch (error) {
    await nc.close()
    return {
      kind: 'refused',
      code: 'no-jetstream',
      message: `The server at ${String(servers)} does not offer JetStream: ${reason(error)}.`,
      help: 'Start it with `-js`, or give this account JetStream.',
    }
  }
}

function unreachable(options: JetStreamOptions, error: unknown): Refused {
  return {
    kind: 'refused',
    code: 'unreachable',
    message: `No answer from the server at ${String(options.servers)}: ${reason(error)}.`,
    help: 'Check that nats-server runs, its address, and the credentials.',
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))
