/**
 * Committed turns as OpenTelemetry spans by the GenAI conventions (opentelemetry.io/docs/specs/semconv/gen-ai), in OTLP/JSON.
 * A conversation is one trace across its agents: a turn is an `invoke_agent` span, a call an `execute_tool` span below the turn
 * that made it, from its intent to its result, and what a model was asked a `chat` span in the same way; every reason of a verdict is an event of its turn.
 *
 * Ids are digests of names, so that the same log gives the same spans however often it is sent.
 */
import { createHash } from 'node:crypto'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { isObject } from '#dsl/judge/values.ts'
import { addressOf } from '#runtime/fleet/address.ts'
import type { TurnRecord } from '#runtime/fleet/record.ts'
import type { Effect } from '#runtime/kernel/effect.ts'

type Attribute = { readonly key: string; readonly value: JsonObject }

export type Span = JsonObject

/** Calls under way at most; the oldest are shown without the turn that made them. */
const CALLS_MAX = 100_000

const INTERNAL = 1
const OK = 1
const ERROR = 2

export class Spans {
  /** By intent: the span of the turn that made the call. */
  readonly #made = new Map<string, string>()

  /** `intent`: the call whose result the turn takes, if it takes one. `policy`: hash of what judged it. */
  of(
    turn: TurnRecord,
    intent: { readonly at: number; readonly effect: Effect } | undefined,
    policy: string,
  ): Span[] {
    const { conversation, role } = addressOf(turn.agent)
    const traceId = digest(`conversation ${conversation}`, 16)
    const spanId = digest(`turn ${turn.agent} ${turn.turn}`, 8)
    for (const change of turn.changes) if (change.kind === 'intent') this.#remember(change.id, spanId)
    const spans: Span[] = [
      {
        traceId,
        spanId,
        name: `invoke_agent ${role}`,
        kind: INTERNAL,
        startTimeUnixNano: nanoseconds(turn.at),
        endTimeUnixNano: nanoseconds(turn.at),
        attributes: attributes({
          'gen_ai.operation.name': 'invoke_agent',
          'gen_ai.agent.name': role,
          'gen_ai.agent.id': turn.agent,
          'gen_ai.conversation.id': conversation,
          'parapet.turn': turn.turn,
          'parapet.input': turn.input.kind,
          'parapet.outcome': turn.outcome,
          'parapet.policy': turn.policy ?? policy,
          'parapet.steps': turn.steps,
        }),
        events: events(turn),
        status: turn.outcome === 'failed' ? { code: ERROR, message: turn.why ?? '' } : { code: OK },
      },
    ]
    const { input } = turn
    if (intent?.effect.kind === 'call' && (input.kind === 'result' || input.kind === 'failure')) {
      const { id, tool, args } = intent.effect
      const parentSpanId = this.#made.get(input.intent)
      spans.push({
        traceId,
        spanId: digest(`intent ${input.intent}`, 8),
        ...(parentSpanId === undefined ? {} : { parentSpanId }),
        name: `execute_tool ${tool}`,
        kind: INTERNAL,
        startTimeUnixNano: nanoseconds(intent.at),
        endTimeUnixNano: nanoseconds(turn.at),
        attributes: attributes({
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': tool,
          'gen_ai.tool.call.id': id,
          'gen_ai.tool.call.arguments': JSON.stringify(args),
          'gen_ai.agent.name': role,
          'gen_ai.conversation.id': conversation,
          ...(input.kind === 'result'
            ? { 'gen_ai.tool.call.result': JSON.stringify(input.value) }
            : { 'error.type': 'tool_failed' }),
        }),
        status: input.kind === 'result' ? { code: OK } : { code: ERROR, message: input.error },
      })
    }
    if (
      intent?.effect.kind === 'invoke' &&
      (input.kind === 'result' || input.kind === 'failure') &&
      input.spent
    ) {
      const { src } = intent.effect
      const value = input.kind === 'result' && isObject(input.value) ? input.value : {}
      const model = typeof value['model'] === 'string' ? value['model'] : src
      const parentSpanId = this.#made.get(input.intent)
      spans.push({
        traceId,
        spanId: digest(`intent ${input.intent}`, 8),
        ...(parentSpanId === undefined ? {} : { parentSpanId }),
        name: `chat ${model}`,
        kind: INTERNAL,
        startTimeUnixNano: nanoseconds(intent.at),
        endTimeUnixNano: nanoseconds(turn.at),
        attributes: attributes({
          'gen_ai.operation.name': 'chat',
          'gen_ai.response.model': model,
          'gen_ai.agent.name': role,
          'gen_ai.conversation.id': conversation,
          // The conventions part tokens into those in and out; a budget counts both.
          'parapet.usage.tokens': input.spent.tokens,
          'parapet.usage.cost': input.spent.amount,
          ...(input.kind === 'failure' && { 'error.type': 'model_failed' }),
        }),
        status: input.kind === 'result' ? { code: OK } : { code: ERROR, message: input.error },
      })
    }
    if (input.kind === 'result' || input.kind === 'failure') this.#made.delete(input.intent)
    return spans
  }

  #remember(intent: string, span: string): void {
    const [oldest] = this.#made.keys()
    if (this.#made.size >= CALLS_MAX && oldest !== undefined) this.#made.delete(oldest)
    this.#made.set(intent, span)
  }
}

/** One request of the OTLP/HTTP protocol, `POST /v1/traces`. */
export function traceRequest(fleet: string, version: string, spans: Span[]): JsonObject {
  return {
    resourceSpans: [
      {
        resource: { attributes: attributes({ 'service.name': fleet, 'service.namespace': 'parapet' }) },
        scopeSpans: [{ scope: { name: 'parapet', version }, spans }],
      },
    ],
  }
}

function events(turn: TurnRecord): Json[] {
  return (turn.judged ?? []).flatMap(({ step, verdict }) =>
    verdict.reasons.map((reason) => ({
      timeUnixNano: nanoseconds(turn.at),
      name: 'parapet.verdict',
      attributes: attributes({
        'parapet.verdict': verdict.kind,
        'parapet.check': reason.check,
        'parapet.action': reason.action,
        'parapet.shadow': reason.shadow,
        'parapet.found': reason.found,
        'parapet.step': `${step.kind} ${step.name}`.trimEnd(),
      }),
    })),
  )
}

function attributes(values: Readonly<Record<string, string | number | boolean>>): Attribute[] {
  return Object.entries(values).map(([key, value]) => ({ key, value: anyValue(value) }))
}

/** 64-bit numbers travel as text. */
function anyValue(value: string | number | boolean): JsonObject {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

function nanoseconds(ms: number): string {
  return `${BigInt(Math.trunc(ms)) * 1_000_000n}`
}

function digest(text: string, bytes: number): string {
  return createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, 2 * bytes)
}
