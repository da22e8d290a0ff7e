/** Opens the control plane of one run: over NATS when the log is on a server, over HTTP when that is asked for. */
import { randomUUID } from 'node:crypto'
import type { Answer, Ask } from '#runtime/control/asks.ts'
import { askFleet } from '#runtime/control/client.ts'
import { Control } from '#runtime/control/control.ts'
import type { Events } from '#runtime/control/events.ts'
import { type HttpDeps, isLoopback, serveHttp } from '#runtime/control/http.ts'
import { serveControl } from '#runtime/control/service.ts'
import { Steward } from '#runtime/control/steward.ts'
import { type Bus, openBus } from '#runtime/log/bus.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import type { Tally } from '#runtime/telemetry/tally.ts'
import { systemClock, systemStopwatch } from './clock.ts'
import { ownCredentials } from './credentials.ts'
import { examineOnThread } from './examine.ts'
import type { LoadedFleet } from './load.ts'
import type { Place } from './place.ts'
import { type Problem, problem } from './problem.ts'

/** Who acts when the fleet does so by itself. */
const STEWARD = 'parapet'

export interface HttpPlace {
  readonly host: string
  readonly port: number
}

export interface ControlPlaneOptions {
  readonly loaded: LoadedFleet
  readonly place: Place
  readonly log: FleetLog
  readonly memory: SharedMemory
  /** None: the log is in memory, and so there is nobody to ask over. */
  readonly natsUrl: string | undefined
  readonly http: HttpPlace | undefined
  readonly tally: Tally
  readonly events: Events
  readonly version: string
  readonly onDrain: (by: string) => void
}

export type ControlPlane =
  | {
      readonly kind: 'plane'
      readonly control: Control
      /** Where it is served over HTTP. */
      readonly http: string | undefined
      close(): Promise<void>
    }
  | Problem

export async function openControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { loaded, place, log, version } = options
  const { definition } = loaded
  const clock = systemClock()
  const development = process.env['NODE_ENV'] !== 'production'
  const startedAt = new Date(clock.now()).toISOString()
  const control = new Control({
    definition,
    daemon: { id: randomUUID(), version, pid: process.pid },
    log: log.describe,
    partitions: place.partitions,
    clock,
    tally: options.tally,
    events: options.events,
    memory: options.memory,
    onDrain: options.onDrain,
    development,
  })
  log.onLink((state) => control.link('log', state === 'connected'))
  const bus = options.natsUrl === undefined ? undefined : await busAt(options.natsUrl, place.fleet)
  if (bus?.kind === 'problem') return bus
  bus?.bus.onLink((up) => control.link('questions', up))
  if (bus)
    serveControl({
      bus: bus.bus,
      control,
      fleet: place.fleet,
      version,
      stopwatch: systemStopwatch,
      startedAt,
    })
  const examine = examineOnThread(place, options.natsUrl)
  const rolling = { partitions: place.partitions, id: randomUUID, clock, examine }
  const ask = async (question: Ask, by: string): Promise<readonly Answer[]> => {
    const asked = bus && (await askFleet(bus.bus, place.fleet, question, by))
    return asked?.kind === 'answers' ? asked.answers : [(await control.answer(question, by)).answer]
  }
  const http =
    options.http && (await httpAt(options.http, { control, people: definition.people, ask, ...rolling }))
  if (http?.kind === 'problem') {
    await bus?.bus.close()
    return http
  }
  const steward = new Steward({
    own: () => control.policies(),
    texts: (hashes) => control.texts(hashes),
    ask: (question) => ask(question, STEWARD),
    making: () => ({ id: randomUUID(), by: STEWARD, at: clock.now() }),
    development,
    clock,
  })
  steward.start()
  return {
    kind: 'plane',
    control,
    http: http?.url,
    async close() {
      steward.close()
      await http?.close()
      await bus?.bus.close()
    },
  }
}

async function busAt(url: string, fleet: string): Promise<{ kind: 'bus'; bus: Bus } | Problem> {
  const opened = await openBus({
    servers: url,
    name: `parapet ${fleet} control`,
    stay: true,
    credentials: ownCredentials(process.env['NATS_URL']),
  })
  if (opened.kind === 'open') return { kind: 'bus', bus: opened.bus }
  return problem('D0049', `the control plane cannot join the server: ${opened.message}`, {
    where: url,
    help: 'the log could be opened, so look at the permissions of these credentials',
  })
}

async function httpAt(
  { host, port }: HttpPlace,
  deps: Omit<HttpDeps, 'host' | 'port'>,
): Promise<{ kind: 'http'; url: string; close(): Promise<void> } | Problem> {
  const tokens = Object.values(deps.people ?? {}).some(({ tokenSha256 }) => tokenSha256 !== undefined)
  if (!isLoopback(host) && !tokens)
    return problem('D0049', `nobody could ask at ${host}:${port}: no person of the fleet file has a token`, {
      help: 'give a person `tokenSha256` in the fleet file, or listen on this machine only: --http PORT',
    })
  const listening = await serveHttp({ ...deps, host, port })
  if (listening.kind === 'refused')
    return problem('D0049', `HTTP cannot be served at ${host}:${port}: ${listening.message}`, {
      help: 'choose another place with --http, or leave it away',
    })
  return { kind: 'http', url: `http://${host}:${listening.port}`, close: listening.close }
}
