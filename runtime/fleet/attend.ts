/**
 * A log that may fall silent. Its adapters ask again and again by themselves and never give up; whoever takes a partition over
 * must, or the partition stays in hand for ever: neither served here nor given to another, and a drain would never end.
 */
import type { FleetLog } from '#runtime/log/port.ts'
import type { Clock } from './clock.ts'

/** What taking a partition over asks of a log. */
export type TakingLog = Pick<FleetLog, 'newest' | 'read' | 'append'>

/** Between two answers of a log, of which each slot read is one: a long log takes long, and is heard of all the time. */
export const SILENCE_MAX_MS = 30_000

export interface Silent {
  readonly kind: 'silent'
  /** When what was given up has come to its end after all. */
  readonly ended: Promise<void>
}

/** Silent once nothing has come about for too long. `heardAt` is when something was heard last; nothing yet, unless said. */
export async function within<T>(
  clock: Clock,
  acting: Promise<T>,
  heardAt?: () => number,
): Promise<T | Silent> {
  const began = clock.now()
  const silent = Promise.withResolvers<Silent>()
  let cancel = (): void => {}
  const look = (): void => {
    const leftMs = (heardAt?.() ?? began) + SILENCE_MAX_MS - clock.now()
    if (leftMs > 0) cancel = clock.after(leftMs, look)
    else silent.resolve({ kind: 'silent', ended: endOf(acting) })
  }
  look()
  return Promise.race([acting, silent.promise]).finally(() => cancel())
}

async function endOf(acting: Promise<unknown>): Promise<void> {
  await Promise.allSettled([acting])
}

/** Gives `act` a log that, once it counts as silent, rejects: nothing it answers later is told or claimed. */
export async function attended<T extends { readonly kind: string }>(
  log: TakingLog,
  clock: Clock,
  act: (log: TakingLog) => Promise<T>,
): Promise<T | Silent> {
  let isSilent = false
  let heardAt = clock.now()
  const heard = <A>(answer: A): A => {
    if (isSilent) throw new Error('the log answered when nobody waited any more')
    heardAt = clock.now()
    return answer
  }
  const acting = act({
    newest: async (partition) => heard(await log.newest(partition)),
    append: async (slot) => heard(await log.append(slot)),
    async *read(partition, fromRev) {
      for await (const slot of log.read(partition, fromRev)) yield heard(slot)
      heard(undefined)
    },
  })
  const outcome = await within(clock, acting, () => heardAt)
  isSilent = outcome.kind === 'silent'
  return outcome
}
