/**
 * Opens the log of a fleet that has run here, for reading: the live server if the daemon is up, else one of our own.
 * Reading never writes a record and takes no server from a daemon.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Kept, keptLog } from '#runtime/fleet/kept-log.ts'
import { PartitionState } from '#runtime/fleet/partition-state.ts'
import { type CommitRecord, decodeRecord } from '#runtime/fleet/record.ts'
import { type FleetLog, LogClosed } from '#runtime/log/port.ts'
import { openNats } from './nats.ts'
import { shownPath } from './paint.ts'
import { inMemoryDir, type Place } from './place.ts'
import { type Problem, ProblemError, problem } from './problem.ts'

/** Looping over `records` throws ProblemError at the first that cannot be read. */
export type Records =
  | {
      readonly kind: 'records'
      readonly records: AsyncIterable<CommitRecord>
      /** Of partitions whose first slots are forgotten, what those came to; known once their first record is read. */
      readonly beginnings: ReadonlyMap<number, Beginning>
      close(): Promise<void>
    }
  | Problem

export type Beginning = Kept & { readonly kind: 'begins' }

/** Where a run on the in-memory broker leaves its records. */
export const MEMORY_LOG = 'log.jsonl'
/** A server that another process looks after is waited for this long when it goes away. */
const AWAY_MS_MAX = 10_000

export async function readRecords(
  place: Place,
  natsUrl: string | undefined,
  natsProgram?: string,
): Promise<Records> {
  const kept = join(inMemoryDir(place), MEMORY_LOG)
  const beginnings = new Map<number, Beginning>()
  if (existsSync(kept))
    return { kind: 'records', records: keptRecords(kept), beginnings, close: async () => {} }
  const opened = await openNats({
    place,
    natsUrl,
    program: natsProgram,
    port: undefined,
    reading: true,
    say: () => {},
    onGivenUp: () => {},
  })
  if (opened.kind === 'problem') return opened
  if (opened.kind === 'none')
    return problem('D0020', `no nats-server can be had to read the log: ${opened.why}`, {
      help: 'install nats-server or set NATS_URL',
    })
  const { log } = opened
  const stopWaiting = opened.borrowed ? closeWhenAway(log) : () => {}
  return {
    kind: 'records',
    records: allRecords(log, beginnings),
    beginnings,
    async close() {
      stopWaiting()
      await opened.close()
    },
  }
}

/** Nobody here starts that server again, so waiting for it may be for ever. */
function closeWhenAway(log: FleetLog): () => void {
  let timer: NodeJS.Timeout | undefined
  log.onLink((state) => {
    clearTimeout(timer)
    if (state === 'disconnected') timer = setTimeout(() => void log.close(), AWAY_MS_MAX)
  })
  return () => clearTimeout(timer)
}

async function* keptRecords(file: string): AsyncIterable<CommitRecord> {
  const lines = readFileSync(file, 'utf8').split('\n')
  // The last piece is empty, or a line that the running daemon is writing just now.
  for (const [i, line] of lines.slice(0, -1).entries())
    yield decoded(new TextEncoder().encode(line), `${shownPath(file)}:${i + 1}`)
}

async function* allRecords(log: FleetLog, beginnings: Map<number, Beginning>): AsyncIterable<CommitRecord> {
  try {
    for (let partition = 0; partition < log.partitions; partition++)
      for await (const kept of keptLog(log, partition)) {
        if (kept.kind === 'record') yield kept.record
        else if (kept.kind === 'begins') beginnings.set(partition, kept)
        else throw unreadable(kept.message, `slot ${kept.rev} of partition ${partition}`)
      }
  } catch (cause) {
    if (!(cause instanceof LogClosed)) throw cause
    throw new ProblemError(
      problem('D0042', 'the nats-server went away while its log was read', {
        help: 'the daemon that looked after it has ended; try again',
      }),
    )
  }
}

function decoded(bytes: Uint8Array, where: string): CommitRecord {
  const read = decodeRecord(bytes)
  if (read.kind === 'record') return read.record
  throw unreadable(read.message, where)
}

function unreadable(message: string, where: string): ProblemError {
  const help = 'something else wrote there, or another version of Parapet; nothing was changed'
  return new ProblemError(problem('D0033', message, { where, help }))
}

/** Walks records with the partition's state as it stood before each turn. */
export async function* walkTurns({ records, beginnings }: Extract<Records, { kind: 'records' }>) {
  const states = new Map<number, PartitionState>()
  for await (const record of records) {
    let state = states.get(record.partition)
    if (!state) {
      state = beginnings.get(record.partition)?.state ?? new PartitionState()
      states.set(record.partition, state)
    }
    for (const turn of record.turns) {
      yield { record, turn, state }
      state.foldTurn(turn, record.rev)
    }
    state.advance(record)
  }
}

/** What the log does not hold any more, in words; nothing when it is whole. */
export function whatIsGone(beginnings: ReadonlyMap<number, Beginning>): string | undefined {
  const all = Array.from(beginnings.values())
  if (all.length === 0) return undefined
  const slots = all.reduce((sum, { forgotten }) => sum + forgotten, 0)
  const until = new Date(Math.max(...all.map(({ state }) => state.at))).toISOString()
  return `${slots} older slots of ${all.length} partitions are no longer kept: turns before ${until} are gone, what they came to stands in snapshots`
}
