/**
 * A live model by one environment variable, so that a fleet runs offline unless it is set:
 *
 *   PARAPET_MODEL=http://127.0.0.1:11434/v1#llama3.2      any OpenAI-compatible endpoint, a local server among them
 *   PARAPET_MODEL=anthropic#claude-sonnet-4-5             Anthropic; or https://…#… with PARAPET_MODEL_WIRE=anthropic
 *
 * `PARAPET_MODEL_KEY` is the key, where the endpoint wants one. Providers are loaded only when they are asked for.
 */
import type { Clock } from '#runtime/fleet/clock.ts'
import { boundedFetch } from '#runtime/tools/mcp/bounded-fetch.ts'
import { aiSdkModel } from './ai-sdk.ts'
import { NoModelApi } from './failure.ts'
import { atOnce, breaking, timed } from './limited.ts'
import type { Model } from './model.ts'
import { FREE, type Price } from './price.ts'
import type { ProviderModel } from './provider-prompt.ts'
import { retrying } from './retrying.ts'
import { telling } from './trouble.ts'

export interface LiveOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** By the model's name at its provider. One that has no price costs no money. */
  readonly prices?: Readonly<Record<string, Price>>
  readonly clock: Clock
  readonly random: () => number
  readonly timeoutMs?: number
  /** Requests under way; the next wait in order. Few local servers answer more at once. */
  readonly atOnceMax?: number
  /** Told why the model does not answer, with a code and what helps (`trouble.ts`): the `notice` of the world's place. */
  readonly notice?: (text: string) => void
}

/** One answer, or one event of a stream, as it comes over the line. */
export const BODY_BYTES_MAX = 2_000_000
const TIMEOUT_MS = 60_000
const AT_ONCE_MAX = 16
/** Requests that wait for a place. */
const QUEUE_MAX = 2_000

/** Undefined: none is set. Throws when what is set names no model. */
export async function liveModel(options: LiveOptions): Promise<Model | undefined> {
  const { env, prices = {}, clock, random, timeoutMs = TIMEOUT_MS, notice, atOnceMax = AT_ONCE_MAX } = options
  const set = env['PARAPET_MODEL']
  if (set === undefined || set === '') return undefined
  const at = set.lastIndexOf('#')
  const [place, id] = [set.slice(0, at), set.slice(at + 1)]
  const isEndpoint = /^https?:\/\//i.test(place) && URL.canParse(place)
  if (id === '' || !(isEndpoint || place === 'anthropic'))
    throw new TypeError(
      `PARAPET_MODEL is \`${set}\`; write an endpoint, \`#\` and a model: http://127.0.0.1:11434/v1#llama3.2`,
    )
  const price = Object.hasOwn(prices, id) ? prices[id]! : FREE
  const wire = env['PARAPET_MODEL_WIRE'] ?? (place === 'anthropic' ? 'anthropic' : 'openai')
  const model = await providerModel({
    wire: wire === 'anthropic' ? 'anthropic' : 'openai',
    ...(place !== 'anthropic' && { baseUrl: place }),
    id,
    ...(env['PARAPET_MODEL_KEY'] !== undefined && { apiKey: env['PARAPET_MODEL_KEY'] }),
  })
  const room = { concurrencyMax: atOnceMax, queueMax: QUEUE_MAX }
  const one = atOnce(timed(aiSdkModel({ model, price, clock }), timeoutMs, clock), room)
  const tried = retrying(one, { triesMax: 3, pauseMs: 500, pauseMaxMs: 20_000, clock, random })
  const told = telling(tried, { where: shown(place, id), ...(notice && { notice }) })
  return breaking(told, { failuresMax: 5, withinMs: 60_000, restMs: 30_000 }, clock)
}

/** Without what may be secret in an address. */
function shown(place: string, id: string): string {
  if (place === 'anthropic') return `${place}#${id}`
  const { origin, pathname } = new URL(place)
  return `${origin}${pathname}#${id}`
}

export interface ProviderPlace {
  readonly wire: 'openai' | 'anthropic'
  readonly baseUrl?: string
  readonly id: string
  readonly apiKey?: string
  readonly bodyBytesMax?: number
}

export async function providerModel(place: ProviderPlace): Promise<ProviderModel> {
  const { wire, baseUrl, id, apiKey, bodyBytesMax = BODY_BYTES_MAX } = place
  // A body that breaks off is an error of the call: nobody else needs to hear of it.
  const fetch = fetchOf(boundedFetch(bodyBytesMax, () => {}))
  const key = apiKey === undefined ? {} : { apiKey }
  if (wire === 'anthropic') {
    const { createAnthropic } = await import('@ai-sdk/anthropic')
    return createAnthropic({ ...(baseUrl !== undefined && { baseURL: baseUrl }), ...key, fetch })(id)
  }
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
  return createOpenAICompatible({
    name: 'openai-compatible',
    baseURL: baseUrl ?? '',
    ...key,
    fetch,
    includeUsage: true,
    supportsStructuredOutputs: true,
  })(id)
}

function fetchOf(bounded: ReturnType<typeof boundedFetch>): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await bounded(input instanceof Request ? input.url : input, init)
    const type = response.headers.get('content-type') ?? ''
    if (!response.ok || !type.startsWith('text/html')) return response
    await response.body?.cancel()
    throw new NoModelApi('a page for people came in place of an answer')
  }
}
