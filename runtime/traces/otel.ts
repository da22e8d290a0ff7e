/**
 * OpenTelemetry spans and events by the GenAI semantic conventions (opentelemetry.io/docs/specs/semconv/gen-ai):
 * `gen_ai.input.messages`, `gen_ai.output.messages` and `execute_tool` spans with `gen_ai.tool.*`.
 *
 * A model is told the whole conversation every time, so the same words stand in many spans, and a call stands in the
 * model's answer, in its tool's span and in the next request. Each is taken once: calls and results by their id, the
 * rest by where a request's messages overlap what has been seen.
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { argumentsOf, type Documents, isObject, objects, textOf } from './documents.ts'
import type { Happening, LineProblem, Talk, Talks } from './happening.ts'
import { type Signal, signalsOf } from './otlp.ts'

export function readOtel({ file, documents }: Documents): Talks {
  const problems: LineProblem[] = []
  const byConversation = new Map<string, Signal[]>()
  for (const { value, line } of documents)
    for (const document of Array.isArray(value) ? value : [value]) {
      const signals = isObject(document) ? signalsOf(document) : []
      if (signals.length === 0)
        problems.push({ file, line, what: 'there are no spans or log records here', help: SHAPE })
      for (const signal of signals) {
        if (operationOf(signal) === undefined) continue
        const conversation = textOf(signal.attributes['gen_ai.conversation.id']) ?? signal.trace
        const into = byConversation.get(conversation)
        if (into === undefined) byConversation.set(conversation, [signal])
        else into.push(signal)
      }
    }
  const talks: Talk[] = []
  let uncaptured = 0
  for (const [id, signals] of byConversation) {
    const { happenings, withoutContent } = retell(signals)
    uncaptured += withoutContent
    talks.push({ id, happenings })
  }
  if (uncaptured > 0)
    problems.push({
      file,
      line: 1,
      what: `${uncaptured} spans carry no messages or arguments; calls among them were taken without arguments`,
      help: 'capturing content is opt-in: OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT in most instrumentations',
    })
  return { talks, problems }
}

const SHAPE = 'OTLP/JSON is {resourceSpans: [{scopeSpans: [{spans: […]}]}]}, one document or one a line'

type Operation = 'inference' | 'agent' | 'tool'

function operationOf({ attributes }: Signal): Operation | undefined {
  switch (attributes['gen_ai.operation.name']) {
    case 'execute_tool':
      return 'tool'
    case 'invoke_agent':
    case 'invoke_workflow':
      return 'agent'
    case 'chat':
    case 'generate_content':
    case 'text_completion':
      return 'inference'
    default:
      return carriesMessages(attributes) ? 'inference' : undefined
  }
}

function carriesMessages(attributes: JsonObject): boolean {
  return (
    attributes['gen_ai.input.messages'] !== undefined || attributes['gen_ai.output.messages'] !== undefined
  )
}

function retell(signals: readonly Signal[]): { happenings: Happening[]; withoutContent: number } {
  const inOrder = signals.toSorted((a, b) => a.startAt - b.startAt)
  const inferences = inOrder.some(
    (signal) => operationOf(signal) === 'inference' && carriesMessages(signal.attributes),
  )
  const happenings: Happening[] = []
  const spans = new Set<string>()
  const tellings = new Map<string, Telling>()
  let withoutContent = 0
  for (const signal of inOrder) {
    const { attributes } = signal
    const agent = textOf(attributes['gen_ai.agent.name'])
    const telling = tellings.get(agent ?? '') ?? new Telling(happenings, agent)
    tellings.set(agent ?? '', telling)
    const operation = operationOf(signal)
    if (operation === 'tool') {
      if (attributes['gen_ai.tool.call.arguments'] === undefined) withoutContent++
      telling.tool(signal)
      // An agent's span repeats what its models' spans say.
    } else if (operation === 'inference' || !inferences) {
      if (operation === 'inference' && !carriesMessages(attributes)) {
        if (!inferences) withoutContent++
        continue
      }
      // A span and the event that goes with it may both carry the messages.
      if (signal.span !== '' && spans.has(signal.span)) continue
      spans.add(signal.span)
      telling.request(partsOf(attributes['gen_ai.input.messages']), signal.startAt)
      telling.answer(partsOf(attributes['gen_ai.output.messages']), signal.endAt)
    }
  }
  return { happenings, withoutContent }
}

/** One agent's side of a conversation, as far as it has been told. */
class Telling {
  readonly #into: Happening[]
  readonly #agent: string | undefined
  readonly #calls = new Set<string>()
  readonly #results = new Set<string>()
  /** What has no id, in order. */
  readonly #told: string[] = []

