/**
 * Words and BM25 as LanceDB's full-text index reads them with the settings in `lancedb.ts`: runs of letters and digits,
 * lower case, accents folded, no stemming and no stop words.
 * Source: S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009).
 */
import { type Hit, WORD_CHARS_MAX } from './port.ts'

/** Saturation of a word's frequency, and how much long texts are held back: the usual values, LanceDB's too. */
const K1 = 1.2
const B = 0.75

export function wordsOf(text: string): readonly string[] {
  const folded = text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
  return (folded.match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => word.length <= WORD_CHARS_MAX)
}

/** Scores of the rows that hold at least one word of `query`, by id. */
export function bm25(
  rows: readonly { readonly id: string; readonly text: string }[],
  query: string,
): ReadonlyMap<string, number> {
  const asked = new Set(wordsOf(query))
  const texts = rows.map((row) => wordsOf(row.text))
  const averageLength = texts.reduce((sum, words) => sum + words.length, 0) / Math.max(texts.length, 1)
  const counts = texts.map((words) => {
    const count = new Map<string, number>()
    for (const word of words) if (asked.has(word)) count.set(word, (count.get(word) ?? 0) + 1)
    return count
  })
  const holding = new Map<string, number>()
  for (const count of counts) for (const word of count.keys()) holding.set(word, (holding.get(word) ?? 0) + 1)

  const scores = new Map<string, number>()
  rows.forEach((row, at) => {
    let score = 0
    // In the query's order, so that texts of the same words score the same to the last bit.
    for (const word of asked) {
      const times = counts[at]!.get(word) ?? 0
      if (times === 0) continue
      const rarity = Math.log(1 + (rows.length - holding.get(word)! + 0.5) / (holding.get(word)! + 0.5))
      const length = 1 - B + (B * texts[at]!.length) / averageLength
      score += (rarity * times * (K1 + 1)) / (times + K1 * length)
    }
    if (score > 0) scores.set(row.id, score)
  })
  return scores
}

export function byScoreThenNewest(a: Hit, b: Hit): number {
  return b.score - a.score || b.row.writtenAt - a.row.writtenAt || (a.row.id < b.row.id ? -1 : 1)
}

/** How much the first ranks count beside the later ones. */
const RRF_K = 60

/**
 * One ranking of several: each row's reciprocal ranks, summed up. Scores of words and of meaning have no common measure; ranks do.
 * Source: G. Cormack, C. Clarke, S. Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
 * Methods" (2009), k = 60.
 */
export function fused(rankings: readonly (readonly Hit[])[], limit: number): readonly Hit[] {
  const hits = new Map<string, Hit>()
  for (const ranking of rankings)
    ranking.forEach(({ row }, at) => {
      const score = (hits.get(row.id)?.score ?? 0) + 1 / (RRF_K + at + 1)
      hits.set(row.id, { row, score })
    })
  return [...hits.values()].sort(byScoreThenNewest).slice(0, limit)
}

/** Rows each ranking gives to be fused: what is first in neither may still be first in both. */
export function depthOf(limit: number): number {
  return Math.max(2 * limit, 20)
}
