/**
 * The control plane over HTTP. Looking is free for programs on this machine; from elsewhere, and for everything that acts,
 * a bearer token says who asks: its SHA-256 stands beside the person's name in the fleet file.
 *
 *   GET  /healthz /readyz /metrics /status /agents?conversation= /agents/ID /approvals?role= /logs?after=&limit=
 *        /dead?limit= /dead/ID /policies
 *   POST /tell /approvals/ID/approve /approvals/ID/deny /dead/ID/retry /dead/ID/drop /drain /deploy /rollback
 *                                                                                         (a JSON object as the body)
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { JsonObject } from '#dsl/judge/step.ts'
import type { Clock } from '#runtime/fleet/clock.ts'
import type { People } from '#runtime/fleet/definition.ts'
import {
  type Answer,
  ASK_BYTES_MAX,
  type Ask,
  REFUSAL_STATUS,
  type Refusal,
  readAsk,
  readObject,
  refused,
  tooLong,
} from './asks.ts'
import type { Control } from './control.ts'
import type { Examine } from './examined.ts'
import { metricsText } from './metrics.ts'
import { whoShows } from './people.ts'
import { deployAsked, type Rolled, rollbackAsked } from './rolling.ts'

const REQUEST_TIMEOUT_MS = 10_000
const CONNECTIONS_MAX = 256
const NOBODY = 'somebody at this machine'

export interface HttpDeps {
  readonly control: Control
  readonly people: People | undefined
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Asks every daemon of the fleet, this one among them. */
  readonly ask: (ask: Ask, by: string) => Promise<readonly Answer[]>
  /** Of the fleet. */
  readonly partitions: number
  readonly examine: Examine
  /** Names a rollout. */
  readonly id: () => string
  readonly clock: Clock
}

export type Listening =
  | { readonly kind: 'listening'; readonly port: number; close(): Promise<void> }
  | { readonly kind: 'refused'; readonly message: string }

