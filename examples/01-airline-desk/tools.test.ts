import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readRecordings } from './recorded.ts'
import { replay } from './replay.ts'
import { type Airline, openAirline } from './tools.ts'

const dataDir = join(import.meta.dirname, 'data')

function airline(file = ':memory:'): Airline {
  const opened = openAirline({ dataDir, file })
  onTestFinished(() => opened.close())
  return opened
}

const addBag = {
  reservation_id: 'UM3OG5',
  total_baggages: 1,
  nonfree_baggages: 1,
  payment_id: 'gift_card_8190333',
}

describe('the tools', () => {
  test('answer every call of the recorded conversations as the recorded desk did', () => {
    const recordings = readRecordings(join(dataDir, 'conversations.jsonl.gz'))
    if (recordings.kind === 'unreadable') throw recordings.cause
    const desk = airline()
    const calls = [...recordings.conversations.values()].flatMap((c) => replay(desk, c))
    expect(calls.length).toBeGreaterThan(150)
    for (const { call, now, recorded } of calls)
      expect({ call, result: now }).toEqual({ call, result: recorded })
  })

  test('refuse arguments of the wrong shape with the field at fault', () => {
    expect(airline().call('c', 'send_certificate', { user_id: 'mia_li_3668', amount: 'lots' }, 'k')).toEqual({
      kind: 'failed',
      error: 'Error: `amount` must be a number, but it is a string',
    })
  })

  test('do not know a tool that is not theirs, nor names every object has', () => {
    for (const tool of ['refund', 'constructor', '__proto__'])
      expect(airline().call('c', tool, {}, 'k').kind).toBe('failed')
    expect(airline().call('c', 'get_user_details', { user_id: 'constructor' }, 'k').kind).toBe('failed')
  })

  test('give results a caller may change without touching the airline', () => {
    const desk = airline()
    const first = desk.call('c', 'get_reservation_details', { reservation_id: 'UM3OG5' }, 'k1')
    if (first.kind !== 'ok') throw new Error(first.error)
    const before = structuredClone(first.value)
    Object.assign(first.value ?? {}, { cabin: 'business' })
    expect(desk.call('c', 'get_reservation_details', { reservation_id: 'UM3OG5' }, 'k2')).toEqual({
      kind: 'ok',
      value: before,
    })
  })
})

describe('a write', () => {
  test('happens once for its key, and gives the first result again', () => {
    const desk = airline()
    const first = desk.call('c', 'update_reservation_baggages', addBag, 'key-1')
    expect(first.kind).toBe('ok')
    expect(desk.call('c', 'cancel_reservation', { reservation_id: 'UM3OG5' }, 'key-2').kind).toBe('ok')
    expect(desk.call('c', 'update_reservation_baggages', addBag, 'key-1')).toEqual(first)
    expect(desk.effects('c').map((e) => e.tool)).toEqual([
      'update_reservation_baggages',
      'cancel_reservation',
    ])
  })

  test('that was refused stays refused for its key', () => {
    const desk = airline()
    const tooMany = { ...addBag, nonfree_baggages: 100 }
    const refused = desk.call('c', 'update_reservation_baggages', tooMany, 'key-1')
    expect(refused).toEqual({ kind: 'failed', error: 'Error: gift card balance is not enough' })
    expect(desk.call('c', 'update_reservation_baggages', tooMany, 'key-1')).toEqual(refused)
    expect(desk.effects('c')).toEqual([])
  })

  test('cannot borrow the key of another call', () => {
    const desk = airline()
    desk.call('c', 'update_reservation_baggages', addBag, 'key-1')
    expect(desk.call('c', 'cancel_reservation', { reservation_id: 'UM3OG5' }, 'key-1').kind).toBe('failed')
    expect(desk.effects('c')).toHaveLength(1)
  })

  test('is seen by its own conversation only', () => {
    const desk = airline()
    desk.call('one', 'cancel_reservation', { reservation_id: 'UM3OG5' }, 'key-1')
    const read = (conversation: string) =>
      desk.call(conversation, 'get_reservation_details', { reservation_id: 'UM3OG5' }, '')
    expect(read('one')).toMatchObject({ value: { status: 'cancelled' } })
    expect(read('two')).not.toMatchObject({ value: { status: 'cancelled' } })
  })

  test('and its key outlive the process', () => {
    const dir = mkdtempSync(join(tmpdir(), 'airline-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    const file = join(dir, 'airline.sqlite')
    const before = openAirline({ dataDir, file })
    const first = before.call('c', 'update_reservation_baggages', addBag, 'key-1')
    before.close()
    const after = airline(file)
    expect(after.call('c', 'update_reservation_baggages', addBag, 'key-1')).toEqual(first)
    expect(after.effects('c')).toHaveLength(1)
    expect(after.call('c', 'get_user_details', { user_id: 'omar_rossi_1241' }, '')).toMatchObject({
      value: { payment_methods: { gift_card_8190333: { amount: 230 } } },
    })
  })
})

describe('the calculator', () => {
  const calculate = (expression: string) => airline().call('c', 'calculate', { expression }, '')

  test.each([
    ['152 + 103', '255.0'],
    ['(404 + 202) * 3 - -10 / 4', '1820.5'],
    ['100 / 3', '33.33'],
    ['2 - 3 - 4', '-5.0'],
  ])('answers %s with %s', (expression, shown) => {
    expect(calculate(expression)).toEqual({ kind: 'ok', value: shown })
  })

  test.each([
    ['process.exit()', 'Error: invalid characters in expression'],
    ['1 +', 'Error: invalid syntax'],
    ['(1', 'Error: invalid syntax'],
    ['1 2', 'Error: invalid syntax'],
    ['', 'Error: invalid syntax'],
    ['1 / 0', 'Error: division by zero'],
  ])('refuses %j', (expression, error) => {
    expect(calculate(expression)).toEqual({ kind: 'failed', error })
  })
})
