/** What is looked at while nothing happens: less and less often, so that a fleet at rest costs next to nothing. */
import type { Clock } from './clock.ts'

export class WhileQuiet {
  readonly #clock: Clock
  readonly #fromMs: number
  readonly #maxMs: number
  readonly #look: () => Promise<void>
  #stirred = false
  #over = false
  #cancel = () => {}

  /** Once nothing has stirred for `fromMs`, and within twice that, it looks; then each time after twice as long, up to `maxMs`. */
  constructor(clock: Clock, fromMs: number, maxMs: number, look: () => Promise<void>) {
    this.#clock = clock
    this.#fromMs = fromMs
    this.#maxMs = maxMs
    this.#look = look
  }

  begin(): void {
    this.#after(this.#fromMs)
  }

  /** Something has happened. Costs nothing: whoever works sets no timers for it. */
  stir(): void {
    this.#stirred = true
  }

  end(): void {
    this.#over = true
    this.#cancel()
  }

  #after(ms: number): void {
    this.#cancel = this.#clock.after(ms, async () => {
      const quiet = !this.#stirred
      this.#stirred = false
      if (quiet) await this.#look()
      if (!this.#over) this.#after(quiet ? Math.min(2 * ms, this.#maxMs) : this.#fromMs)
    })
  }
}
