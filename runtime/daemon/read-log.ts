/** Opens the log of a fleet that has run here, for reading: the live server if the daemon is up, else one of our own. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PartitionState } from '#runtime/fleet/partition-state.ts'
import { type CommitRecord, decodeRecord } from '#runtime/fleet/record.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import { openNats } from './nats.ts'
import type { Place } from './place.ts'
import { type Problem, problem } from './problem.ts'

export type Records =
  | { readonly kind: 'records'; readonly records: AsyncIterable<CommitRecord>; close(): Promise<void> }
  | Problem

/** Where a run on the in-memory broker leaves its records. */
export const MEMORY_LOG = 'log.jsonl'

export async function readRecords(place: Place, natsUrl: string | undefined): Promise<Records> {
  const kept = join(place.dir, MEMORY_LOG)
  if (existsSync(kept)) {
    const records = readFileSync(kept, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as CommitRecord)
    return {
      kind: 'records',
      records: (async function* () {
        yield* records
      })(),
      close: async () => {},
    }
  }
  const opened = await openNats({ place, natsUrl, port: undefined, reading: true, say: () => {} })
  if (opened.kind === 'problem') return opened
  if (opened.kind === 'none')
    return problem('D0020', `no nats-server can be had to read the log: ${opened.why}`, {
      help: 'install nats-server or set NATS_URL',
    })
  return { kind: 'records', records: allRecords(opened.log), close: opened.close }
}

async function* allRecords(log: FleetLog): AsyncIterable<CommitRecord> {
  for (let partition = 0; partition < log.partitions; partition++) {
    for await (const slot of log.read(partition, 1)) {
      const decoded = decodeRecord(slot.record)
      if (decoded.kind === 'refused')
        throw new Error(`slot ${slot.rev} of partition ${partition}: ${decoded.message}`)
      yield decoded.record
    }
  }
}

/** Walks records with the partition's state as it stood before each turn. */
export async function* walkTurns(records: AsyncIterable<CommitRecord>) {
  const states = new Map<number, PartitionState>()
  for await (const record of records) {
    let state = states.get(record.partition)
    if (!state) {
      state = new PartitionState()
      states.set(record.partition, state)
    }
    for (const turn of record.turns) {
      yield { record, turn, state }
      state.foldTurn(turn, record.rev)
    }
    state.advance(record)
  }
}
