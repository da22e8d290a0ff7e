/**
 * The listing of an MCP server as it stands in a file beside the policy: what was read, reviewed and committed. A server
 * may say something else tomorrow; what changed is told, and a tool that is not as pinned is not called.
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'

/** Tools of one server. */
export const LISTED_MAX = 1_000

export interface Listing {
  /** Before each of the server's names, so that two servers may have a tool of the same name. */
  readonly prefix: string
  readonly tools: readonly ListedTool[]
}

/** As `tools/list` gives it, the parts that say what it is and does. */
export interface ListedTool {
  readonly name: string
  readonly title?: string
  readonly description?: string
  readonly inputSchema: JsonObject
  readonly outputSchema: JsonObject
  readonly annotations?: JsonObject
}

/**
 * What a tool gives that does not say: its words as `text`, and beside them whatever is no text. It stands in the listing, so
 * that a policy can speak of the `text` of any result.
 */
export const TEXT_RESULT: JsonObject = {
  type: 'object',
  properties: { text: { type: 'string' }, content: { type: 'array' } },
  required: ['text'],
}

const PARTS = ['description', 'inputSchema', 'outputSchema', 'annotations'] as const
type Part = (typeof PARTS)[number]

export type Drift =
  | { readonly kind: 'gone'; readonly tool: string }
  /** A description counts: models read it, and words that were not reviewed may instruct them. */
  | { readonly kind: 'changed'; readonly tool: string; readonly parts: readonly Part[] }
  /** Nobody can call it: it is not in the vocabulary. */
  | { readonly kind: 'new'; readonly tool: string }

export function driftOf(pinned: readonly ListedTool[], live: readonly ListedTool[]): Drift[] {
  const now = new Map(live.map((tool) => [tool.name, tool]))
  const known = new Set(pinned.map(({ name }) => name))
  const drift = pinned.flatMap((tool): Drift[] => {
    const found = now.get(tool.name)
    if (!found) return [{ kind: 'gone', tool: tool.name }]
    const parts = PARTS.filter((part) => canonical(tool[part]) !== canonical(found[part]))
    return parts.length === 0 ? [] : [{ kind: 'changed', tool: tool.name, parts }]
  })
  const fresh = live.filter(({ name }) => !known.has(name))
  return [...drift, ...fresh.map(({ name }): Drift => ({ kind: 'new', tool: name }))]
}

export function driftInWords(drift: Drift): string {
  if (drift.kind === 'gone') return `\`${drift.tool}\` is gone`
  if (drift.kind === 'new') return `\`${drift.tool}\` is new and not in the listing`
  return `\`${drift.tool}\` has another ${drift.parts.join(', ')}`
}

/** The file's text. Tools in order of their names, so that a review shows what changed and nothing else. */
export function writeListing(listing: Listing, server: JsonObject): string {
  const { prefix } = listing
  const tools = listing.tools
    .map((tool) => ({ ...tool, name: prefix + tool.name }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return `${JSON.stringify({ server, ...(prefix !== '' && { prefix }), tools }, null, 2)}\n`
}

/** Undefined when the text is no listing. */
export function readListing(text: string): Listing | undefined {
  let document: Json
  try {
    document = JSON.parse(text)
  } catch {
    // The only way the platform says that a text is no JSON.
    return undefined
  }
  if (!isObject(document)) return undefined
  const prefix = document['prefix'] ?? ''
  const tools = document['tools']
  if (typeof prefix !== 'string' || !Array.isArray(tools)) return undefined
  const read = tools.map(listedTool)
  if (!read.every((tool) => tool?.name.startsWith(prefix) === true)) return undefined
  return {
    prefix,
    tools: read.flatMap((tool) => (tool ? [{ ...tool, name: tool.name.slice(prefix.length) }] : [])),
  }
}

/** Keeps the parts that are pinned; a server may say more. Undefined when it is no tool. */
export function listedTool(value: Json): ListedTool | undefined {
  if (!isObject(value)) return undefined
  const { name, title, description, inputSchema, outputSchema, annotations } = value
  if (typeof name !== 'string' || name === '' || !isObject(inputSchema)) return undefined
  return {
    name,
    ...(typeof title === 'string' && { title }),
    ...(typeof description === 'string' && { description }),
    inputSchema,
    outputSchema: isObject(outputSchema) ? outputSchema : TEXT_RESULT,
    ...(isObject(annotations) && { annotations }),
  }
}

/** Whether the server says what the tool gives. */
export function declaresResult({ outputSchema }: ListedTool): boolean {
  return canonical(outputSchema) !== canonical(TEXT_RESULT)
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Equal for equal values, whatever the order of their members. */
function canonical(value: Json | undefined): string {
  return JSON.stringify(value, (_, part: Json) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  )
}
