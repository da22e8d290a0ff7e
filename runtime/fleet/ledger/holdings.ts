/**
 * What ledgers hold for the turn that is being taken. Whatever is not used by its end is given back.
 */
import type { Grounds } from '#dsl/judge/grounds.ts'
import { isOfLooks } from '#runtime/guard/claims.ts'
import type { Hold } from '../record.ts'

export class Holdings {
  readonly #held: Readonly<Record<string, Hold>>
  readonly #used = new Set<string>()

  /** By the key of the need. */
  constructor(held: Readonly<Record<string, Hold>> = {}) {
    this.#held = held
  }

  /** What comes of these is told elsewhere. */
  use(keys: readonly string[]): Hold[] {
    return keys.flatMap((key) => {
      const hold = this.#held[key]
      if (hold === undefined || this.#used.has(key)) return []
      this.#used.add(key)
      return [hold]
    })
  }

  /** Nothing has been used after all. */
  retract(): void {
    this.#used.clear()
  }

  /** All that is left goes on to wait with something else. */
  carry(): Record<string, Hold> {
    const left = Object.entries(this.#held).filter(([key]) => !this.#used.has(key))
    this.use(left.map(([key]) => key))
    return Object.fromEntries(left)
  }

  /** What is left to be given back. */
  get left(): Hold[] {
    return this.use(Object.keys(this.#held))
  }
}

/**
 * People, detectors and rests take their time: nothing is held while they do. What ledgers counted unasked stays known; what looks
 * have cost is paid, and the next ones may cost the same.
 */
export function withoutHolds(grounds: Grounds | undefined): Grounds | undefined {
  if (grounds?.reserved === undefined) return grounds
  const { reserved, ...others } = grounds
  const kept = Object.entries(reserved).filter(
    ([key, answer]) => answer.kind === 'granted' && !answer.held && !isOfLooks(key),
  )
  return { ...others, reserved: Object.fromEntries(kept) }
}
