/** Files of a conversation a line, read line by line, plain or gzipped, however long they are. */
import { type Conversation, conversationOf } from '#runtime/traces/conversation.ts'
import { documentsOf, isObject } from '#runtime/traces/documents.ts'
import { readEventLines } from '#runtime/traces/event-lines.ts'
import type { LineProblem } from '#runtime/traces/happening.ts'
import type { Voice } from '#runtime/traces/voice.ts'
import { linesOf } from './lines.ts'
import { type Problem, problem } from './problem.ts'

/** Of one conversation, as JSON. */
export const TALK_BYTES_MAX = 64 * 1024 * 1024

export type TalkRead =
  | {
      readonly kind: 'line'
      readonly conversations: readonly Conversation[]
      readonly problems: readonly LineProblem[]
    }
  | Problem

/** Does the file begin with a conversation on a line of its own? An unreadable file does not. */
export async function isEventLines(file: string): Promise<boolean> {
  try {
    for await (const line of linesOf(file, TALK_BYTES_MAX)) {
      if (line.trim() === '') continue
      const [first] = documentsOf(line, file).documents
      return isObject(first?.value) && Array.isArray(first.value['events'])
    }
  } catch {
    // Whoever opens it next says what is in the way.
  }
  return false
}

export async function* talkLines(file: string, voice: Voice, startsAt: number): AsyncGenerator<TalkRead> {
  let number = 0
  try {
    for await (const line of linesOf(file, TALK_BYTES_MAX)) {
      number++
      if (line.trim() === '') continue
      const { documents, problems } = documentsOf(line, file)
      const talks = readEventLines({
        file,
        documents: documents.map(({ value }) => ({ value, line: number })),
        problems,
      })
      yield {
        kind: 'line',
        conversations: talks.talks.map((talk) => conversationOf(talk, voice, startsAt)),
        problems: [...problems, ...talks.problems].map((each) => ({ ...each, line: number })),
      }
    }
  } catch (cause) {
    yield problem('D0050', `cannot read ${file}: ${(cause as Error).message}`, { where: `${file}:${number}` })
  }
}
