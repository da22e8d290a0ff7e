/** Asking a server until it answers: for questions whose answer the log cannot do without. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Link } from './link.ts'

const RETRY_MIN_MS = 50
const RETRY_MAX_MS = 2_000

export interface Retry {
  /** Hears, in plain words, why something is being tried again. */
  readonly onNotice: (text: string) => void
}

export function retryDelayMs(attempt: number): number {
  return Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(attempt, 16))
}

/** Waits for the link, asks, and asks again after a growing pause. Rejects only with LogClosed. */
export async function untilKnown<T>(
  link: Link,
  retry: Retry,
  what: string,
  ask: () => Promise<T>,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    await link.up()
    try {
      return await ask()
    } catch (error) {
      if (attempt > 0)
        retry.onNotice(`Still ${what}: ${error instanceof Error ? error.message : String(error)}`)
    }
    await wait(retryDelayMs(attempt))
  }
}
