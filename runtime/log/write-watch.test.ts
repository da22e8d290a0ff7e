import { expect, test } from 'vitest'
import type { Ack } from './ack-mux.ts'
import { SILENT_MS, WriteWatch } from './write-watch.ts'

const kept: Ack = { kind: 'kept', sequence: 1, duplicate: false }
const lost: Ack = { kind: 'lost', cause: new Error('No acknowledgement within 5000 ms.') }
const taken: Ack = { kind: 'refused', code: 10071, description: 'wrong last sequence: 4' }
const full: Ack = { kind: 'refused', code: 10077, description: 'maximum bytes exceeded' }
const noRoom: Ack = { kind: 'refused', code: 10077, description: 'write 1.blk: no space left on device' }

function watched() {
  let now = 0
  const heard: string[] = []
  const watch = new WriteWatch(
    () => now,
    (why) => heard.push(why),
  )
  return {
    settled: (subject: string, ack: Ack) => watch.settled(subject, ack),
    after(ms: number): string[] {
      now += ms
      watch.look()
      return heard.splice(0)
    },
    [Symbol.dispose]: () => watch.close(),
  }
}

test('a server that leaves what is written unanswered for long, and keeps nothing meanwhile, is stuck', () => {
  using watch = watched()
  watch.settled('f.log.0.7', lost)
  expect(watch.after(SILENT_MS - 1)).toEqual([])
  expect(watch.after(1)).toEqual(['No acknowledgement within 5000 ms.'])
})

test('one that keeps something there again is not', () => {
  using watch = watched()
  watch.settled('f.log.0.7', lost)
  watch.settled('f.log.0.8', kept)
  expect(watch.after(2 * SILENT_MS)).toEqual([])
})

test('one stream may be stuck while others take what is written', () => {
  using watch = watched()
  watch.settled('f.in.2.c1/clerk', lost)
  watch.settled('$KV.f-leases.m.me', kept)
  watch.settled('f.in.3.c2/clerk', kept)
  expect(watch.after(SILENT_MS)).toHaveLength(1)
})

test('a disk without room is told at once, a stream at its bound or a slot that is taken never', () => {
  using watch = watched()
  watch.settled('f.log.0.7', taken)
  watch.settled('f.in.0.c1/clerk', full)
  expect(watch.after(2 * SILENT_MS)).toEqual([])
  watch.settled('f.in.0.c1/clerk', noRoom)
  expect(watch.after(0)).toEqual([expect.stringContaining('no space left on device')])
})
