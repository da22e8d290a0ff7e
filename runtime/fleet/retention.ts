/**
 * Forgets rows of shared memory that are older than their kind is kept for. It wants it as a person would: each wish is committed
 * with its reason before it is done, through the one partition that keeps memory, so only that partition's owner wants anything.
 */
import type { Curation } from '#runtime/kernel/effect.ts'
import type { Clock } from './clock.ts'

/** Between two looks, unless a kind is kept for a shorter time. */
export const RETENTION_LOOK_MS = 3_600_000
/** No kind may be kept for less. */
export const KEPT_MS_MIN = 60_000
/** Who has wanted it, in the log. */
const BY = 'parapet'

export interface RetentionDeps {
  /** By kind, in milliseconds. */
  readonly keptMs: Readonly<Record<string, number>>
  /** Takes a wish under an id; does nothing where another daemon keeps memory. */
  readonly curate: (id: string, curation: Curation) => void
  /** The fleet's time, which rows are dated by. */
  readonly clock: Clock
}

export class Retention {
  readonly #deps: RetentionDeps
  readonly #everyMs: number
  #cancel = () => {}

  constructor(deps: RetentionDeps) {
    this.#deps = deps
    this.#everyMs = Math.max(KEPT_MS_MIN, Math.min(RETENTION_LOOK_MS, ...Object.values(deps.keptMs)))
  }

  /** A first look at once, and then again and again until it is closed. */
  start(): void {
    this.#look()
    if (Object.keys(this.#deps.keptMs).length > 0)
      this.#cancel = this.#deps.clock.after(this.#everyMs, () => this.start())
  }

  close(): void {
    this.#cancel()
  }

  #look(): void {
    const { keptMs, curate, clock } = this.#deps
    for (const [rows, kept] of Object.entries(keptMs)) {
      const before = clock.now() - kept
      const why = `${rows} is kept for ${kept / 1_000} seconds`
      curate(`${BY} ${rows} ${before}`, { what: 'forget', rows, before, by: BY, why })
    }
  }
}
