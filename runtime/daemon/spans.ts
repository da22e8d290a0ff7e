/** `parapet spans`: a fleet's log as OpenTelemetry spans, to a collector over HTTP or into a file of OTLP/JSON lines. */
import { appendFileSync, writeFileSync } from 'node:fs'
import { type Span, Spans, traceRequest } from '#runtime/telemetry/spans.ts'
import type { Place } from './place.ts'
import { type Problem, problem } from './problem.ts'
import { readRecords, walkTurns } from './read-log.ts'

export interface SpansOptions {
  readonly place: Place
  /** `http(s)://…` of a collector, `/v1/traces` is added when the path is empty; anything else is a file. */
  readonly to: string
  readonly version: string
  readonly natsUrl: string | undefined
  readonly natsProgram: string | undefined
}

export interface Sent {
  readonly kind: 'sent'
  readonly spans: number
}

const SPANS_A_REQUEST = 500
const COLLECTOR_TIMEOUT_MS = 10_000

export async function sendSpans(options: SpansOptions, stop: AbortSignal): Promise<Sent | Problem> {
  const { place, to, version } = options
  const put = sinkOf(to)
  const opened = await readRecords(place, options.natsUrl, options.natsProgram)
  if (opened.kind === 'problem') return opened
  const spans = new Spans()
  let batch: Span[] = []
  let sent = 0
  const flush = async (): Promise<Problem | undefined> => {
    if (batch.length === 0) return undefined
    const refused = await put(JSON.stringify(traceRequest(place.fleet, version, batch)))
    if (refused !== undefined) return problem('D0098', refused, { where: to })
    sent += batch.length
    batch = []
    return undefined
  }
  try {
    for await (const { record, turn, state } of walkTurns(opened)) {
      if (stop.aborted) break
      const { input } = turn
      const ends = input.kind === 'result' || input.kind === 'failure'
      batch.push(...spans.of(turn, ends ? state.intents.get(input.intent) : undefined, record.policy))
      const trouble = batch.length >= SPANS_A_REQUEST ? await flush() : undefined
      if (trouble) return trouble
    }
    return (await flush()) ?? { kind: 'sent', spans: sent }
  } finally {
    await opened.close()
  }
}

/** Gives what went wrong, in words. */
function sinkOf(to: string): (text: string) => Promise<string | undefined> {
  if (!/^https?:\/\//.test(to)) {
    let first = true
    return async (text) => {
      try {
        if (first) writeFileSync(to, `${text}\n`)
        else appendFileSync(to, `${text}\n`)
      } catch (cause) {
        return (cause as Error).message
      }
      first = false
      return undefined
    }
  }
  const url = new URL(to)
  if (url.pathname === '/') url.pathname = '/v1/traces'
  return async (body) => {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(COLLECTOR_TIMEOUT_MS),
      })
      await response.body?.cancel()
      return response.ok ? undefined : `the collector answers ${response.status}`
    } catch (cause) {
      return `the collector does not answer: ${(cause as Error).message}`
    }
  }
}
