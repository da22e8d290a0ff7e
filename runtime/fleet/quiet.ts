/** What is looked at while nothing happens: less and less often, so that a fleet at rest costs next to nothing. */
import type { Clock } from './clock.ts'

/** Looks `fromMs` from now, then each time after twice as long, up to `maxMs`. The returned function ends it. */
export function whileQuiet(
  clock: Clock,
  fromMs: number,
  maxMs: number,
  look: () => Promise<void>,
): () => void {
  let over = false
  let cancel = () => {}
  const lookAfter = (ms: number) => {
    cancel = clock.after(ms, async () => {
      await look()
      if (!over) lookAfter(Math.min(2 * ms, maxMs))
    })
  }
  lookAfter(fromMs)
  return () => {
    over = true
    cancel()
  }
}
