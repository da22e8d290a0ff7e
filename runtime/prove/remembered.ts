/**
 * A kernel that steps once from each snapshot by each event. A search comes to the same machine state with many different pasts;
 * the kernel is pure, so what it said once it says again.
 */
import type { Kernel, KernelSnapshot, Stepped } from '#runtime/kernel/kernel.ts'

/** Answers kept; what comes after is stepped each time. */
const ANSWERS_MAX = 50_000

export interface RememberingKernel extends Kernel {
  /** Equal snapshots as one object. Only what was met twice is remembered: it may be met again. */
  same(snapshot: KernelSnapshot): KernelSnapshot
}

/** For steps of one actor only. */
export function remembered(kernel: Kernel): RememberingKernel {
  const known = new Map<string, KernelSnapshot>()
  const answers = new WeakMap<KernelSnapshot, Map<string, Stepped>>()
  let kept = 0
  return {
    ...kernel,
    same(snapshot) {
      const key = JSON.stringify(kernel.pack(snapshot))
      const before = known.get(key)
      if (!before) known.set(key, snapshot)
      else if (!answers.has(before)) answers.set(before, new Map())
      return before ?? snapshot
    },
    step(actor, snapshot, event, origin) {
      const from = answers.get(snapshot)
      if (!from) return kernel.step(actor, snapshot, event, origin)
      const by = `${origin} ${JSON.stringify(event)}`
      const before = from.get(by)
      if (before) return before
      const stepped = kernel.step(actor, snapshot, event, origin)
      if (kept++ < ANSWERS_MAX) from.set(by, stepped)
      return stepped
    },
  }
}
