/**
 * The control plane on NATS, by the services protocol (ADR-32, "io.nats.micro.v1"), so that `nats micro` sees every
 * daemon: `$SRV.PING|INFO|STATS`, each also for one service and for one instance of it, and one endpoint a question.
 *
 * Endpoints are `<fleet>.control.<question>.<who asks>`. The name of who asks is part of the subject, so that a server's
 * permissions can hold a person's credentials to their own name; `tell` says for whom and to whom as well. No queue group: every daemon answers for what it owns.
 */
import type { JsonObject } from '#dsl/judge/step.ts'
import type { Bus, Heard, Reply } from '#runtime/log/bus.ts'
import { decodeToken, encodeToken } from '#runtime/log/subjects.ts'
import {
  ANSWER_BYTES_MAX,
  type Answered,
  ASK_BYTES_MAX,
  ASKS,
  type Ask,
  type AskKind,
  REFUSAL_STATUS,
  type Refusal,
  readAsk,
  readObject,
  refused,
  tooLong,
} from './asks.ts'
import type { Control } from './control.ts'

const TYPE = 'io.nats.micro.v1'

export interface ServiceDeps {
  readonly bus: Bus
  readonly control: Control
  readonly fleet: string
  readonly version: string
  readonly stopwatch: { readonly nowNs: () => number }
  readonly startedAt: string
}

interface EndpointStats {
  requests: number
  errors: number
  lastError: string
  totalNs: number
}

export function serviceName(fleet: string): string {
  return `parapet-${fleet}`
}

export function askSubject(fleet: string, kind: AskKind, by: string): string {
  return `${fleet}.control.${kind}.${encodeToken(by)}`
}

/** Names also for whom `by` speaks and to which agent, so that a server's permissions can hold them to both. */
export function tellSubject(fleet: string, by: string, from: string, to: string): string {
  return `${askSubject(fleet, 'tell', by)}.${encodeToken(from)}.${encodeToken(to)}`
}

function endpointOf(fleet: string, kind: AskKind): string {
  return `${fleet}.control.${kind}.${kind === 'tell' ? '*.*.*' : '*'}`
}

export function serveControl(deps: ServiceDeps): void {
  const { bus, control, fleet } = deps
  const stats = new Map<AskKind, EndpointStats>()
  for (const kind of Object.keys(ASKS) as AskKind[]) {
    const endpoint = { requests: 0, errors: 0, lastError: '', totalNs: 0 }
    stats.set(kind, endpoint)
    bus.serve(endpointOf(fleet, kind), async (heard) => {
      const began = deps.stopwatch.nowNs()
      const answered = await heardAsk(control, fleet, kind, heard)
      endpoint.requests++
      endpoint.totalNs += deps.stopwatch.nowNs() - began
      const { answer } = answered
      if (answer.kind === 'refused') {
        endpoint.errors++
        endpoint.lastError = answer.message
      }
      return asReply(answered)
    })
  }
  const name = serviceName(fleet)
  const identity = { name, id: control.daemon, version: deps.version, metadata: { fleet } }
  const verbs: Readonly<Record<string, () => JsonObject>> = {
    PING: () => ({ type: `${TYPE}.ping_response`, ...identity }),
    INFO: () => ({
      type: `${TYPE}.info_response`,
      ...identity,
      description: `the fleet ${fleet}, by Parapet`,
      endpoints: Array.from(stats.keys(), (kind) => ({
        name: kind,
        subject: endpointOf(fleet, kind),
        queue_group: '',
        metadata: { description: ASKS[kind] },
      })),
    }),
    STATS: () => ({
      type: `${TYPE}.stats_response`,
      ...identity,
      started: deps.startedAt,
      endpoints: Array.from(stats, ([kind, { requests, errors, lastError, totalNs }]) => ({
        name: kind,
        subject: endpointOf(fleet, kind),
        queue_group: '',
        num_requests: requests,
        num_errors: errors,
        last_error: lastError,
        processing_time: Math.round(totalNs),
        average_processing_time: requests === 0 ? 0 : Math.round(totalNs / requests),
      })),
    }),
  }
  for (const [verb, say] of Object.entries(verbs))
    for (const subject of [`$SRV.${verb}`, `$SRV.${verb}.${name}`, `$SRV.${verb}.${name}.${control.daemon}`])
      bus.serve(subject, async () => ({ body: encoded(say()) }))
}

async function heardAsk(control: Control, fleet: string, kind: AskKind, heard: Heard): Promise<Answered> {
  const [token = '', ...spoken] = heard.subject.slice(`${fleet}.control.${kind}.`.length).split('.')
  const by = decodeToken(token)
  const ask = claimed(parse(kind, heard.body), spoken.map(decodeToken))
  return ask.kind === 'refused' ? { answer: ask, partitions: [], partitionsAll: 0 } : control.answer(ask, by)
}

/** The server let `spoken` through and has not read the body: that has to say the same. */
function claimed(ask: Ask | Refusal, [from, to]: readonly string[]): Ask | Refusal {
  if (ask.kind !== 'tell' || (ask.from === from && ask.to === to)) return ask
  return refused('forbidden', `the subject speaks for \`${from}\` to \`${to}\`, the message does not`)
}

function parse(kind: AskKind, body: Uint8Array) {
  if (body.length > ASK_BYTES_MAX) return tooLong(body.length)
  const given = readObject(new TextDecoder().decode(body))
  return given.kind === 'refused' ? given : readAsk(kind, given.body)
}

function asReply(answered: Answered): Reply {
  const { answer } = answered
  const body = encoded(answered)
  if (body.length > ANSWER_BYTES_MAX + OVERHEAD_BYTES) {
    const answer = refused('failed', 'the answer is too long; ask for less')
    return {
      body: encoded({ ...answered, answer }),
      error: { code: REFUSAL_STATUS.failed, message: answer.message },
    }
  }
  return answer.kind === 'refused'
    ? { body, error: { code: REFUSAL_STATUS[answer.code], message: answer.message } }
    : { body }
}

const OVERHEAD_BYTES = 100_000

function encoded(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
