import fc from 'fast-check'
import { expect, test } from 'vitest'
import { COMMITS_MAX, due, QUIET_MS, ROW_MS, ROWS_MAX, ROWS_MIN } from './backlog.ts'

const LARGE = { indexedRows: 1_000_000, rowMs: ROW_MS, commits: 1, gatheredMs: 0, quietMs: 0 }

test('a small store is indexed when it has doubled, a large one after some thousand rows', () => {
  const quiet = { commits: 1, rowMs: ROW_MS, gatheredMs: 60_000, quietMs: QUIET_MS }
  expect(due({ ...quiet, rows: 99, indexedRows: 100 })).toBe('no')
  expect(due({ ...quiet, rows: 100, indexedRows: 100 })).toBe('now')
  expect(due({ ...quiet, rows: ROWS_MIN - 1, indexedRows: 1_000_000 })).toBe('no')
  expect(due({ ...quiet, rows: ROWS_MIN, indexedRows: 1_000_000 })).toBe('now')
})

test('rows that pour in gather until they stop, until they have gathered for long, or until they are too many', () => {
  expect(due({ ...LARGE, rows: ROWS_MIN })).toBe('later')
  expect(due({ ...LARGE, rows: 50_000 })).toBe('later')
  expect(due({ ...LARGE, rows: 50_000, quietMs: QUIET_MS })).toBe('now')
  expect(due({ ...LARGE, rows: 50_000, gatheredMs: 60_000 })).toBe('now')
  expect(due({ ...LARGE, rows: 50_000, gatheredMs: 60_000, rowMs: 10 * ROW_MS })).toBe('later')
  expect(due({ ...LARGE, rows: ROWS_MAX })).toBe('now')
})

test('many small commits are compacted however few rows they bring', () => {
  expect(due({ ...LARGE, rows: COMMITS_MAX, commits: COMMITS_MAX })).toBe('now')
  expect(due({ ...LARGE, rows: 0, commits: COMMITS_MAX })).toBe('now')
})

test('what is due stays due: commits, rest and quiet bring a job nearer, and more rows never make it needless', () => {
  const some = fc.record({
    rows: fc.nat(2 * ROWS_MAX),
    commits: fc.nat(2 * COMMITS_MAX),
    indexedRows: fc.nat(1_000_000),
    rowMs: fc.double({ min: 0, max: 10, noNaN: true }),
    gatheredMs: fc.nat(120_000),
    quietMs: fc.nat(2 * QUIET_MS),
  })
  fc.assert(
    fc.property(some, fc.nat(1_000), (backlog, more) => {
      const before = due(backlog)
      for (const key of ['commits', 'gatheredMs', 'quietMs'] as const)
        if (before !== 'no')
          expect([before, 'now']).toContain(due({ ...backlog, [key]: backlog[key] + more }))
      if (before !== 'no') expect(due({ ...backlog, rows: backlog.rows + more })).not.toBe('no')
    }),
  )
})
