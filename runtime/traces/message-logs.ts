/**
 * Where chat logs keep their messages: a request's body, a response beside it, a bare list, or a message a line.
 * What a message means is each provider's own (`openai.ts`, `anthropic.ts`).
 */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { type Document, type Documents, firstText, isObject, objects } from './documents.ts'
import type { Happening, LineProblem, Talk, Talks } from './happening.ts'

export interface MessageList {
  readonly id: string
  readonly line: number
  readonly messages: readonly JsonObject[]
}

/** What one message says, and what of it could not be read. */
export interface MessageRead {
  readonly happenings: readonly Happening[]
  readonly wrong: readonly string[]
}

export function readMessageLog(documents: Documents, read: (message: JsonObject) => MessageRead): Talks {
  const { file } = documents
  const { lists, problems } = messageLists(documents)
  const found: LineProblem[] = [...problems]
  const talks: Talk[] = lists.map(({ id, line, messages }) => {
    const happenings: Happening[] = []
    for (const [i, message] of messages.entries()) {
      const { happenings: said, wrong } = read(message)
      for (const each of said) happenings.push(each)
      for (const what of wrong) found.push({ file, line, what: `message ${i + 1}: ${what}` })
    }
    return { id, happenings }
  })
  return { talks, problems: found }
}

/** Conversations as their messages, before anything is made of them. */
export function messageLists({ file, documents }: Documents): {
  readonly lists: readonly MessageList[]
  readonly problems: readonly LineProblem[]
} {
  const lists: MessageList[] = []
  const problems: LineProblem[] = []
  const alone: JsonObject[] = []
  const add = ({ value, line }: Document, id: string): void => {
    if (Array.isArray(value)) {
      const items = objects(value)
      if (items.some(isMessage)) lists.push({ id, line, messages: items })
      else for (const [i, each] of value.entries()) add({ value: each, line }, `${id}:${i + 1}`)
      return
    }
    if (!isObject(value)) {
      problems.push({ file, line, what: 'this line is no message and no list of messages', help: SHAPE })
      return
    }
    if (isMessage(value)) {
      alone.push(value)
      return
    }
    const messages = [...said(inner(value, 'request', 'body') ?? value), ...said(inner(value, 'response'))]
    if (messages.length === 0) problems.push({ file, line, what: 'there are no messages here', help: SHAPE })
    else {
      const named = firstText(value, 'conversation_id', 'conversation', 'session_id', 'thread_id', 'id')
      lists.push({ id: named ?? id, line, messages })
    }
  }
  for (const document of documents) add(document, `${file}:${document.line}`)
  if (alone.length > 0) lists.push({ id: file, line: 1, messages: alone })
  return { lists, problems }
}

const SHAPE = 'a conversation is {id, messages: […]} or {input: […], output: […]}'

function said(body: JsonObject | undefined): JsonObject[] {
  if (body === undefined) return []
  const input = body['input']
  const messages = [
    ...objects(body['messages']),
    ...(typeof input === 'string' ? [{ role: 'user', content: input }] : objects(input)),
    ...objects(body['output']),
    ...objects(body['choices'])
      .slice(0, 1)
      .flatMap((choice) => objects([choice['message'] ?? null])),
  ]
  // A provider's response is a message itself.
  if (messages.length === 0 && isMessage(body)) return [body]
  return messages
}

function inner(value: JsonObject, ...names: readonly string[]): JsonObject | undefined {
  for (const name of names) {
    const found: Json | undefined = value[name]
    if (isObject(found)) return found
  }
  return undefined
}

function isMessage(value: JsonObject): boolean {
  if (typeof value['role'] === 'string') return true
  const type = value['type']
  return typeof type === 'string' && /(?:^reasoning$|_call$|_call_output$)/.test(type)
}

/** Text, or a list of parts that hold text. `undefined` when it is neither. */
export function wordsOf(content: Json | undefined): string | undefined {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return undefined
  const texts = objects(content).flatMap((part) => (typeof part['text'] === 'string' ? [part['text']] : []))
  return texts.length === 0 ? undefined : texts.join('\n')
}
