/** Rows into shared memory, beside rows added to a table that is indexed alike. */
import type { Table } from '@lancedb/lancedb'
import type { NewRow, SharedMemory } from '#runtime/memory/port.ts'
import { bareAdd, bareIndex } from './bare.ts'
import { lineOfRates, median, timedMs } from './clocked.ts'
import { type Passages, PORTION } from './passages.ts'

/** Portions into a store that is indexed already. */
const MORE_PORTIONS = 20
export const MORE_ROWS = MORE_PORTIONS * PORTION

export interface Stores {
  readonly memory: SharedMemory
  readonly table: Table
}

export interface Filled {
  /** Until all rows are durable, and until all are in the indexes. */
  readonly insertMs: number
  readonly indexedMs: number
}

async function fill(
  size: number,
  passages: Passages,
  insert: (rows: readonly NewRow[]) => Promise<unknown>,
  index: () => Promise<unknown>,
): Promise<Filled> {
  let insertMs = 0
  for (let from = 0; from < size; from += PORTION) {
    const rows = passages.portion(from)
    insertMs += await timedMs(() => insert(rows))
  }
  return { insertMs, indexedMs: insertMs + (await timedMs(index)) }
}

export const fillMemory = ({ memory }: Pick<Stores, 'memory'>, size: number, passages: Passages) =>
  fill(
    size,
    passages,
    (rows) => write(memory, rows),
    () => memory.optimize(),
  )

export const fillTable = ({ table }: Pick<Stores, 'table'>, size: number, passages: Passages) =>
  fill(
    size,
    passages,
    (rows) => bareAdd(table, rows, passages),
    () => bareIndex(table),
  )

/** Rows that come to what is indexed: one after the other in portions. Ends with both indexed. */
export async function fillFurther(
  { memory, table }: Stores,
  size: number,
  passages: Passages,
): Promise<void> {
  const taken = { ours: [] as number[], bare: [] as number[] }
  for (let at = 0; at < MORE_PORTIONS; at++) {
    const rows = passages.portion(size + at * PORTION)
    taken.ours.push(await timedMs(() => write(memory, rows)))
    taken.bare.push(await timedMs(() => bareAdd(table, rows, passages)))
  }
  const ms = { ours: median(taken.ours), bare: median(taken.bare) }
  lineOfRates(`insert into the indexed, ${PORTION} at a time`, size, PORTION, ms)
}

export async function write(memory: SharedMemory, rows: readonly NewRow[]): Promise<void> {
  const written = await memory.write(rows)
  if (written.kind === 'failed') throw written.cause
  if (written.kind !== 'written') throw new Error(`write answered ${written.kind}`)
}
