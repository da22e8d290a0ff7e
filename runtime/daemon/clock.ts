/** The machine's clock: the one owner of Date.now, setTimeout and hrtime in the runtime. */
import type { Clock, Stopwatch } from '#runtime/fleet/clock.ts'

/** `startsAt`: the fleet's time begins there (recorded worlds) and runs at the machine's pace. */
export function systemClock(startsAt?: number): Clock {
  const began = performance.now()
  const base = startsAt ?? Date.now()
  return {
    now: () => Math.floor(base + (performance.now() - began)),
    after(ms, call) {
      const timer = setTimeout(call, Math.min(ms, TIMEOUT_MS_MAX))
      return () => clearTimeout(timer)
    },
  }
}

/** Longer waits are cut to this; whoever waits looks again. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1

export const systemStopwatch: Stopwatch = { nowNs: () => performance.now() * 1e6 }
