/**
 * Recorded conversations: what a customer said and what the model answered, turn by turn, so that a fleet can be run
 * again without a model. A line that cannot be used becomes a problem with its place; the other lines still count.
 */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import {
  choice,
  flag,
  list,
  number,
  object,
  optional,
  type Read,
  type ReadBy,
  record,
  text,
  wholeNumber,
} from './airline/shape.ts'

export interface ToolCall {
  readonly tool: string
  readonly args: JsonObject
}

/** One answer of the model: words, calls, or both. */
export interface ModelTurn {
  readonly text?: string
  readonly calls: readonly ToolCall[]
  /** How many messages of the customer came before it. */
  readonly heard: number
}

/** What a clerk asks of the recorded model: its answer number `turn` (from 0) since the customer's `heard`-th message. */
export type Question = ReadBy<typeof question>

export type RecordedEvent = ReadBy<typeof event>

export interface Conversation {
  /** `airline-<task>-<trial>`: short, and fit for an agent's instance id. */
  readonly id: string
  /** The line's own id. */
  readonly recordedAs: string
  /** In order, end markers removed; silent endings are left out. */
  readonly customer: readonly string[]
  readonly model: readonly ModelTurn[]
  readonly events: readonly RecordedEvent[]
}

export interface LineProblem {
  readonly kind: 'not JSON' | 'wrong shape' | 'repeated'
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly what: string
  readonly help: string
}

export type Recordings =
  | {
      readonly kind: 'read'
      readonly conversations: ReadonlyMap<string, Conversation>
      readonly problems: readonly LineProblem[]
    }
  | { readonly kind: 'unreadable'; readonly file: string; readonly cause: Error }

const event = record({
  seq: number,
  kind: choice('user', 'assistant', 'tool_call', 'tool_result'),
  content: optional(text),
  tool: optional(text),
  args: optional(object),
  /** The benchmark's own word on a write: whether it was the right one, and whether the tool did it. */
  write: optional(choice('gold', 'wrong_args', 'extra')),
  effect: optional(flag),
})
const question = record({ heard: wholeNumber, turn: wholeNumber, part: optional(wholeNumber) })
const trace = record({ id: text, events: list(event) })

/** Control words of the simulated customer; a message holding one is the customer's last. */
const END_MARKERS = /###(?:STOP|TRANSFER|OUT-OF-SCOPE)###/g

/** Reads `.jsonl` or `.jsonl.gz`. */
export function readRecordings(file: string): Recordings {
  try {
    const bytes = readFileSync(file)
    return parseRecordings((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'), file)
  } catch (error) {
    return { kind: 'unreadable', file, cause: error instanceof Error ? error : new Error(String(error)) }
  }
}

/** `file` names the text in problems. */
export function parseRecordings(jsonLines: string, file: string): Recordings {
  const conversations = new Map<string, Conversation>()
  const problems: LineProblem[] = []
  for (const [i, line] of jsonLines.split('\n').entries()) {
    if (line.trim() === '') continue
    const parsed = parseLine(line)
    const at = { file, line: i + 1 }
    if (parsed.kind === 'conversation') {
      const { id } = parsed.conversation
      if (conversations.has(id))
        problems.push({
          kind: 'repeated',
          ...at,
          what: `the conversation ${id} was on an earlier line`,
          help: 'remove one of the two lines; the first is used',
        })
      else conversations.set(id, parsed.conversation)
    } else problems.push({ ...parsed, ...at })
  }
  return { kind: 'read', conversations, problems }
}

/** The model's answer number `n`, from 0; undefined when the recording has no more. */
export function modelTurn(conversation: Conversation, n: number): ModelTurn | undefined {
  return conversation.model[n]
}

/**
 * The model's place at a clerk's desk: `{text?, calls, parts}`, where `parts` is how many calls the recorded turn has.
 * With `part`, that call alone and no words: what is left of a turn that did too much at once. A question beyond the
 * recording gets silence, `{calls: [], parts: 0}`; a malformed one is a problem in words.
 */
export function answerAsModel(conversation: Conversation, asked: Json): Read<Json> {
  const read = question(asked, '')
  if (read.kind === 'bad') return read
  const { heard, turn, part } = read.value
  const answer = conversation.model.filter((t) => t.heard === heard)[turn]
  if (answer === undefined) return { kind: 'ok', value: { calls: [], parts: 0 } }
  const parts = answer.calls.length
  const said = answer.text === undefined || part !== undefined ? {} : { text: answer.text }
  const calls = part === undefined ? answer.calls : answer.calls.slice(part, part + 1)
  return { kind: 'ok', value: { ...said, calls: calls.map(({ tool, args }) => ({ tool, args })), parts } }
}

/** The customer's message number `n`, from 0; undefined when the customer has nothing more to say. */
export function customerSays(conversation: Conversation, n: number): string | undefined {
  return conversation.customer[n]
}

type ParsedLine =
  | { readonly kind: 'conversation'; readonly conversation: Conversation }
  | Omit<LineProblem, 'file' | 'line'>

function parseLine(line: string): ParsedLine {
  let json: Json
  try {
    json = JSON.parse(line)
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    return {
      kind: 'not JSON',
      what,
      help: 'each line must be one complete JSON object; was the file cut off?',
    }
  }
  const read = trace(json, '')
  if (read.kind === 'bad')
    return {
      kind: 'wrong shape',
      what: read.problem,
      help: 'a conversation is {id, events: [{seq, kind, content | tool, args}]}',
    }
  const problem = read.value.events.map(eventProblem).find((p) => p !== undefined)
  if (problem !== undefined)
    return {
      kind: 'wrong shape',
      what: problem,
      help: 'words and results carry `content`, calls carry `tool` and `args`',
    }
  return { kind: 'conversation', conversation: fold(read.value.id, read.value.events) }
}

function eventProblem(e: RecordedEvent, i: number): string | undefined {
  if (e.kind === 'tool_call')
    return e.tool === undefined || e.args === undefined
      ? `\`events[${i}]\` is a call without \`tool\` and \`args\``
      : undefined
  return e.content === undefined ? `\`events[${i}]\` has no \`content\`` : undefined
}

function fold(recordedAs: string, events: readonly RecordedEvent[]): Conversation {
  const customer: string[] = []
  const model: ModelTurn[] = []
  let open: { text?: string; calls: ToolCall[]; heard: number } | undefined
  const turn = () => {
    if (open === undefined) {
      open = { calls: [], heard: customer.length }
      model.push(open)
    }
    return open
  }
  for (const e of events) {
    if (e.kind === 'assistant') {
      const now = turn()
      now.text = now.text === undefined ? (e.content ?? '') : `${now.text}\n${e.content ?? ''}`
    } else if (e.kind === 'tool_call') turn().calls.push({ tool: e.tool ?? '', args: e.args ?? {} })
    else {
      open = undefined
      if (e.kind === 'tool_result') continue
      const said = (e.content ?? '').replace(END_MARKERS, '').trim()
      if (said !== '') customer.push(said)
      if (said.length !== (e.content ?? '').trim().length) break
    }
  }
  const id = recordedAs.split(/[/:]/).slice(-3).join('-')
  return { id, recordedAs, customer, model, events }
}
