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

export function atMost(room: Partial<Room>, execute: ToolExecutor): ToolExecutor {
  const { concurrencyMax, queueMax = QUEUE_MAX } = room
  if (concurrencyMax === undefined) return execute
  let running = 0
  const waiting: (() => void)[] = []

  /** False: nobody waits for the result any more. */
  const turn = (signal: AbortSignal): Promise<boolean> =>
    new Promise((resolve) => {
      const go = () => {
        signal.removeEventListener('abort', leave)
        resolve(true)
      }
      const leave = () => {
        const at = waiting.indexOf(go)
        if (at !== -1) waiting.splice(at, 1)
        resolve(false)
      }
      waiting.push(go)
      signal.addEventListener('abort', leave, { once: true })
    })

  return async (args, context): Promise<Outcome> => {
    const { signal } = context
    if (running < concurrencyMax) running++
    else {
      if (waiting.length >= queueMax)
        return { kind: 'failed', error: `${queueMax} calls already wait for this tool` }
      // Whoever ends hands its place over, so `running` stays as it is.
      if (signal.aborted || !(await turn(signal)))
        return { kind: 'failed', error: 'cancelled while it waited' }
    }
    try {
      return await execute(args, context)
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
