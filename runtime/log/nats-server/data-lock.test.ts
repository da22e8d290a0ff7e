import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { isLocked, lockFile } from './data-lock.ts'

function newPath(): string {
  const dir = mkdtempSync(join(tmpdir(), 'parapet-lock-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  return join(dir, 'lock')
}

test('a lock has one holder until it is let go of, and who asks is told', () => {
  const path = newPath()
  expect(isLocked(path)).toBe(false)
  const lock = lockFile(path)
  expect(lock).toBeDefined()
  expect(lockFile(path)).toBe(undefined)
  expect(isLocked(path)).toBe(true)
  lock!.release()
  expect(isLocked(path)).toBe(false)
})

test('who asks while another asks is not told that somebody holds it', () => {
  const path = newPath()
  const asking = new DatabaseSync(path)
  asking.exec('BEGIN')
  asking.prepare('PRAGMA schema_version').get()
  expect(isLocked(path)).toBe(false)
  asking.close()
  lockFile(path)!.release()
})
