/** Searches beside bare ones on the very same table, and what they find of what comparing all would find. */
import type { Table } from '@lancedb/lancedb'
import type { Query, SharedMemory } from '#runtime/memory/port.ts'
import { bareAdd, bareNearest, bareWords } from './bare.ts'
import { inTurns, line, lineOfTimes, spread, timedMs } from './clocked.ts'
import { write } from './inserts.ts'
import { aRow, type Passages, wordsAskedFor } from './passages.ts'

export const LIMIT = 10
const SEARCHES = 200
const RECALLED = 50
/** Comparing all takes seconds from here on. */
const MANY_ROWS = 1_000_000
const RECALLED_OF_MANY = 20
const BESIDE_WRITER_MS = 10_000
const SMALL_ADDS = 500
const SMALL_ADDS_SEARCHES = 50
/** A conversation that writes nothing: searches wait for nobody's writes but its own. */
const READER = 'bench'

export async function ids(
  memory: SharedMemory,
  query: Omit<Query, 'limit' | 'reader'>,
): Promise<readonly string[]> {
  const found = await memory.search({ ...query, limit: LIMIT, reader: READER })
  if (found.kind !== 'found') throw new Error(`search answered ${found.kind}`)
  return found.hits.map(({ row }) => row.id)
}

export async function searches(
  memory: SharedMemory,
  table: Table,
  size: number,
  passages: Passages,
): Promise<void> {
  const { vectorOf, question } = passages
  const where = "conversation = 'conv-7'"
  const narrow = { conversation: 'conv-7' }
  const compare = async (
    what: string,
    asked: (at: number) => string,
    ours: (text: string) => Promise<unknown>,
    bare: (text: string) => Promise<unknown>,
  ) => {
    const texts = Array.from({ length: SEARCHES }, (_, at) => asked(at))
    const taken = await inTurns(
      SEARCHES,
      (at) => ours(texts[at]!),
      (at) => bare(texts[at]!),
    )
    lineOfTimes(what, size, taken)
  }
  await compare(
    'by meaning',
    question,
    (text) => ids(memory, { text, by: 'meaning' }),
    (text) => bareNearest(table, vectorOf(text), LIMIT),
  )
  await compare(
    'by meaning, of one conversation',
    question,
    (text) => ids(memory, { text, by: 'meaning', ...narrow }),
    (text) => bareNearest(table, vectorOf(text), LIMIT, { where }),
  )
  await compare(
    'by words, of one conversation',
    wordsAskedFor,
    (text) => ids(memory, { text, by: 'words', ...narrow }),
    (text) => bareWords(table, text, LIMIT, where),
  )
  await compare(
    'by both (bare: the two, not joined)',
    wordsAskedFor,
    (text) => ids(memory, { text, by: 'both' }),
    (text) => Promise.all([bareNearest(table, vectorOf(text), 2 * LIMIT), bareWords(table, text, 2 * LIMIT)]),
  )
}

/** Of the ten nearest. */
export async function recall(
  what: string,
  size: number,
  questions: readonly string[],
  found: (question: string) => Promise<readonly string[]>,
  exact: (question: string) => Promise<readonly string[]>,
): Promise<void> {
  let hits = 0
  for (const question of questions) {
    const near = new Set(await found(question))
    hits += (await exact(question)).filter((id) => near.has(id)).length
  }
  line(what, size, (hits / (questions.length * LIMIT)).toFixed(3))
}

export async function recallOfPassages(
  memory: SharedMemory,
  table: Table,
  size: number,
  { question, vectorOf }: Passages,
): Promise<void> {
  const questions = Array.from({ length: size < MANY_ROWS ? RECALLED : RECALLED_OF_MANY }, (_, at) =>
    question(at),
  )
  await recall(
    `recall of ${LIMIT}`,
    size,
    questions,
    (text) => ids(memory, { text, by: 'meaning' }),
    (text) => bareNearest(table, vectorOf(text), LIMIT, { exact: true }),
  )
}

/** While somebody writes one row after the other. */
export async function besideWriter(
  memory: SharedMemory,
  from: number,
  size: number,
  { question }: Passages,
): Promise<void> {
  let writing = true
  let next = from
  const writer = (async () => {
    while (writing) await write(memory, [aRow(next++)])
  })()
  const taken: number[] = []
  const until = performance.now() + BESIDE_WRITER_MS
  while (performance.now() < until)
    taken.push(await timedMs(() => ids(memory, { text: question(taken.length), by: 'meaning' })))
  writing = false
  await writer
  line('beside a writer, ms p50 / p99', size, spread(taken), `${next - from} written`)
}

/** What it takes when nobody compacts: rows added one by one to the bare table. */
export async function afterSmallAdds(
  table: Table,
  from: number,
  size: number,
  passages: Passages,
): Promise<void> {
  for (let at = 0; at < SMALL_ADDS; at++) await bareAdd(table, [aRow(from + at)], passages)
  const taken: number[] = []
  for (let at = 0; at < SMALL_ADDS_SEARCHES; at++)
    taken.push(await timedMs(() => bareNearest(table, passages.vectorOf(passages.question(at)), LIMIT)))
  line(`after ${SMALL_ADDS} small adds, ms p50 / p99`, size, '', spread(taken))
}
