/** A file of recordings as conversations: finds out which format it is, and reads it. A line that cannot be used is a problem, the rest counts. */
import { readAnthropic } from './anthropic.ts'
import { type Conversation, conversationOf } from './conversation.ts'
import { type Documents, documentsOf, isObject, objects } from './documents.ts'
import { readEventLines } from './event-lines.ts'
import { readFleetLog } from './fleet-log.ts'
import type { Format } from './formats.ts'
import type { LineProblem, Talks } from './happening.ts'
import { messageLists } from './message-logs.ts'
import { readOpenai } from './openai.ts'
import { readOtel } from './otel.ts'
import { isStepKind, readStepLines, type StepsRead } from './step-lines.ts'
import type { Voice } from './voice.ts'

export interface ReadOptions {
  /** Names the text in problems. */
  readonly file: string
  /** Found out from the text when left out. */
  readonly format?: Format
  /** Needed by every format but `steps` and `fleet`, which speak the policy's words already. */
  readonly voice?: Voice
  /** Milliseconds since the epoch of the first step of a conversation that says no time of its own. */
  readonly startsAt: number
}

export type TracesRead =
  | {
      readonly kind: 'read'
      readonly format: Format
      readonly conversations: readonly Conversation[]
      readonly problems: readonly LineProblem[]
    }
  | { readonly kind: 'of no known format'; readonly problems: readonly LineProblem[] }
  | { readonly kind: 'in need of a voice'; readonly format: Format }

const TALKS: Readonly<Record<Exclude<Format, 'steps' | 'fleet'>, (documents: Documents) => Talks>> = {
  events: readEventLines,
  openai: readOpenai,
  anthropic: readAnthropic,
  otel: readOtel,
}
const STEPS: Readonly<Record<'steps' | 'fleet', (documents: Documents) => StepsRead>> = {
  steps: readStepLines,
  fleet: readFleetLog,
}

export function readTraces(text: string, { file, format: forced, voice, startsAt }: ReadOptions): TracesRead {
  const documents = documentsOf(text, file)
  const format = forced ?? formatOf(documents)
  if (format === undefined) return { kind: 'of no known format', problems: documents.problems }
  if (format === 'steps' || format === 'fleet') {
    const { conversations, problems } = STEPS[format](documents)
    return { kind: 'read', format, conversations, problems: inOrder(documents.problems, problems) }
  }
  if (voice === undefined) return { kind: 'in need of a voice', format }
  const { talks, problems } = TALKS[format](documents)
  return {
    kind: 'read',
    format,
    conversations: talks.map((talk) => conversationOf(talk, voice, startsAt)),
    problems: inOrder(documents.problems, problems),
  }
}

/** Documents looked at to find out the format. */
const LOOKED_AT_MAX = 20

function formatOf(documents: Documents): Format | undefined {
  const looked = { ...documents, documents: documents.documents.slice(0, LOOKED_AT_MAX) }
  for (const { value } of looked.documents) {
    const each = Array.isArray(value) ? objects(value)[0] : value
    if (!isObject(each)) continue
    if (each['resourceSpans'] !== undefined || each['resourceLogs'] !== undefined) return 'otel'
    if (Array.isArray(each['events'])) return 'events'
    if (isObject(each['input']) && typeof each['agent'] === 'string' && each['turn'] !== undefined)
      return 'fleet'
    if (isStepKind(each['kind']) && each['agent'] !== undefined) return 'steps'
  }
  const messages = messageLists(looked).lists.flatMap((list) => list.messages)
  if (messages.length === 0) return undefined
  const blocks = messages.flatMap((message) => objects(message['content']))
  return blocks.some(({ type }) => typeof type === 'string' && /tool_use|tool_result|thinking/.test(type))
    ? 'anthropic'
    : 'openai'
}

function inOrder(...lists: readonly (readonly LineProblem[])[]): LineProblem[] {
  return lists.flat().sort((a, b) => a.line - b.line)
}
