/**
 * Circuit breakers: a tool or source that keeps failing is left alone for a while, so that the fleet does not wait for
 * it call by call. One for each name and daemon; in memory, since a new daemon may well find it mended.
 *
 *   closed ──failuresMax within withinMs──► open ──restMs──► one call tries ──well──► closed
 *                                             ▲                    └────failed────────┐
 *                                             └───────────────────────────────────────┘
 */
import type { Clock } from './clock.ts'

export interface BreakerSettings {
  readonly failuresMax: number
  readonly withinMs: number
  readonly restMs: number
}

/** How calls of one tool or source are made. */
export interface ExecutorSettings {
  /** When the call is given up and its signal aborted. */
  readonly timeoutMs?: number
  readonly breaker?: BreakerSettings
}

interface Breaker {
  readonly settings: BreakerSettings
  failures: number[]
  openUntil: number
  trying: boolean
}

export class Breakers {
  readonly #clock: Clock
  readonly #breakers = new Map<string, Breaker>()

  constructor(executors: Readonly<Record<string, ExecutorSettings>>, clock: Clock) {
    this.#clock = clock
    for (const [name, { breaker }] of Object.entries(executors))
      if (breaker) this.#breakers.set(name, { settings: breaker, failures: [], openUntil: 0, trying: false })
  }

  /** Why the call is not made, if it is not. Whoever makes it says how it went. */
  refuses(name: string): string | undefined {
    const breaker = this.#breakers.get(name)
    if (!breaker || breaker.openUntil === 0) return undefined
    const left = breaker.openUntil - this.#clock.now()
    if (left > 0 || breaker.trying) {
      const until = left > 0 ? `for another ${Math.ceil(left / 1000)} seconds` : 'until a try has gone well'
      return `\`${name}\` has failed too often and rests ${until}`
    }
    breaker.trying = true
    return undefined
  }

  /** `undefined`: it was cancelled, which says nothing. */
  went(name: string, well: boolean | undefined): void {
    const breaker = this.#breakers.get(name)
    if (!breaker) return
    const { failuresMax, withinMs, restMs } = breaker.settings
    const now = this.#clock.now()
    if (well) {
      // A call from before the rest that ends well says nothing of now.
      if (breaker.trying) {
        breaker.failures = []
        breaker.openUntil = 0
      }
    } else if (well === false) {
      breaker.failures = [...breaker.failures.filter((at) => at > now - withinMs), now].slice(-failuresMax)
      if (breaker.trying || breaker.failures.length >= failuresMax) breaker.openUntil = now + restMs
    }
    breaker.trying = false
  }

  /** Names that rest now. */
  resting(): string[] {
    const now = this.#clock.now()
    return Array.from(this.#breakers).flatMap(([name, { openUntil }]) => (openUntil > now ? [name] : []))
  }
}
