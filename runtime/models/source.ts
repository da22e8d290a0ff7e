/**
 * Models as what a fleet's world offers: a source that machines `invoke`, or a tool that they call, when a budget across
 * the fleet is to be reserved for it (`settles cost by spends`).
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { Outcome, SourceExecutor } from '#runtime/fleet/definition.ts'
import { fromJsonSchema } from '#runtime/tools/schema.ts'
import { defineTool, type Tool, type ToolSpec } from '#runtime/tools/tool.ts'
import { failed, type Model, type ModelOutcome, type ModelRequest, type ToolCall } from './model.ts'
import { sentenceBySentence } from './sentences.ts'

/** What comes back to the machine. */
export type ModelAnswer = {
  text: string
  value?: Json
  calls: ToolCall[]
  ended: string
  model: string
  latencyMs: number
}

/** Its input is a `ModelRequest`. What was spent is judged as a `spends` step, failures included. */
export function modelSource(model: Model): SourceExecutor {
  return async (input, { signal, parts }) => {
    const read = readRequest(input)
    if (read.kind === 'unfit')
      return { kind: 'failed', error: `no request to a model: ${read.faults.join('; ')}` }
    const request = read.value
    if (parts === undefined || request.bySentence !== true)
      return outcomeOf(await model.generate(request, { signal }))
    // A model asked again says something else: what has been let out of the first answer cannot be gone on with.
    if (parts.heard > 0)
      return outcomeOf(
        failed(
          'down',
          `cut off after ${parts.heard} sentences: the daemon stopped`,
          model.costAtMost(request),
        ),
      )
    const sentences = sentenceBySentence(parts.say)
    const outcome = await model.generate(request, { signal, hear: sentences.hear })
    if (outcome.kind === 'answered') sentences.end()
    return outcomeOf(outcome)
  }
}

export interface ModelToolSpec<Args> extends Pick<ToolSpec<Args>, 'name' | 'description' | 'takes'> {
  readonly model: Model
  readonly request: (args: Args) => ModelRequest
}

/** As a tool: the step `calls` says beforehand what it may cost, by fields of its own. */
export function modelTool<Args>({ model, request, ...spec }: ModelToolSpec<Args>): Tool {
  return defineTool({
    ...spec,
    run: async (args, { signal }) => outcomeOf(await model.generate(request(args), { signal })),
  })
}

/** A model changes nothing in the world: whatever fails, has not come about, but costs what it cost. */
function outcomeOf(outcome: ModelOutcome): Outcome {
  const { amount, tokens } = outcome.cost
  const spent = { amount, tokens }
  if (outcome.kind === 'failed') {
    // Where money was spent, what was reserved for it is settled and not given back.
    const cameAbout = amount > 0 || tokens > 0 ? ({ cameAbout: 'yes' } as const) : {}
    return { kind: 'failed', error: `${outcome.why}: ${outcome.error}`, ...cameAbout, spent }
  }
  const { text, value, calls, ended, model, latencyMs } = outcome
  const answer: ModelAnswer = {
    text,
    ...(value !== undefined && { value }),
    calls: [...calls],
    ended,
    model,
    latencyMs,
  }
  return { kind: 'ok', value: answer, spent }
}

const TEXT = { type: 'string' }
const CALL: JsonObject = {
  type: 'object',
  properties: { id: TEXT, tool: TEXT, args: { type: 'object' } },
  required: ['id', 'tool', 'args'],
}
const MESSAGE: JsonObject = {
  oneOf: [
    { properties: { role: { const: 'user' }, text: TEXT }, required: ['role', 'text'] },
    {
      properties: { role: { const: 'model' }, text: TEXT, calls: { type: 'array', items: CALL } },
      required: ['role', 'text'],
    },
    {
      properties: {
        role: { const: 'tool' },
        results: {
          type: 'array',
          items: {
            type: 'object',
            properties: { id: TEXT, tool: TEXT, value: true, failed: { type: 'boolean' } },
            required: ['id', 'tool', 'value'],
          },
        },
      },
      required: ['role', 'results'],
    },
  ],
}

/** Messages of one request; more would not fit into a record either. */
export const MESSAGES_MAX = 1_000
/** Tokens asked of one answer at most. */
export const TOKENS_MAX = 200_000

const REQUEST = fromJsonSchema({
  type: 'object',
  properties: {
    system: TEXT,
    messages: { type: 'array', items: { type: 'object', ...MESSAGE }, minItems: 1, maxItems: MESSAGES_MAX },
    tools: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: TEXT, description: TEXT, inputSchema: { type: 'object' } },
        required: ['name', 'inputSchema'],
      },
    },
    output: { type: 'object' },
    tokensMax: { type: 'integer', minimum: 1, maximum: TOKENS_MAX },
    bySentence: { type: 'boolean' },
    temperature: { type: 'number', minimum: 0, maximum: 2 },
  },
  required: ['messages', 'tokensMax'],
  additionalProperties: false,
})

type ReadRequest =
  | { readonly kind: 'fits'; readonly value: ModelRequest }
  | { readonly kind: 'unfit'; readonly faults: readonly string[] }

function readRequest(input: Json): ReadRequest {
  const read = REQUEST.read(input)
  return read.kind === 'fits' ? { kind: 'fits', value: asRequest(read.value) } : read
}

/** The schema above is the type. */
function asRequest(value: unknown): ModelRequest {
  return value as ModelRequest
}
