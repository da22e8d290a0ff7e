/**
 * Shared memory that gives the same answer to the same question for a while: what many conversations ask at once is looked for
 * once, and what was found is kept.
 *
 * Invariants:
 * 1. Whatever changes rows through this memory ends all that is kept, and until it is done nothing is kept: a writer still
 *    reads its own writes.
 * 2. Of changes made elsewhere (by another daemon on the same store) a search is behind by `keptMs` at most.
 * 3. Failures are not kept.
 */
import type { Found, Query, SharedMemory } from './port.ts'

export interface KeptSearchesOptions {
  readonly keptMs: number
  /** Answers kept; beyond it the oldest goes. */
  readonly searchesMax?: number
  /** Milliseconds, never going back. */
  readonly now: () => number
}

export const SEARCHES_MAX = 10_000

interface Kept {
  readonly found: Promise<Found>
  readonly until: number
}

export function keptSearches(memory: SharedMemory, options: KeptSearchesOptions): SharedMemory {
  const { keptMs, searchesMax = SEARCHES_MAX, now } = options
  const kept = new Map<string, Kept>()
  let changes = 0

  const changing = async <Answer>(change: () => Promise<Answer>): Promise<Answer> => {
    changes++
    kept.clear()
    try {
      return await change()
    } finally {
      changes--
    }
  }

  return {
    ...memory,
    search(query) {
      if (changes > 0) return memory.search(query)
      const key = keyOf(query)
      const known = kept.get(key)
      const at = now()
      if (known && known.until > at) return known.found
      kept.delete(key)
      const found = memory.search(query)
      const entry = { found, until: at + keptMs }
      kept.set(key, entry)
      const oldest = kept.size > searchesMax ? kept.keys().next().value : undefined
      if (oldest !== undefined) kept.delete(oldest)
      const forget = () => {
        if (kept.get(key) === entry) kept.delete(key)
      }
      void found.then(({ kind }) => {
        if (kind !== 'found') forget()
      }, forget)
      return found
    },
    write: (rows) => changing(() => memory.write(rows)),
    retract: (source) => changing(() => memory.retract(source)),
    hold: (source) => changing(() => memory.hold(source)),
    release: (source) => changing(() => memory.release(source)),
    forget: (kind, before) => changing(() => memory.forget(kind, before)),
    close() {
      kept.clear()
      return memory.close()
    },
  }
}

/** Who asks makes no difference: nothing of theirs is under way while an answer is kept. */
function keyOf({ text, by, kind, conversation, standing, limit }: Query): string {
  return JSON.stringify([text, by, kind, conversation, standing, limit])
}
