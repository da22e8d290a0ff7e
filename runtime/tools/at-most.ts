/**
 * So many calls of one tool at once in this daemon, across all its partitions; the next wait in order, up to a limit. The
 * wait counts towards the call's deadline, which the fleet keeps.
 */
import type { Outcome, ToolExecutor } from '#runtime/fleet/definition.ts'

export interface Room {
  /** Calls under way; no limit when left out. */
  readonly concurrencyMax: number
  /** Calls that wait for one to end; more are refused. */
  readonly queueMax: number
}

export const QUEUE_MAX = 256

export interface Places {
  /** `full`: too many wait already. `left`: nobody waits any more. Who is `in` gives its place back. */
  take(signal: AbortSignal): Promise<'in' | 'full' | 'left'>
  giveBack(): void
}

export function places({ concurrencyMax, queueMax }: Room): Places {
  let running = 0
  const waiting: (() => void)[] = []
  return {
    async take(signal) {
      if (running < concurrencyMax) {
        running++
        return 'in'
      }
      if (waiting.length >= queueMax) return 'full'
      if (signal.aborted) return 'left'
      return new Promise((resolve) => {
        const go = () => {
          signal.removeEventListener('abort', leave)
          resolve('in')
        }
        const leave = () => {
          const at = waiting.indexOf(go)
          if (at !== -1) waiting.splice(at, 1)
          resolve('left')
        }
        waiting.push(go)
        signal.addEventListener('abort', leave, { once: true })
      })
    },
    giveBack() {
      // Whoever ends hands its place over, so `running` stays as it is.
      const next = waiting.shift()
      if (next) next()
      else running--
    },
  }
}

export function atMost(room: Partial<Room>, execute: ToolExecutor): ToolExecutor {
  const { concurrencyMax, queueMax = QUEUE_MAX } = room
  if (concurrencyMax === undefined) return execute
  const all = places({ concurrencyMax, queueMax })
  return async (args, context): Promise<Outcome> => {
    const place = await all.take(context.signal)
    if (place === 'full') return { kind: 'failed', error: `${queueMax} calls already wait for this tool` }
    if (place === 'left') return { kind: 'failed', error: 'cancelled while it waited' }
    try {
      return await execute(args, context)
    } finally {
      all.giveBack()
    }
  }
}
