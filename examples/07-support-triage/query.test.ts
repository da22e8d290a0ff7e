import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { listingOf } from '#runtime/tools/tool.ts'
import { query_flights } from './flights.tools.ts'
import { readFlights } from './flights.ts'
import { found } from './query.ts'

const flights = readFlights(join(import.meta.dirname, 'data'))
const CONTEXT = { conversation: 'c', agent: 'c/a', key: 'k', at: 0, signal: new AbortController().signal }

test('the listing the policy reads is that of the tool', () => {
  const listed = JSON.parse(readFileSync(join(import.meta.dirname, 'flights.tools.json'), 'utf8'))
  expect(listed).toMatchObject(listingOf([query_flights]))
})

test('the record is the one that was published', () => {
  expect(flights).toHaveLength(10_000)
  expect(flights[0]).toEqual({
    day: '2001-01-01',
    time: '00:47',
    origin: 'DTW',
    destination: 'LAS',
    delay: 66,
    distance: 1750,
  })
})

test('a flight is found by its day and airports', () => {
  const conditions = [
    { field: 'origin', equals: 'ATL' },
    { field: 'destination', equals: 'EWR' },
    { field: 'day', equals: '2001-02-05' },
  ] as const
  const { matched, rows } = found(flights, { conditions: [...conditions], most: 5 })
  expect([matched, rows]).toEqual([1, [expect.objectContaining({ time: '20:02', delay: 365 })]])
})

test('figures are of what matches, and come in groups, the largest first', () => {
  const conditions = [{ field: 'destination' as const, equals: 'ORD' }]
  const { matched, rows } = found(flights, {
    conditions,
    measure: ['flights', 'average_delay', 'share_late', 'longest_delay'],
    by: 'origin',
    most: 3,
  })
  expect(rows).toHaveLength(3)
  expect(rows[0]).toEqual({
    origin: 'EWR',
    flights: 32,
    average_delay: 6.2,
    share_late: 18.8,
    longest_delay: 196,
  })
  expect(matched).toBe(flights.filter(({ destination }) => destination === 'ORD').length)
})

test('what is not of the schema is not looked for', async () => {
  for (const args of [
    { conditions: [], most: 5 },
    { conditions: [{ field: 'price' }], most: 5 },
    { most: 5 },
  ])
    expect(await query_flights.execute(args, CONTEXT)).toMatchObject({ kind: 'failed' })
})

test('any query gives what a look at every flight gives, and no more rows than it says', () => {
  const field = fc.constantFrom('origin' as const, 'destination' as const)
  const airport = fc.constantFrom('ORD', 'ATL', 'SFO', 'XXX')
  const conditions = fc.array(fc.record({ field, equals: airport }), { minLength: 1, maxLength: 3 })
  const late = fc.record({
    from: fc.integer({ min: -30, max: 120 }),
    length: fc.integer({ min: 0, max: 200 }),
  })
  fc.assert(
    fc.property(conditions, late, fc.integer({ min: 1, max: 20 }), (equal, { from, length }, most) => {
      const all = [...equal, { field: 'delay' as const, from, to: from + length }]
      const { matched, rows } = found(flights, { conditions: all, most })
      const expected = flights.filter(
        (flight) =>
          equal.every((each) => flight[each.field] === each.equals) &&
          flight.delay >= from &&
          flight.delay <= from + length,
      )
      expect([matched, rows]).toEqual([expected.length, expected.slice(0, most)])
    }),
    { numRuns: 60 },
  )
})
