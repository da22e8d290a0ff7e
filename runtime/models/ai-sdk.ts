/**
 * Any provider of the AI SDK as a model. It is asked through the SDK's provider interface, call by call: the SDK's own loop,
 * retries and logging stay out, since steps are the fleet's to take and to judge.
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { Clock } from '#runtime/fleet/clock.ts'
import { failureOf } from './failure.ts'
import {
  ANSWER_CHARS_MAX,
  type Answered,
  type Cost,
  failed,
  type Model,
  type ModelContext,
  type ModelOutcome,
  type ModelRequest,
  type ToolCall,
} from './model.ts'
import { costAtMost, costOf, type Price } from './price.ts'
import { type CallOptions, optionsOf, type ProviderModel } from './provider-prompt.ts'

type Ended = Awaited<ReturnType<ProviderModel['doGenerate']>>
type Part = Ended['content'][number]

export interface AiSdkOptions {
  readonly model: ProviderModel
  readonly price: Price
  readonly clock: Clock
}

export function aiSdkModel({ model, price, clock }: AiSdkOptions): Model {
  const name = `${model.provider}/${model.modelId}`
  const atMost = (request: ModelRequest) => costAtMost(request, price)
  return {
    name,
    costAtMost: atMost,
    async generate(request, context) {
      const since = clock.now()
      const unknown = atMost(request)
      // Ends the provider's work when it is cancelled, and when it says more than is read.
      const work = new AbortController()
      const abort = () => work.abort(context.signal.reason)
      if (context.signal.aborted) return failed('cancelled', 'cancelled before it was asked')
      context.signal.addEventListener('abort', abort, { once: true })
      const cancelled = new Promise<ModelOutcome>((resolve) =>
        work.signal.addEventListener('abort', () => resolve(failed('cancelled', 'cancelled', unknown)), {
          once: true,
        }),
      )
      try {
        const options = { ...optionsOf(request), abortSignal: work.signal }
        const asked = context.hear ? heard(model, options, context) : model.doGenerate(options)
        const outcome = Promise.resolve(asked).then(
          (ended) => answered(ended, name, unknown, price, clock.now() - since),
          (cause) => failureOf(cause, unknown, clock.now()),
        )
        return await Promise.race([outcome, cancelled])
      } catch (cause) {
        return failureOf(cause, unknown, clock.now())
      } finally {
        context.signal.removeEventListener('abort', abort)
        work.abort()
      }
    },
  }
}

/** A stream taken together, each piece of text told as it comes. One that stops short of its end is cut. */
async function heard(
  model: ProviderModel,
  options: CallOptions,
  { hear }: ModelContext,
): Promise<Pick<Ended, 'content' | 'finishReason' | 'usage'>> {
  const { stream } = await model.doStream(options)
  const content: Part[] = []
  let chars = 0
  for await (const part of stream) {
    switch (part.type) {
      case 'text-delta': {
        chars += part.delta.length
        if (chars > ANSWER_CHARS_MAX) throw new Error(TOO_LONG)
        content.push({ type: 'text', text: part.delta })
        hear?.(part.delta)
        break
      }
      case 'tool-call':
        content.push(part)
        break
      case 'error':
        throw part.error instanceof Error ? part.error : new Error(wordsOf(part.error))
      case 'finish':
        // What ended without saying why was cut off under way.
        if (part.finishReason.raw === undefined) throw new Error('the answer was cut off')
        return { content, finishReason: part.finishReason, usage: part.usage }
    }
  }
  throw new Error('the answer was cut off')
}

const TOO_LONG = `the answer takes over ${ANSWER_CHARS_MAX} characters`

function answered(
  { content, finishReason, usage }: Pick<Ended, 'content' | 'finishReason' | 'usage'>,
  model: string,
  unknown: Cost,
  price: Price,
  latencyMs: number,
): ModelOutcome {
  const { total: inputTokens, cacheRead } = usage.inputTokens
  const { total: outputTokens } = usage.outputTokens
  const cost =
    inputTokens === undefined || outputTokens === undefined
      ? unknown
      : costOf({ inputTokens, outputTokens, cachedTokens: cacheRead ?? 0 }, price)
  let text = ''
  let chars = 0
  const calls: ToolCall[] = []
  for (const part of content) {
    if (part.type === 'text') text += part.text
    if (part.type !== 'tool-call') continue
    chars += part.input.length
    const args = recordIn(part.input)
    if (args === undefined)
      return failed('nonsense', `it calls \`${part.toolName}\` with what is no JSON object`, cost)
    calls.push({ id: part.toolCallId, tool: part.toolName, args })
  }
  if (chars + text.length > ANSWER_CHARS_MAX) return failed('nonsense', TOO_LONG, cost)
  if (finishReason.unified === 'error') return failed('down', 'the provider broke off with an error', cost)
  return { kind: 'answered', text, calls, ended: ENDED[finishReason.unified], cost, latencyMs, model }
}

const ENDED: Readonly<Record<Ended['finishReason']['unified'], Answered['ended']>> = {
  stop: 'whole',
  length: 'at the limit',
  'tool-calls': 'to call',
  'content-filter': 'filtered',
  error: 'otherwise',
  interrupted: 'otherwise',
  other: 'otherwise',
}

function recordIn(text: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(text === '' ? '{}' : text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    // What a model wrote is no JSON: the caller says so.
    return undefined
  }
}

function wordsOf(error: unknown): string {
  if (typeof error === 'string') return error
  const message =
    typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined
  return typeof message === 'string' ? message : 'the provider broke off with an error'
}
