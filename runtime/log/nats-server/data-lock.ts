/**
 * One daemon per data folder. The lock is SQLite's: the operating system lets go of it when its holder dies however it
 * dies, which a file with a process id in it cannot promise (ids are reused, and two may find it stale at once).
 */
import { DatabaseSync } from 'node:sqlite'

export interface DataLock {
  release(): void
}

/** `undefined`: another process, or another call in this one, holds it. */
export function lockFile(path: string): DataLock | undefined {
  const database = new DatabaseSync(path)
  try {
    database.exec('BEGIN EXCLUSIVE')
    return { release: () => database.close() }
  } catch (error) {
    database.close()
    if (isBusy(error)) return undefined
    throw error
  }
}

/** Whether somebody holds it now. Who asks shares it for a moment: those who ask at once do not take each other for a holder. */
export function isLocked(path: string): boolean {
  const database = new DatabaseSync(path)
  try {
    database.prepare('PRAGMA schema_version').get()
    return false
  } catch (error) {
    if (isBusy(error)) return true
    throw error
  } finally {
    database.close()
  }
}

const SQLITE_BUSY = 5

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
}