  constructor(into: Happening[], agent: string | undefined) {
    this.#into = into
    this.#agent = agent
  }

  request(parts: readonly Happening[], at: number): void {
    const loose = parts.filter((part) => idOf(part) === undefined).map(keyOf)
    let known = overlap(this.#told, loose)
    for (const part of parts) {
      if (idOf(part) === undefined && known-- > 0) continue
      this.#tell(part, at)
    }
  }

  answer(parts: readonly Happening[], at: number): void {
    for (const part of parts) this.#tell(part, at)
  }

  tool({ attributes, startAt, endAt, failed }: Signal): void {
    const tool = textOf(attributes['gen_ai.tool.name'])
    const call = textOf(attributes['gen_ai.tool.call.id'])
    if (tool === undefined) return
    const args = argumentsOf(attributes['gen_ai.tool.call.arguments']) ?? {}
    const common = { tool, ...(call === undefined ? {} : { call }) }
    this.#tell({ kind: 'called', ...common, args }, startAt)
    const value = attributes['gen_ai.tool.call.result'] ?? textOf(attributes['error.type'])
    if (value !== undefined)
      this.#tell({ kind: 'returned', ...common, value, ...(failed ? { failed } : {}) }, endAt)
  }

  #tell(part: Happening, at: number): void {
    const id = idOf(part)
    const seen = part.kind === 'called' ? this.#calls : this.#results
    if (id === undefined) this.#told.push(keyOf(part))
    else if (seen.has(id)) return
    else seen.add(id)
    this.#into.push({
      ...part,
      ...(at > 0 ? { at } : {}),
      ...(this.#agent === undefined ? {} : { agent: this.#agent }),
    })
  }
}

function idOf(part: Happening): string | undefined {
  return part.kind === 'called' || part.kind === 'returned' ? part.call : undefined
}

function keyOf(part: Happening): string {
  switch (part.kind) {
    case 'heard':
    case 'said':
      return `${part.kind}:${part.text}`
    case 'called':
      return `called:${part.tool}:${JSON.stringify(part.args)}`
    case 'returned':
      return `returned:${JSON.stringify(part.value)}`
  }
}

/** How many of `next` from its beginning are the end of `told`, at most. */
function overlap(told: readonly string[], next: readonly string[]): number {
  for (let length = Math.min(told.length, next.length); length > 0; length--) {
    const from = told.length - length
    if (next.slice(0, length).every((key, i) => told[from + i] === key)) return length
  }
  return 0
}

/** Messages `{role, parts: [{type, …}]}`, as JSON or as JSON text. */
function partsOf(attribute: Json | undefined): Happening[] {
  const happenings: Happening[] = []
  for (const message of objects(asList(attribute))) {
    for (const part of objects(message['parts'])) {
      const call = textOf(part['id'])
      const id = call === undefined ? {} : { call }
      const content = textOf(part['content'])
      if (part['type'] === 'text' && content !== undefined) {
        if (message['role'] === 'user') happenings.push({ kind: 'heard', text: content })
        else if (message['role'] === 'assistant') happenings.push({ kind: 'said', text: content })
      } else if (part['type'] === 'tool_call') {
        const tool = textOf(part['name'])
        if (tool !== undefined)
          happenings.push({ kind: 'called', tool, args: argumentsOf(part['arguments']) ?? {}, ...id })
      } else if (part['type'] === 'tool_call_response')
        happenings.push({ kind: 'returned', value: part['response'] ?? part['result'] ?? '', ...id })
    }
  }
  return happenings
}

function asList(attribute: Json | undefined): Json | undefined {
  if (typeof attribute !== 'string') return attribute
  try {
    return JSON.parse(attribute) as Json
  } catch {
    return undefined
  }
}
