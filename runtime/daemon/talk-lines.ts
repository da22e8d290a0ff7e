/** Files of a conversation a line, read line by line, plain or gzipped, however long they are. */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type Conversation, conversationOf } from '#runtime/traces/conversation.ts'
import { documentsOf, isObject } from '#runtime/traces/documents.ts'
import { readEventLines } from '#runtime/traces/event-lines.ts'
import type { LineProblem } from '#runtime/traces/happening.ts'
import type { Voice } from '#runtime/traces/voice.ts'
import { type Problem, problem } from './problem.ts'

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
    for await (const line of linesOf(await unzipped(file))) {
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
    for await (const line of linesOf(await unzipped(file))) {
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

/** Gzip is seen from the bytes. */
async function unzipped(file: string): Promise<Readable> {
  const handle = await open(file)
  const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0)
  await handle.close()
  const bytes = createReadStream(file)
  if (buffer[0] !== 0x1f || buffer[1] !== 0x8b) return bytes
  const text = createGunzip()
  bytes.on('error', (cause) => text.destroy(cause)).pipe(text)
  text.on('close', () => bytes.destroy())
  return text
}

/** Closes the stream when whoever reads it stops. */
async function* linesOf(stream: Readable): AsyncGenerator<string> {
  try {
    // An error of the stream ends the lines without a word; `failed` keeps it.
    let failed: Error | undefined
    stream.on('error', (cause) => (failed = cause))
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }))
      yield line
    if (failed !== undefined) throw failed
  } finally {
    stream.destroy()
  }
}
