import fc from 'fast-check'
import { expect, test } from 'vitest'
import { agentId } from './address.ts'
import { PartitionState } from './partition-state.ts'
import { SnapshotReader, SnapshotWriter } from './snapshot.ts'
import { decodeFrame, decodeSlot, encodePart, type Frame, FrameStream, TABLES } from './snapshot-format.ts'

test('every table of a partition is in its snapshots', () => {
  const maps = Object.entries(new PartitionState()).filter(([, value]) => value instanceof Map)
  expect(maps.map(([name]) => name).sort()).toEqual([...TABLES].sort())
})

const CHARS_MAX = 100_000

test('frames of any length come out as they went in, however much of them is under way', () => {
  const words = fc.array(fc.tuple(fc.constantFrom('x', 'ü', '"'), fc.nat(CHARS_MAX)), { maxLength: 8 })
  fc.assert(
    fc.property(words, fc.integer({ min: 1, max: CHARS_MAX }), (repeated, partBytes) => {
      const stream = new FrameStream()
      const frames = repeated.map(([char, times]): Frame => ({ kind: 'words', words: [char.repeat(times)] }))
      const taken: Uint8Array[] = []
      for (const frame of frames) {
        if (frame.kind !== 'conversation') stream.add(frame)
        if (stream.length > 4 * partBytes) taken.push(stream.take(partBytes))
      }
      taken.push(stream.take(stream.length))
      const bytes = Buffer.concat(taken)
      const read: Frame[] = []
      for (let at = 0; at < bytes.length; ) {
        const { frame, end } = decodeFrame(bytes, at)!
        read.push(frame)
        at = end
      }
      expect(read).toEqual(frames)
    }),
    { numRuns: 60 },
  )
})

const conversation = fc.integer({ min: 0, max: 12 }).map((n) => `conversation ${n}`)
const amount = fc.nat(1_000)

/** As a turn does: said before it is done. */
function visit(state: PartitionState, id: string, count: number): void {
  state.touch(id)
  state.conversation(id).turns++
  const packed = { machine: 'clerk', value: 'open', context: { count } }
  state.apply({ kind: 'agent', agent: agentId(id, 'clerk'), state: packed, done: false }, 1)
  state.apply({ kind: 'seen', source: 'client', seq: count, conversation: id }, 1)
  state.conversation(id).cells.set('total', count)
  state.settle()
}

const contents = (state: PartitionState) =>
  [...Array.from(state.awake, ({ id }) => id), ...state.resting.ids()]
    .sort()
    .map((id) => [id, String(state.plain(id))])

test('a snapshot is what the state was when it was begun, whatever is done and put to rest until it is whole', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(conversation, amount), { maxLength: 30 }),
      fc.array(fc.tuple(conversation, amount, fc.nat(4)), { maxLength: 30 }),
      fc.integer({ min: 40, max: 600 }),
      (before, meanwhile, partBytes) => {
        const state = new PartitionState()
        for (const [id, count] of before) visit(state, id, count)
        state.rest(3)
        state.rev = 7
        const expected = contents(state)
        const writer = new SnapshotWriter(state, 0, [], partBytes)
        const reader = new SnapshotReader()
        let changes = [...meanwhile]
        for (;;) {
          const part = writer.next()
          const slot = decodeSlot(encodePart(part))
          if (slot.kind !== 'part') throw new Error('a part is read as one')
          const read = reader.take(slot)
          if (read) {
            expect(contents(read.state)).toEqual(expected)
            expect(read.state.census()).toMatchObject({ open: expected.length, active: expected.length })
            expect(read.state.rev).toBe(7)
            return
          }
          expect(part.head.last).toBe(false)
          const [change] = changes
          changes = changes.slice(1)
          if (!change) continue
          visit(state, change[0], change[1])
          state.rest(change[2])
        }
      },
    ),
  )
})

test('conversations are read as snapshots of version 1 have them', () => {
  const state = new PartitionState()
  visit(state, 'c', 7)
  const before = {
    turns: 1,
    agents: [{ role: 'clerk', state: { machine: 'clerk', value: 'open', context: { count: 7 } } }],
    cells: [['total', 7]],
    seen: [['client', 7]],
  }
  const older = new PartitionState()
  older.resting.put('c', Buffer.from(JSON.stringify(before)))
  expect(String(older.plain('c'))).toBe(String(state.plain('c')))
  expect(older.agent('c/clerk')?.packed).toEqual(state.agent('c/clerk')?.packed)
})
