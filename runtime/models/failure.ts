/** What a provider's error means. Read by its shape, so that no code of a provider is loaded to know its errors. */
import type { Cost, Failed, FailedBy, WrongSetting } from './model.ts'
import { failed } from './model.ts'

const ERROR_CHARS_MAX = 500
/** A provider that wants to be left alone for longer is as good as down. */
export const RETRY_AFTER_MAX_MS = 120_000

/** `atMost`: what the call may have cost when nobody says. `now`: for waits that are given as a date. */
export function failureOf(cause: unknown, atMost: Cost, now: number): Failed {
  const error = messageOf(cause).slice(0, ERROR_CHARS_MAX)
  const status = numberIn(cause, 'statusCode')
  // Errors of HTTP come instead of an answer: nobody bills them.
  if (status !== undefined && status >= 400) {
    const wait = waitIn(cause, now)
    const wrong = wrongBy(status, cause)
    return {
      ...failed(byStatus(status), `${status} ${error}`),
      ...(wait !== undefined && { retryAfterMs: wait }),
      ...(wrong !== undefined && { wrong }),
    }
  }
  if (cause instanceof Error && cause.name === 'AI_LoadAPIKeyError')
    return { ...failed('refused', error), wrong: 'key' }
  if (cause instanceof NoModelApi) return { ...failed('refused', error), wrong: 'address' }
  if (isUnreadable(cause)) return failed('nonsense', error, atMost)
  // A head that came, and no body that could be read to its end.
  if (status !== undefined) return failed('down', 'the answer was cut off', atMost)
  return neverReached(cause) ? { ...failed('down', error), unreached: true } : failed('down', error, atMost)
}

function byStatus(status: number): FailedBy {
  if (status === 429 || status === 503 || status === 529) return 'busy'
  return status === 408 || status === 409 || status >= 500 ? 'down' : 'refused'
}

/** A 404 in the provider's own form speaks of the model; any other is of a server that knows no such path. */
function wrongBy(status: number, cause: unknown): WrongSetting | undefined {
  if (status === 401 || status === 403) return 'key'
  if (status !== 404 && status !== 405) return undefined
  const isOfProvider =
    status === 404 &&
    typeof cause === 'object' &&
    cause !== null &&
    'data' in cause &&
    cause.data !== undefined
  return isOfProvider ? 'name' : 'address'
}

/** What answers is a site for people. */
export class NoModelApi extends Error {
  override readonly name = 'NoModelApi'
}

/** The AI SDK names its errors; these say that an answer came and could not be read. */
const UNREADABLE = new Set(['AI_JSONParseError', 'AI_TypeValidationError', 'AI_NoContentGeneratedError'])

const NEVER_REACHED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

const CAUSES_MAX = 5

/** The error and what it came from, outermost first. */
function* chain(cause: unknown): Iterable<Error> {
  let inner = cause
  for (let depth = 0; depth < CAUSES_MAX && inner instanceof Error; depth++) {
    yield inner
    inner = inner.cause
  }
}

function isUnreadable(cause: unknown): boolean {
  return Array.from(chain(cause)).some(({ name }) => UNREADABLE.has(name))
}

function neverReached(cause: unknown): boolean {
  return Array.from(chain(cause)).some(
    (error) => 'code' in error && typeof error.code === 'string' && NEVER_REACHED.has(error.code),
  )
}

function waitIn(cause: unknown, now: number): number | undefined {
  if (typeof cause !== 'object' || cause === null || !('responseHeaders' in cause)) return undefined
  const { responseHeaders } = cause
  const said = (name: string): string | undefined => {
    const value: unknown = Object.entries(responseHeaders ?? {}).find(
      ([key]) => key.toLowerCase() === name,
    )?.[1]
    return typeof value === 'string' ? value : undefined
  }
  const ms = Number(said('retry-after-ms') ?? Number.NaN)
  if (ms >= 0) return Math.min(ms, RETRY_AFTER_MAX_MS)
  const after = said('retry-after')
  if (after === undefined) return undefined
  const wait = /^\d+(\.\d+)?$/.test(after) ? Number(after) * 1000 : Date.parse(after) - now
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), RETRY_AFTER_MAX_MS)
}

function numberIn(cause: unknown, key: 'statusCode'): number | undefined {
  if (typeof cause !== 'object' || cause === null || !(key in cause)) return undefined
  const { [key]: value } = cause as Readonly<Record<typeof key, unknown>>
  return typeof value === 'number' ? value : undefined
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
