/** OTLP/JSON: spans and log records with their attributes as plain JSON. Knows nothing of agents. */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { isObject, objects, textOf } from './documents.ts'

export interface Signal {
  readonly trace: string
  /** An event and a log record have that of the span they belong to; '' when there is none. */
  readonly span: string
  /** Milliseconds since the epoch; a log record's are the same. */
  readonly startAt: number
  readonly endAt: number
  readonly attributes: JsonObject
  /** The span's status is an error. */
  readonly failed: boolean
}

/** Every span, every event of a span, and every log record, in the document's order. */
export function signalsOf(document: JsonObject): Signal[] {
  const signals: Signal[] = []
  for (const resource of objects(document['resourceSpans']))
    for (const scope of objects(resource['scopeSpans']))
      for (const span of objects(scope['spans'])) {
        const trace = textOf(span['traceId']) ?? ''
        const id = textOf(span['spanId']) ?? ''
        const startAt = milliseconds(span['startTimeUnixNano'])
        const endAt = milliseconds(span['endTimeUnixNano']) || startAt
        const status = isObject(span['status']) ? span['status']['code'] : undefined
        const attributes = attributesOf(span['attributes'])
        const failed =
          status === 2 || status === 'STATUS_CODE_ERROR' || attributes['error.type'] !== undefined
        signals.push({ trace, span: id, startAt, endAt, attributes, failed })
        for (const event of objects(span['events'])) {
          // An event tells of its span's request and answer, so it takes the span's times.
          const told = { ...attributes, ...attributesOf(event['attributes']) }
          if (event['name'] === INFERENCE_DETAILS)
            signals.push({ trace, span: id, startAt, endAt, attributes: told, failed: false })
        }
      }
  for (const resource of objects(document['resourceLogs']))
    for (const scope of objects(resource['scopeLogs']))
      for (const log of objects(scope['logRecords'])) {
        const attributes = attributesOf(log['attributes'])
        const name = textOf(log['eventName']) ?? textOf(attributes['event.name'])
        if (name !== INFERENCE_DETAILS) continue
        const at = milliseconds(log['timeUnixNano']) || milliseconds(log['observedTimeUnixNano'])
        const trace = textOf(log['traceId']) ?? ''
        const span = textOf(log['spanId']) ?? ''
        signals.push({ trace, span, startAt: at, endAt: at, attributes, failed: false })
      }
  return signals
}

/** The one event of the GenAI conventions that carries messages. */
const INFERENCE_DETAILS = 'gen_ai.client.inference.operation.details'

function attributesOf(list: Json | undefined): JsonObject {
  const attributes: JsonObject = {}
  for (const each of objects(list)) {
    const key = textOf(each['key'])
    if (key !== undefined) attributes[key] = anyValue(each['value'])
  }
  return attributes
}

/** `AnyValue`; 64-bit numbers travel as text. */
function anyValue(value: Json | undefined): Json {
  if (!isObject(value)) return null
  if ('stringValue' in value) return value['stringValue'] ?? ''
  if ('boolValue' in value) return value['boolValue'] ?? false
  if ('intValue' in value) return Number(value['intValue'])
  if ('doubleValue' in value) return Number(value['doubleValue'])
  if (isObject(value['arrayValue'])) return objects(value['arrayValue']['values']).map(anyValue)
  if (isObject(value['kvlistValue'])) return attributesOf(value['kvlistValue']['values'])
  return value['bytesValue'] ?? null
}

function milliseconds(nanoseconds: Json | undefined): number {
  if (typeof nanoseconds !== 'string' && typeof nanoseconds !== 'number') return 0
  const count = Number(nanoseconds)
  return Number.isFinite(count) ? Math.floor(count / 1e6) : 0
}
