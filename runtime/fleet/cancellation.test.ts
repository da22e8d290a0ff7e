import { expect, test } from 'vitest'
import { Cancellation } from './cancellation.ts'

test('a signal that is asked for beforehand aborts, with the reason', () => {
  const cancellation = new Cancellation()
  const { signal } = cancellation
  expect(signal.aborted).toBe(false)
  cancellation.cancel(new Error('too late'))
  expect(signal.reason).toEqual(new Error('too late'))
})

test('a signal that is asked for afterwards has aborted, with the reason', () => {
  const cancellation = new Cancellation()
  cancellation.cancel(new Error('too late'))
  expect(cancellation.signal.aborted).toBe(true)
  expect(cancellation.signal.reason).toEqual(new Error('too late'))
})

test('only the first cancelling counts, and is heard once', () => {
  const cancellation = new Cancellation()
  let heard = 0
  cancellation.heard = () => {
    heard++
  }
  cancellation.cancel(new Error('first'))
  cancellation.cancel(new Error('second'))
  expect([heard, cancellation.cancelled]).toEqual([1, true])
  expect(cancellation.signal.reason).toEqual(new Error('first'))
})
