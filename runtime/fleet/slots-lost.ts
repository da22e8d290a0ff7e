/**
 * A log that has lost what it acknowledged: a server that lost power before it had synced, a store restored from an older copy.
 * What was done on the word of the lost slots cannot be known from what is left, so that nobody may go on as if nothing were.
 */
import type { Appended, FleetLog, Slot } from '#runtime/log/port.ts'

/** Thrown to stop an owner: its state says more than the log does. */
export class SlotsLost extends Error {
  override readonly name = 'SlotsLost'

  constructor(from: number, through: number) {
    const which = from === through ? `slot ${from}` : `slots ${from} to ${through}`
    super(`${which} had been acknowledged and ${from === through ? 'is' : 'are'} gone`)
  }
}

/**
 * Who has fenced `writer`, who wrote the slot before `rev`. Throws SlotsLost when that slot stands no more as it was written:
 * nothing is there, or another's, who has gone on from an older state.
 */
export async function fencedBy(
  log: FleetLog,
  partition: number,
  rev: number,
  writer: string,
  appended: Exclude<Appended, { readonly kind: 'owned' }>,
): Promise<string> {
  if (appended.kind === 'lost') throw new SlotsLost(appended.newest + 1, rev - 1)
  const last = await firstFrom(log, partition, rev - 1)
  // What comes later was forgotten.
  if (last?.rev === rev - 1 && !last.id.startsWith(`${writer}.`)) throw new SlotsLost(rev - 1, rev - 1)
  return appended.id
}

async function firstFrom(log: FleetLog, partition: number, rev: number): Promise<Slot | undefined> {
  for await (const slot of log.read(partition, rev)) return slot
  return undefined
}
