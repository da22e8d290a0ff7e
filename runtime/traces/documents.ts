/** A file's text as JSON documents with their lines: JSON lines, or one document over many lines. */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { LineProblem } from './happening.ts'

export interface Document {
  readonly value: Json
  /** Where it begins, from 1. */
  readonly line: number
}

export interface Documents {
  readonly file: string
  readonly documents: readonly Document[]
  readonly problems: readonly LineProblem[]
}

/** Never throws. A text whose first line is no document of its own is taken as one document, if it is one. */
export function documentsOf(text: string, file: string): Documents {
  const documents: Document[] = []
  const problems: LineProblem[] = []
  let line = 0
  for (const each of text.replace(/^\uFEFF/, '').split('\n')) {
    line++
    if (each.trim() === '') continue
    const parsed = parse(each)
    if (parsed.kind === 'json') documents.push({ value: parsed.value, line })
    else {
      if (documents.length === 0 && problems.length === 0) {
        const whole = parse(text.replace(/^\uFEFF/, ''))
        if (whole.kind === 'json') return { file, documents: [{ value: whole.value, line }], problems }
      }
      problems.push({
        file,
        line,
        what: `this line is not JSON: ${parsed.message}`,
        help: 'each line must be one complete JSON document, or the whole file one; was it cut off?',
      })
    }
  }
  return { file, documents, problems }
}

type Parsed =
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'bad'; readonly message: string }

function parse(text: string): Parsed {
  try {
    return { kind: 'json', value: JSON.parse(text) }
  } catch (cause) {
    return { kind: 'bad', message: (cause as Error).message }
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

export function objects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

export function textsOf(value: Json | undefined): string[] | undefined {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined
}

export function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The first of the fields that holds text. */
export function firstText(value: JsonObject, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = value[name]
    if (typeof found === 'string' && found !== '') return found
  }
  return undefined
}

/** Milliseconds since the epoch from ISO 8601 with an offset, or from a count of seconds or milliseconds. */
export function instantOf(value: Json | undefined): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? toMs(value) : undefined
  if (typeof value !== 'string' || !/(?:Z|[+-]\d\d:?\d\d)$/.test(value)) return undefined
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : at
}

/** Seconds reach this in the year 5138, milliseconds reached it in 1973: recordings lie between. */
const SECONDS_BELOW = 1e11

const toMs = (count: number): number => Math.round(count < SECONDS_BELOW ? count * 1_000 : count)

/** A call's arguments: an object, or an object as text; `undefined` when they are neither. Nothing at all is no arguments. */
export function argumentsOf(value: Json | undefined): JsonObject | undefined {
  if (value === undefined || value === null || value === '') return {}
  if (isObject(value)) return value
  const parsed = typeof value === 'string' ? parse(value) : undefined
  return parsed?.kind === 'json' && isObject(parsed.value) ? parsed.value : undefined
}
