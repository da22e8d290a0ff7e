/**
 * What shared memory says of something about to be written: whether it rests on hearsay, and whether the record speaks
 * against it. A policy asks for these as for any detector, so the answers are evidence and replay needs no memory.
 */
import type { Detector } from '#runtime/fleet/definition.ts'
import type { Row, SharedMemory } from '#runtime/memory/port.ts'

/** Rows of the record a claim is compared with. */
const COMPARED_MAX = 20

export function groundsDetectors(memory: SharedMemory): Readonly<Record<string, Detector>> {
  return { hearsay: hearsayIn(memory), contradiction: contradictionWith(memory) }
}

/**
 * `hearsay in sources`: 1 when a source is no live, observed row (a model said it, it was withdrawn, or nobody knows it), or when
 * there is no source at all; otherwise 0.
 */
function hearsayIn(memory: SharedMemory): Detector {
  return async ({ text }) => {
    const sources = String(text ?? '')
      .split('\n')
      .filter((source) => source !== '')
    const got = await memory.get(sources)
    if (got.kind === 'failed') return { kind: 'failed', why: got.cause.message }
    if (got.kind === 'refused') return { kind: 'failed', why: got.message }
    const observed = new Map(got.rows.map((row) => [row.id, isObserved(row)]))
    const weak = sources.filter((source) => observed.get(source) !== true)
    return { kind: 'found', value: { score: sources.length === 0 || weak.length > 0 ? 1 : 0, weak } }
  }
}

const isObserved = (row: Row): boolean => row.standing === 'observed' && row.state === 'live'

/**
 * `contradiction in text`: how alike the claim and the observed row are that says the same with other numbers, or denies it; 0
 * when there is none. Names and other words of a different meaning are not seen.
 */
function contradictionWith(memory: SharedMemory): Detector {
  return async ({ text }) => {
    const claim = String(text ?? '')
    const found = await memory.search({
      text: claim.slice(0, 2_000),
      standing: 'observed',
      limit: COMPARED_MAX,
    })
    if (found.kind === 'failed') return { kind: 'failed', why: found.cause.message }
    if (found.kind === 'refused') return { kind: 'failed', why: found.message }
    let score = 0
    let against: string | undefined
    for (const { row } of found.hits) {
      const alike = opposed(claim, row.text)
      if (alike > score) [score, against] = [alike, row.id]
    }
    return { kind: 'found', value: { score, ...(against !== undefined && { against }) } }
  }
}

const NEGATIONS: ReadonlySet<string> = new Set(['not', 'no', 'never', 'none', 'cannot', 'without', 'nobody'])

/** The share of words two texts have in common, when their numbers or their negations say that not both can be true; else 0. */
function opposed(one: string, other: string): number {
  const [a, b] = [partsOf(one), partsOf(other)]
  const isOtherNumber =
    a.numbers.size > 0 && b.numbers.size > 0 && ![...a.numbers].some((number) => b.numbers.has(number))
  if (!isOtherNumber && a.denies === b.denies) return 0
  const common = [...a.words].filter((word) => b.words.has(word)).length
  return common / Math.max(1, a.words.size + b.words.size - common)
}

function partsOf(text: string) {
  const tokens = text.toLowerCase().match(/\d[\d.,]*|[\p{L}]+(?:n['’]t)?/gu) ?? []
  const numbers = new Set<string>()
  const words = new Set<string>()
  let denies = false
  for (const token of tokens)
    if (/^\d/.test(token)) numbers.add(token.replace(/[.,]$/, '').replaceAll(',', ''))
    else if (NEGATIONS.has(token) || /n['’]t$/.test(token)) denies = !denies
    else words.add(token)
  return { numbers, words, denies }
}
