/** Shared memory as a worker uses it: what is looked for before a model is asked, and how it is shown. */
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { isObject } from '#dsl/judge/values.ts'
import type { RecallParams } from './effects.ts'
import { type Task, wordsOf } from './task.ts'

export interface Recollection {
  /** The kind of memory, as the policy names it: `may recall`, `may remember NAME`. */
  readonly what: string
  /** Rows that are looked for with the task's words; each is a step of its own. */
  readonly rowsMax?: number
  /** What is kept of an answer that went out: `text`, and what else the policy lets it remember. Undefined: nothing. */
  readonly keeps?: (answer: JsonObject, task: Task) => JsonObject | undefined
}

export const ROWS_MAX = 4
/** What a model is shown of all rows together. */
export const RECALLED_CHARS_MAX = 4_000

export function recallFor({ what, rowsMax = ROWS_MAX }: Recollection, task: Task): RecallParams {
  return { what, fields: { text: wordsOf(task), limit: rowsMax } }
}

/** What the model reads before the task; empty where nothing was found. */
export function recalledIn(rows: Json | undefined): string {
  const texts = (Array.isArray(rows) ? rows : []).flatMap((row) =>
    isObject(row) && typeof row['text'] === 'string' ? [row['text']] : [],
  )
  if (texts.length === 0) return ''
  return `What is remembered:\n${texts.map((text) => `- ${text}`).join('\n')}`.slice(0, RECALLED_CHARS_MAX)
}
