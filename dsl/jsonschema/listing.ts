/** Listings of tools: MCP's `tools/list`, OpenAI's and Anthropic's function listings. */
import type { Json } from '../judge/step.ts'
import { isRecord, member, textAt } from './json.ts'

export interface ListedTool {
  readonly name: string
  /** What it takes, with the place of that schema in the document; absent when it takes nothing. */
  readonly takes: ListedSchema | undefined
  readonly returns: ListedSchema | undefined
  readonly readsOnly: boolean
  readonly idempotent: boolean
}

export interface ListedSchema {
  readonly schema: Json
  readonly at: string
}

/** Undefined when the document lists no tools. */
export function listedTools(document: Json): ListedTool[] | undefined {
  const found = findList(document)
  if (found === undefined) return undefined
  const tools = found.list.map((entry, i) => listedTool(entry, `${found.at}/${i}`))
  return tools.every((tool) => tool !== undefined) && tools.length > 0 ? tools : undefined
}

function findList(document: Json): { readonly list: readonly Json[]; readonly at: string } | undefined {
  if (Array.isArray(document)) return { list: document, at: '' }
  if (!isRecord(document)) return undefined
  const tools = member(document, 'tools') ?? member(document, 'functions')
  if (Array.isArray(tools))
    return { list: tools, at: Object.hasOwn(document, 'tools') ? '/tools' : '/functions' }
  // A whole JSON-RPC answer.
  const result = member(document, 'result')
  const inner = isRecord(result) ? member(result, 'tools') : undefined
  return Array.isArray(inner) ? { list: inner, at: '/result/tools' } : undefined
}

const INPUT = ['inputSchema', 'input_schema', 'parameters']
const OUTPUT = ['outputSchema', 'output_schema']

function listedTool(entry: Json, at: string): ListedTool | undefined {
  if (!isRecord(entry)) return undefined
  const inner = member(entry, 'function')
  if (isRecord(inner)) return listedTool(inner, `${at}/function`)
  const name = textAt(entry, 'name')
  if (name === undefined) return undefined
  const schemaAt = (keys: readonly string[]): ListedSchema | undefined => {
    const key = keys.find((one) => Object.hasOwn(entry, one))
    return key === undefined ? undefined : { schema: entry[key]!, at: `${at}/${key}` }
  }
  const hints = member(entry, 'annotations')
  const hint = (key: string) => isRecord(hints) && member(hints, key) === true
  return {
    name,
    takes: schemaAt(INPUT),
    returns: schemaAt(OUTPUT),
    readsOnly: hint('readOnlyHint'),
    idempotent: hint('idempotentHint'),
  }
}
