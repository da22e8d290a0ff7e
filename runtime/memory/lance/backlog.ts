/**
 * When what the indexes do not hold yet is worth a job.
 *
 * A job costs as much as the table is long (16 ms at 100 rows, 0.6 s at 100,000), and takes the processors from writes for a
 * while for each row. So small commits are put together, rows that pour in are left to gather, and nothing waits for ever.
 */

/** Each commit is a version and a file until then. */
export const COMMITS_MAX = 200
/** Fewer rows than that, and than the indexes hold, wait: each is compared by every search. */
export const ROWS_MIN = 4_000
/** While rows keep coming jobs get one part of the time for so many parts without. */
const RESTS = 3
/** What a row takes to be indexed, until a job has shown it: its place in the graph of vectors. */
export const ROW_MS = 0.3
/** A job of fewer rows shows nothing. */
export const SHOWN_ROWS_MIN = 1_000
/** No commit for so long: nothing is in the way of a job. */
export const QUIET_MS = 500
/** However fast they come: searches look through all of them, 1.3 ms for a thousand. */
export const ROWS_MAX = 100_000

export interface Backlog {
  /** Rows and commits that came since the last job looked. */
  readonly rows: number
  readonly commits: number
  readonly indexedRows: number
  /** What a row took in the last job that shows it: more where the processors are busy. */
  readonly rowMs: number
  /** They gather for so long: since the first of them came, or since the last job ended. */
  readonly gatheredMs: number
  /** Since the last commit. */
  readonly quietMs: number
}

/** `later`: worth a job, once rows come more slowly. */
export function due(backlog: Backlog): 'no' | 'later' | 'now' {
  const { rows, commits, indexedRows, rowMs, gatheredMs, quietMs } = backlog
  if (commits >= COMMITS_MAX || rows >= ROWS_MAX) return 'now'
  if (rows < Math.min(Math.max(indexedRows, 1), ROWS_MIN)) return 'no'
  return quietMs >= QUIET_MS || gatheredMs >= RESTS * rowMs * rows ? 'now' : 'later'
}