export function serveHttp(deps: HttpDeps): Promise<Listening> {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    void respond(deps, request).then((page) => send(request, response, page))
  })
  server.maxConnections = CONNECTIONS_MAX
  return new Promise((resolve) => {
    server.once('error', (error) => resolve({ kind: 'refused', message: error.message }))
    server.listen(deps.port, deps.host, () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : deps.port
      resolve({ kind: 'listening', port, close: () => closed(server) })
    })
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

interface Page {
  readonly status: number
  readonly type: string
  readonly body: string
  /** When to ask again. */
  readonly retryAfterMs?: number
}

async function respond(deps: HttpDeps, request: IncomingMessage): Promise<Page> {
  try {
    return await route(deps, request)
  } catch (cause) {
    return answerPage(refused('failed', (cause as Error).message))
  }
}

async function route(deps: HttpDeps, request: IncomingMessage): Promise<Page> {
  const { control } = deps
  const asked = readUrl(request.url ?? '/')
  if (!asked) return answerPage(refused('bad-ask', 'the path cannot be read'))
  const { url, path } = asked
  const get = request.method === 'GET'
  if (get && url.pathname === '/healthz') return { status: 200, type: TEXT, body: 'alive\n' }
  if (get && url.pathname === '/readyz')
    return { status: control.health === 'ready' ? 200 : 503, type: TEXT, body: `${control.health}\n` }
  const by = whoAsks(deps, request)
  if (by === undefined) return { ...answerPage(refused('forbidden', 'show a bearer token')), status: 401 }
  if (get && url.pathname === '/metrics')
    return { status: 200, type: METRICS, body: metricsText(control.status(), control.tally) }
  if (!get && by === NOBODY)
    return { ...answerPage(refused('forbidden', 'acting takes a bearer token, also from here')), status: 401 }
  const body = get ? '' : await bodyOf(request)
  if (body === undefined) return { ...answerPage(tooLong(ASK_BYTES_MAX + 1)), status: 413 }
  const roll = get || path.length > 1 ? undefined : ROLLING.get(path[0] ?? '')
  if (roll) return answerPage(await rolled(deps, roll, body, by))
  const ask = get ? looking(path, url.searchParams) : acting(path, body)
  if (!ask) return { status: 404, type: TEXT, body: 'there is no such page\n' }
  if (ask.kind === 'refused') return answerPage(ask)
  const answers = await deps.ask(ask, by)
  return answers.length === 1 ? answerPage(answers[0]!) : answersPage(answers)
}

/** Undefined where it holds what is no URL or no UTF-8: `//`, `%zz`. */
function readUrl(target: string): { readonly url: URL; readonly path: readonly string[] } | undefined {
  try {
    const url = new URL(target, 'http://localhost')
    return { url, path: url.pathname.split('/').slice(1).map(decodeURIComponent) }
  } catch {
    return undefined
  }
}

function looking(path: readonly string[], query: URLSearchParams): Ask | Refusal | undefined {
  const [page = '', id] = path
  const texts = Object.fromEntries(query)
  const counts = Object.fromEntries(
    ['limit', 'after'].flatMap((name) => {
      const given = query.get(name)
      return given === null ? [] : [[name, Number(given)]]
    }),
  )
  const given: JsonObject = { ...texts, ...counts }
  if (page === 'agents' && id !== undefined) return readAsk('agent', { agent: path.slice(1).join('/') })
  if (page === 'dead' && id !== undefined) return readAsk('letter', { letter: id })
  if (id !== undefined) return undefined
  return isLooking(page) ? readAsk(page, given) : undefined
}

const LOOKING = ['status', 'agents', 'approvals', 'logs', 'dead', 'policies'] as const

function isLooking(page: string): page is (typeof LOOKING)[number] {
  return LOOKING.some((each) => each === page)
}

/** No object: a path says what is looked up. */
const ROLLING: ReadonlyMap<string, typeof deployAsked> = new Map([
  ['deploy', deployAsked],
  ['rollback', rollbackAsked],
])

async function rolled(
  { ask, partitions, id, clock, examine }: HttpDeps,
  roll: typeof deployAsked,
  body: string,
  by: string,
): Promise<Rolled | Refusal> {
  const given = readObject(body)
  if (given.kind === 'refused') return given
  const deps = {
    ask: async (each: Ask) => ({ kind: 'answers' as const, answers: await ask(each, by), partitions }),
    making: () => ({ id: id(), by, at: clock.now() }),
    clock,
    examine,
  }
  return roll(deps, given.body)
}

function acting(path: readonly string[], body: string): Ask | Refusal | undefined {
  const [page = '', id, verb] = path
  if (id === undefined && (page === 'tell' || page === 'drain')) {
    const given = readObject(body)
    return given.kind === 'refused' ? given : readAsk(page, given.body)
  }
  if (page === 'dead' && id !== undefined && (verb === 'retry' || verb === 'drop'))
    return readAsk('settle-dead', { letter: id, again: verb === 'retry' })
  if (page === 'approvals' && id !== undefined && (verb === 'approve' || verb === 'deny')) {
    const given = readObject(body)
    return given.kind === 'refused'
      ? given
      : readAsk('decide', { ...given.body, approval: id, grant: verb === 'approve' })
  }
  return undefined
}

/** The person whose token it is; from this machine anybody may look. */
function whoAsks({ people, host }: HttpDeps, request: IncomingMessage): string | undefined {
  const { authorization } = request.headers
  if (authorization === undefined) return isLoopback(host) && isFromHere(request) ? NOBODY : undefined
  return whoShows(people, authorization)
}

/**
 * A connection to the loopback interface may bring a question from elsewhere: a browser's, whose page has let its own name
 * lead here (DNS rebinding), or one that a proxy passes on. Both name another host, or say for whom they speak.
 */
function isFromHere({ headers }: IncomingMessage): boolean {
  if (headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined) return false
  const name = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(headers.host ?? '')
  return name !== null && isLoopback(name[1] ?? name[2] ?? '')
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > ASK_BYTES_MAX) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const TEXT = 'text/plain; charset=utf-8'
const METRICS = 'text/plain; version=0.0.4; charset=utf-8'
const JSON_TYPE = 'application/json; charset=utf-8'

function answerPage(answer: Answer | Rolled): Page {
  const status = answer.kind === 'refused' ? REFUSAL_STATUS[answer.code] : 200
  const later = answer.kind === 'refused' ? answer.retryAfterMs : undefined
  return {
    status,
    type: JSON_TYPE,
    body: `${JSON.stringify(answer)}\n`,
    ...(later !== undefined && { retryAfterMs: later }),
  }
}

/** Several daemons have answered, each for what it owns. */
function answersPage(answers: readonly Answer[]): Page {
  const allRefused = answers.every((answer) => answer.kind === 'refused')
  return { status: allRefused ? 503 : 200, type: JSON_TYPE, body: `${JSON.stringify({ answers })}\n` }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, body, retryAfterMs }: Page,
): void {
  // What of it was not read would stand before the next question of this connection.
  if (!request.complete) response.setHeader('connection', 'close')
  if (retryAfterMs !== undefined) response.setHeader('retry-after', Math.ceil(retryAfterMs / 1000))
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
  response.end(body)
}
