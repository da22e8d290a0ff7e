/** What an agent waits for after what it has asked for. */
import type { Claim } from '#dsl/judge/grounds.ts'
import type { Effect } from '#runtime/kernel/effect.ts'
import type { Awaited } from './situation.ts'

/** `sinceMs`: since all began. `holds`: what ledgers hold for it. */
export function awaiting(
  awaited: readonly Awaited[],
  effect: Effect,
  sinceMs: number,
  holds: readonly Claim[],
): readonly Awaited[] {
  switch (effect.kind) {
    case 'stop':
    case 'cancel':
      return awaited.filter(({ id }) => id !== effect.id)
    case 'schedule':
      return [...awaited.filter(({ id }) => id !== effect.id), { ...effect, sinceMs }]
    case 'call':
    case 'recall':
    case 'invoke':
      return [...awaited, { ...effect, sinceMs, ...(holds.length > 0 && { holds }) }]
    default:
      return awaited
  }
}
