/**
 * A bundle handed to a running daemon: its tests run and the recorded log is judged by it, on a thread of its own, so that the
 * fleet goes on meanwhile.
 */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { refused } from '#runtime/control/asks.ts'
import type { Examine, Examined } from '#runtime/control/examined.ts'
import type { Bundle } from '#runtime/deploy/bundle.ts'
import type { Place } from './place.ts'

/** A log that takes longer to judge is not judged: say `"backtest": false`, or try the policy on a machine of its own. */
export const EXAMINE_MS_MAX = 120_000

export interface Examination {
  readonly place: Place
  /** Where the running fleet's log is. */
  readonly natsUrl: string | undefined
  readonly bundle: Bundle
  readonly standing: string
  readonly backtest: boolean
}

/** What the thread answers. */
export type ThreadAnswer = Examined | { readonly kind: 'unfit'; readonly why: string }

/** One at a time. */
export function examineOnThread(place: Place, natsUrl: string | undefined): Examine {
  let busy = false
  return async (bundle, standing, backtest) => {
    if (busy) return refused('busy', 'another policy is being tried on the log just now')
    busy = true
    try {
      const answer = await onThread({ place, natsUrl, bundle, standing, backtest })
      return answer.kind === 'unfit' ? refused('unfit', answer.why) : answer
    } finally {
      busy = false
    }
  }
}

function onThread(workerData: Examination): Promise<ThreadAnswer> {
  return new Promise((resolve) => {
    const file = new URL(`./examine-thread${extname(import.meta.url)}`, import.meta.url)
    const thread = new Worker(file, { workerData })
    const unfit = (why: string): void => {
      clearTimeout(timer)
      void thread.terminate()
      resolve({ kind: 'unfit', why })
    }
    const timer = setTimeout(
      () => unfit(`trying it on the log took longer than ${EXAMINE_MS_MAX / 1_000} s`),
      EXAMINE_MS_MAX,
    )
    thread.on('message', (answer: ThreadAnswer) => {
      clearTimeout(timer)
      resolve(answer)
    })
    thread.on('error', (cause) => unfit(`trying it failed: ${String(cause)}`))
    // After an answer this comes too late to matter.
    thread.on('exit', () => unfit('the thread that tried it ended without an answer'))
  })
}
