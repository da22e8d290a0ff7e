import { expect, onTestFinished, test } from 'vitest'
import { openStore, type Store } from './store.ts'
import type { Reservation, View } from './tables.ts'
import type { WriteTool } from './writes.ts'

const row: Reservation = {
  reservation_id: 'ABC123',
  user_id: 'a_b_1',
  origin: 'JFK',
  destination: 'SEA',
  flight_type: 'one_way',
  cabin: 'economy',
  flights: [],
  passengers: [],
  payment_history: [],
  created_at: '2024-05-10T10:00:00',
  total_baggages: 0,
  nonfree_baggages: 0,
  insurance: 'no',
}
const empty: View = {
  user: () => undefined,
  reservation: () => undefined,
  flight: () => undefined,
  flights: () => [],
}
const put: WriteTool = () => ({
  kind: 'ok',
  value: 'done',
  changes: [{ table: 'reservations', id: row.reservation_id, row }],
})
const call = { conversation: 'c', tool: 'put', args: {}, key: 'key-1' }

function store(): Store {
  const opened = openStore(empty, ':memory:')
  onTestFinished(() => opened.close())
  return opened
}

test('a write that breaks leaves neither rows nor its key', () => {
  const opened = store()
  const breaking: WriteTool = () => {
    throw new Error('out of order')
  }
  expect(() => opened.once(call, breaking)).toThrow('out of order')
  expect(opened.effects('c')).toEqual([])
  expect(opened.once(call, put)).toEqual({ kind: 'ok', value: 'done' })
})

test('rows and key appear together, and the key keeps the write from running again', () => {
  const opened = store()
  let runs = 0
  const counted: WriteTool = (view, args) => {
    runs++
    return put(view, args)
  }
  opened.once(call, counted)
  opened.once(call, counted)
  expect(runs).toBe(1)
  expect(opened.view('c').reservation('ABC123')).toEqual(row)
  expect(opened.view('d').reservation('ABC123')).toBeUndefined()
  expect(opened.effects('c')).toEqual([{ key: 'key-1', tool: 'put', args: {}, value: 'done' }])
})
