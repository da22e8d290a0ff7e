/** Toxicity and its kin by any endpoint that speaks the moderation protocol (`POST {base}/moderations`). */
import type { Detector } from '#runtime/fleet/definition.ts'
import { textIn } from './input.ts'
import { postJson } from './post-json.ts'

export interface ModerationOptions {
  readonly baseUrl: string
  readonly model: string
  /** One category of the endpoint's; the highest of all where none is named. */
  readonly category?: string
  readonly apiKey?: string
  readonly timeoutMs?: number
}

export function moderationDetector(options: ModerationOptions): Detector {
  const { baseUrl, model, category, apiKey, timeoutMs = 10_000 } = options
  return async (input, { signal }) => {
    const answer = await postJson(
      `${baseUrl.replace(/\/$/, '')}/moderations`,
      { model, input: textIn(input) },
      { timeoutMs, signal, ...(apiKey === undefined ? {} : { apiKey }) },
    )
    const scores = scoresIn(answer)
    const named = category === undefined ? Object.entries(scores) : [[category, scores[category]] as const]
    const known = named.filter((one): one is readonly [string, number] => typeof one[1] === 'number')
    if (known.length === 0)
      return {
        kind: 'failed',
        why: `the endpoint gave no score${category === undefined ? '' : ` for ${category}`}`,
      }
    const [most, score] = known.reduce((a, b) => (b[1] > a[1] ? b : a))
    return { kind: 'found', value: { score, model, category: most } }
  }
}

function scoresIn(answer: unknown): Readonly<Record<string, unknown>> {
  if (typeof answer !== 'object' || answer === null || !('results' in answer)) return {}
  const [first]: readonly unknown[] = Array.isArray(answer.results) ? answer.results : []
  if (typeof first !== 'object' || first === null || !('category_scores' in first)) return {}
  const { category_scores: scores } = first
  return typeof scores === 'object' && scores !== null ? { ...scores } : {}
}
