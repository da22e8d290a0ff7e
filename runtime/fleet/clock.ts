/** Time as the fleet sees it. Passed in everywhere; only the daemon's adapter reads the machine's clock. */
export interface Clock {
  /** Milliseconds since the epoch, never going back within one run. */
  now(): number
  /** Calls back once after `ms`; the returned function cancels. */
  after(ms: number, call: () => void): () => void
}

/** Nanoseconds for measuring spans; `none` when nothing is measured (simulation). */
export interface Stopwatch {
  readonly nowNs: () => number
}
export const noStopwatch: Stopwatch = { nowNs: () => 0 }

/** Waits by a clock until the time is over or the signal says that nobody waits for it. */
export function pauseOn(clock: Clock, signal: AbortSignal): (ms: number) => Promise<void> {
  return (ms) =>
    new Promise((resolve) => {
      const cancel = clock.after(ms, resolve)
      const stop = () => {
        cancel()
        resolve()
      }
      if (signal.aborted) stop()
      else signal.addEventListener('abort', stop, { once: true })
    })
}
