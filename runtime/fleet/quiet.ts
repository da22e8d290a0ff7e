/** What is looked at while nothing happens: less and less often, so that a fleet at rest costs next to nothing. */
import type { Clock } from './clock.ts'

export class WhileQuiet {
  readonly #clock: Clock
  readonly #fromMs: number
  readonly #maxMs: number
  readonly #look: () => Promise<void>
  #stirred = false
  #looking = false
  #over = false
  #ms = 0
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

  /** Something has happened. Whoever works on and on sets no timer for it. */
  stir(): void {
    this.#stirred = true
    if (this.#over || this.#looking || this.#ms === this.#fromMs) return
    this.#cancel()
    this.#after(this.#fromMs)
  }

  end(): void {
    this.#over = true
    this.#cancel()
  }

  #after(ms: number): void {
    this.#ms = ms
    this.#cancel = this.#clock.after(ms, async () => {
      const quiet = !this.#stirred
      this.#stirred = false
      this.#looking = true
      if (quiet) await this.#look()
      this.#looking = false
      if (!this.#over) this.#after(quiet && !this.#stirred ? Math.min(2 * ms, this.#maxMs) : this.#fromMs)
    })
  }
}
