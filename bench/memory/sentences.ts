/** Sentences that people and models wrote, from the recorded corpora: what an embedder is for. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

const FILES = [
  'texts/injection.jsonl',
  'texts/pii.jsonl',
  'airline/traces.jsonl.gz',
  'cdisc/rules.jsonl.gz',
  'agentdojo/traces.jsonl.gz',
]
const CHARS_MIN = 20
const CHARS_MAX = 300
const WORDS_MIN = 4

/** Each once, in the order of the files; at most `max`. Throws where a file is missing. */
export function sentencesIn(corpora: string, max: number): readonly string[] {
  const found = new Set<string>()
  for (const file of FILES)
    for (const line of linesOf(join(corpora, file))) {
      for (const text of textsIn(JSON.parse(line))) for (const sentence of split(text)) found.add(sentence)
      if (found.size >= max) return [...found].slice(0, max)
    }
  return [...found]
}

function linesOf(file: string): readonly string[] {
  const bytes = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  return text.split('\n').filter((line) => line !== '')
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** Tables and codes are no sentences: mostly letters, and a few words. */
function split(text: string): readonly string[] {
  return text
    .split(/(?<=[.!?])\s+|\n+/)
    .map((part) => part.trim())
    .filter(
      (part) =>
        part.length >= CHARS_MIN &&
        part.length <= CHARS_MAX &&
        part.split(/\s+/).length >= WORDS_MIN &&
        (part.match(/\p{L}/gu)?.length ?? 0) > 0.6 * part.length,
    )
}
