/** What a daemon has said lately, for `parapet logs`: a ring in memory. What was decided stands in the fleet's log. */
import type { JsonObject } from '#dsl/judge/step.ts'
import type { EventLine } from './asks.ts'

export const EVENTS_KEPT_MAX = 2_000

export class Events {
  readonly #kept: EventLine[] = []
  readonly #now: () => number
  #seq = 0

  constructor(now: () => number) {
    this.#now = now
  }

  add(level: EventLine['level'], text: string, more?: JsonObject): void {
    this.#seq++
    this.#kept.push({
      seq: this.#seq,
      at: new Date(this.#now()).toISOString(),
      level,
      text,
      ...(more && { more }),
    })
    if (this.#kept.length > EVENTS_KEPT_MAX) this.#kept.splice(0, this.#kept.length - EVENTS_KEPT_MAX)
  }

  /** After `after`; of what came before anybody asked, the newest `limit`. */
  since(after: number, limit: number): EventLine[] {
    const found = this.#kept.filter(({ seq }) => seq > after)
    return after === 0 ? found.slice(-limit) : found.slice(0, limit)
  }
}
