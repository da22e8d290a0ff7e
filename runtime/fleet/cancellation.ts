/** Why whoever carries something out may stop: most are done at once and never ask, so a signal is made only for those who do. */
export class Cancellation {
  #controller: AbortController | undefined
  #cancelled = false
  #why: unknown
  /** Called once, before the signal aborts. */
  heard: (() => void) | undefined

  get cancelled(): boolean {
    return this.#cancelled
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#cancelled) this.#controller.abort(this.#why)
    }
    return this.#controller.signal
  }

  cancel(why?: unknown): void {
    if (this.#cancelled) return
    this.#cancelled = true
    this.#why = why
    this.heard?.()
    this.#controller?.abort(why)
  }
}
