/** Parapet's own trace format: a conversation a line, `{id, events: [{seq, kind: user | assistant | tool_call | tool_result, …}]}`. */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { argumentsOf, type Documents, firstText, instantOf, isObject, textOf } from './documents.ts'
import type { Happening, LineProblem, Talk, Talks } from './happening.ts'

export function readEventLines({ file, documents }: Documents): Talks {
  const talks: Talk[] = []
  const problems: LineProblem[] = []
  for (const { value, line } of documents) {
    const events = isObject(value) ? value['events'] : undefined
    if (!isObject(value) || !Array.isArray(events)) {
      problems.push({ file, line, what: 'there are no `events` here', help: SHAPE })
      continue
    }
    const happenings: Happening[] = []
    for (const [i, event] of events.entries()) {
      const read = isObject(event) ? happeningOf(event) : 'is no object'
      if (typeof read === 'string')
        problems.push({ file, line, what: `\`events[${i}]\` ${read}`, help: SHAPE })
      else happenings.push(read)
    }
    talks.push({ id: firstText(value, 'id') ?? `${file}:${line}`, happenings })
  }
  return { talks, problems }
}

const SHAPE = 'a conversation is {id, events: [{kind, content | tool, args}]}'

/** What is wrong with it, when it is text. */
function happeningOf(event: JsonObject): Happening | string {
  const at = instantOf(event['at'] ?? event['timestamp'])
  const agent = textOf(event['agent'])
  const seq = event['seq']
  const common = {
    ...(at === undefined ? {} : { at }),
    ...(agent === undefined ? {} : { agent }),
    ...(typeof seq === 'number' ? { seq } : {}),
  }
  const content = event['content']
  const tool = firstText(event, 'tool')
  const call = firstText(event, 'call')
  switch (event['kind']) {
    case 'user':
      return typeof content === 'string'
        ? { ...common, kind: 'heard', text: content }
        : 'has no text `content`'
    case 'assistant':
      return typeof content === 'string'
        ? { ...common, kind: 'said', text: content }
        : 'has no text `content`'
    case 'tool_call': {
      const args = argumentsOf(event['args'])
      if (tool === undefined || args === undefined) return 'is a call without `tool` and `args`'
      return { ...common, kind: 'called', tool, args, ...(call === undefined ? {} : { call }) }
    }
    case 'tool_result':
      if (content === undefined) return 'is a result without `content`'
      return {
        ...common,
        kind: 'returned',
        ...(failed(event['error'])
          ? { failed: true, value: content === '' ? (event['error'] ?? '') : content }
          : { value: content }),
        ...(tool === undefined ? {} : { tool }),
        ...(call === undefined ? {} : { call }),
      }
    default:
      return 'has a `kind` other than user, assistant, tool_call and tool_result'
  }
}

/** `error` is a mark, a message, or an object that tells of one. */
function failed(error: Json | undefined): boolean {
  return error !== undefined && error !== null && error !== false && error !== ''
}
