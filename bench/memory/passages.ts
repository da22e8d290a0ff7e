/** Rows and vectors to measure with, the same in every run: texts are about something, so vectors lie around centres. */
import type { Embedder } from '#runtime/evidence/embedder.ts'
import type { Model } from '#runtime/memory/lance/columns.ts'
import type { NewRow } from '#runtime/memory/port.ts'

export const DIMENSIONS = 384
export const PORTION = 1_000
/** Passages about one thing, whatever the size of the store: else its density would change with it. */
const ROWS_A_CENTRE = 200
const SPREAD = 0.7

/** Small and seeded (mulberry32). */
function randoms(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface Passages {
  readonly embedder: Embedder
  readonly model: Model
  /** So many rows from the number `from` on; their vectors are there, so that making them is not measured. */
  portion(from: number, rows?: number): readonly NewRow[]
  /** A text that is no row's, about what some rows are about. */
  question(at: number): string
  vectorOf(text: string): Float32Array
}

export function passagesFor(size: number): Passages {
  const centres = Array.from({ length: Math.max(5, size / ROWS_A_CENTRE) }, (_, at) => {
    const random = randoms(at + 1)
    return Float32Array.from({ length: DIMENSIONS }, () => random() - 0.5)
  })
  const made = (text: string): Float32Array => {
    const random = randoms(1_000_003 + 2 * Number(/\d+/.exec(text)?.[0]) + (text.startsWith('like') ? 1 : 0))
    const centre = centres[Math.floor(random() * centres.length)]!
    const vector = new Float32Array(DIMENSIONS)
    let squares = 0
    for (let at = 0; at < DIMENSIONS; at++) {
      const value = centre[at]! + SPREAD * (random() - 0.5)
      vector[at] = value
      squares += value * value
    }
    const length = Math.sqrt(squares)
    for (let at = 0; at < DIMENSIONS; at++) vector[at]! /= length
    return vector
  }
  const questions = new Map<string, Float32Array>()
  let ready = new Map<string, Float32Array>()
  const vectorOf = (text: string) => ready.get(text) ?? questions.get(text) ?? made(text)
  const model = { model: 'synthetic', dimensions: DIMENSIONS }
  return {
    model,
    embedder: {
      ...model,
      embed: async (texts) => ({ kind: 'vectors', vectors: texts.map(vectorOf) }),
    },
    portion(from, rows = PORTION) {
      const portion = Array.from({ length: rows }, (_, at) => aRow(from + at))
      ready = new Map(portion.map(({ text }) => [text, made(text)]))
      return portion
    },
    question(at) {
      const text = `like passage ${at}`
      if (!questions.has(text)) questions.set(text, made(text))
      return text
    },
    vectorOf,
  }
}

/** Of many lengths, so that few are equally good by words, of a million too. */
const textOf = (at: number) =>
  `passage ${at}: a passenger of flight HAT${at % 300} asks ${'again '.repeat(at % 11)}whether the ${at % 7 === 0 ? 'refund' : 'baggage'} is covered${' by what was booked'.repeat(at % 13)}`

/** Words that some rows hold, few of them both. */
export const wordsAskedFor = (at: number): string => `refund HAT${at % 300}`

export function aRow(at: number, text = textOf(at)): NewRow {
  return {
    id: `p0.${at}.0`,
    kind: at % 3 === 0 ? 'fact' : 'note',
    text,
    fields: { reservation: `R${at}`, amount: at },
    writer: `conv-${at % 50}/clerk`,
    conversation: `conv-${at % 50}`,
    writtenAt: 1_715_760_000_000 + at,
    sources: [`p0.${at}.1`],
    labels: ['private'],
    standing: 'observed',
  }
}
