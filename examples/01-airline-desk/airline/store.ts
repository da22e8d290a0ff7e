/**
 * What conversations have changed, in one SQLite file.
 *
 * Invariants:
 * 1. The tables are never changed: a changed row lives in `overlay`, under its conversation, and hides the table's.
 * 2. A write's rows and its entry in `applied` are one transaction: both are there or neither is.
 * 3. A key is applied at most once. The same key again gives the first result, whatever has happened since.
 */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { Change, Reservation, User, View } from './tables.ts'
import type { WriteTool, Written } from './writes.ts'

export interface AppliedWrite {
  readonly key: string
  readonly tool: string
  readonly args: JsonObject
  readonly value: Json
}

export interface Store {
  view(conversation: string): View
  /** Refusals are kept under their key too: a call that failed once has failed for good. */
  once(call: { conversation: string; tool: string; args: JsonObject; key: string }, write: WriteTool): Outcome
  /** Writes that took effect, oldest first. */
  effects(conversation: string): AppliedWrite[]
  close(): void
}

export type Outcome =
  | { readonly kind: 'ok'; readonly value: Json }
  | { readonly kind: 'failed'; readonly error: string }

/** How long a writer waits for another process holding the file. */
const BUSY_TIMEOUT_MS = 5_000

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS overlay (
    conversation TEXT NOT NULL, tbl TEXT NOT NULL, id TEXT NOT NULL, row TEXT NOT NULL,
    PRIMARY KEY (conversation, tbl, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS applied (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE, conversation TEXT NOT NULL, tool TEXT NOT NULL, args TEXT NOT NULL, outcome TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS applied_by_conversation ON applied (conversation, seq);
`

/** `file` may be `:memory:`. Throws when it cannot be opened. */
export function openStore(base: View, file: string): Store {
  const db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS })
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
  db.exec(SCHEMA)
  const readRow = db.prepare('SELECT row FROM overlay WHERE conversation = ? AND tbl = ? AND id = ?')
  const putRow = db.prepare(
    'INSERT INTO overlay VALUES (?, ?, ?, ?) ON CONFLICT (conversation, tbl, id) DO UPDATE SET row = excluded.row',
  )
  const readApplied = db.prepare('SELECT conversation, tool, args, outcome FROM applied WHERE key = ?')
  const putApplied = db.prepare(
    'INSERT INTO applied (key, conversation, tool, args, outcome) VALUES (?, ?, ?, ?, ?)',
  )
  const listApplied = db.prepare(
    'SELECT key, tool, args, outcome FROM applied WHERE conversation = ? ORDER BY seq',
  )

  function overlaid(conversation: string, table: Change['table'], id: string): string | undefined {
    const found = readRow.get(conversation, table, id)
    return found === undefined ? undefined : columnText(found, 'row')
  }

  function view(conversation: string): View {
    return {
      user: (id) => {
        const row = overlaid(conversation, 'users', id)
        return row === undefined ? base.user(id) : readUser(row)
      },
      reservation: (id) => {
        const row = overlaid(conversation, 'reservations', id)
        return row === undefined ? base.reservation(id) : readReservation(row)
      },
      flight: base.flight,
      flights: base.flights,
    }
  }

  return {
    view,

    once({ conversation, tool, args, key }, write) {
      const said = JSON.stringify(args)
      return inTransaction(db, () => {
        const before = readApplied.get(key)
        if (before !== undefined) {
          const same = before.conversation === conversation && before.tool === tool && before.args === said
          return same
            ? readOutcome(columnText(before, 'outcome'))
            : { kind: 'failed', error: `Error: the key ${key} belongs to another call` }
        }
        const written = write(view(conversation), args)
        const outcome = outcomeOf(written)
        if (written.kind === 'ok')
          for (const { table, id, row } of written.changes)
            putRow.run(conversation, table, id, JSON.stringify(row))
        putApplied.run(key, conversation, tool, said, JSON.stringify(outcome))
        return outcome
      })
    },

    effects(conversation) {
      return listApplied.all(conversation).flatMap((row) => {
        const outcome = readOutcome(columnText(row, 'outcome'))
        if (outcome.kind === 'failed') return []
        const args: JsonObject = JSON.parse(columnText(row, 'args'))
        return [{ key: columnText(row, 'key'), tool: columnText(row, 'tool'), args, value: outcome.value }]
      })
    },

    close() {
      db.close()
    },
  }
}

function inTransaction<T>(db: DatabaseSync, run: () => T): T {
  // IMMEDIATE: two processes with the same key must not both find it missing.
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = run()
    db.exec('COMMIT')
    return result
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}

function outcomeOf(written: Written): Outcome {
  return written.kind === 'ok' ? { kind: 'ok', value: written.value } : written
}

// The file is written by this module alone, in a strict schema: what it reads back is what it wrote.
const readOutcome = (json: string): Outcome => JSON.parse(json)
const readUser = (json: string): User => JSON.parse(json)
const readReservation = (json: string): Reservation => JSON.parse(json)

function columnText(row: Record<string, SQLInputValue>, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new Error(`column ${column} of the airline's store is not text`)
  return value
}
