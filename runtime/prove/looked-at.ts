/**
 * What a machine looks at of what is told it: why a call failed, and what a tool gives of which nothing is declared. Both may be anything and
 * few values stand for them, which is no matter to a machine that never reads them.
 */
import type { Json } from '#dsl/judge/step.ts'
import type { Kernel } from '#runtime/kernel/kernel.ts'
import { type Gaps, notSaid } from './happenings.ts'

/** `isDeclared`: whether the policy says what the tool returns. */
export function lookingAt(kernel: Kernel, isDeclared: (tool: string) => boolean, gaps: Gaps): Kernel {
  return {
    ...kernel,
    step(actor, snapshot, event, origin) {
      const tool = 'tool' in event ? String(event['tool']) : ''
      if (event.type === 'parapet.failed')
        return kernel.step(
          actor,
          snapshot,
          withWatched(event, 'error', () => gaps.add(`why \`${tool}\` failed may be any`)),
          origin,
        )
      if (event.type !== 'parapet.result' || isDeclared(tool))
        return kernel.step(actor, snapshot, event, origin)
      const watched = withWatched(event, 'value', () => gaps.add(notSaid(tool)))
      return kernel.step(actor, snapshot, watched, origin)
    },
  }
}

/** Reading it any way, by name, by copying or by writing it down, is noticed. */
function withWatched<E extends object>(event: E, name: string, onRead: () => void): E {
  const value: Json | undefined = Object.entries(event).find(([key]) => key === name)?.[1]
  return Object.defineProperty({ ...event }, name, {
    enumerable: true,
    get: () => {
      onRead()
      return value
    },
  })
}
