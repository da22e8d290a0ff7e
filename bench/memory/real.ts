/** Recall on what people and models wrote, with the embedder that comes along: clusters made by a generator are kinder. */
import { cached } from '#runtime/evidence/cached.ts'
import { offlineEmbedder } from '#runtime/evidence/offline.ts'
import { openLanceMemory } from '#runtime/memory/lancedb.ts'
import { bareNearest, tableIn } from './bare.ts'
import { line, timedMs } from './clocked.ts'
import { write } from './inserts.ts'
import { aRow, PORTION } from './passages.ts'
import { ids, LIMIT, recall } from './searches.ts'
import { sentencesIn } from './sentences.ts'

const SENTENCES_MAX = 100_000
/** Every so many sentences one is asked for and not written. */
const ASKED_EVERY = 50

export async function recallOfSentences(corpora: string, folder: string): Promise<void> {
  const sentences = sentencesIn(corpora, SENTENCES_MAX)
  const asked = sentences.filter((_, at) => at % ASKED_EVERY === 0)
  const rows = sentences.filter((_, at) => at % ASKED_EVERY !== 0).map((text, at) => aRow(at, text))
  const embedder = cached(offlineEmbedder())
  const opened = await openLanceMemory({ dir: folder, embedder })
  if (opened.kind !== 'open') throw new Error(opened.message)
  const { memory } = opened
  const table = await tableIn(folder)
  const embedded = await embedder.embed(asked)
  if (embedded.kind === 'failed') throw new Error(embedded.why)
  const vectors = new Map(asked.map((text, at) => [text, embedded.vectors[at]!]))
  const ms = await timedMs(async () => {
    for (let from = 0; from < rows.length; from += PORTION)
      await write(memory, rows.slice(from, from + PORTION))
    await memory.optimize()
  })
  line('real sentences embedded and written, /s', rows.length, ((rows.length / ms) * 1_000).toFixed(0))
  await recall(
    `real sentences, recall of ${LIMIT}`,
    rows.length,
    asked,
    (text) => ids(memory, { text, by: 'meaning' }),
    (text) => bareNearest(table, vectors.get(text)!, LIMIT, { exact: true }),
  )
  await memory.close()
  await embedder.close?.()
}
