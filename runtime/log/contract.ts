/**
 * What every implementation of the fleet's log keeps, as a suite to be run against each of them.
 * Waiting is for the thing awaited (a count of messages), never for time.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type FleetLog,
  FORGOTTEN,
  type InboxMessage,
  LogClosed,
  MESSAGE_BYTES_MAX,
  type Outgoing,
  RECORD_BYTES_MAX,
  type Slot,
} from './port.ts'

export interface Broker {
  /** Another process's view of the same data. The suite closes what it opens. */
  open(fleet: string, partitions: number, limits?: { readonly inboxBytesMax: number }): Promise<FleetLog>
  /** The store dies as hard as it can and comes back with what it kept; open logs find their way back. */
  crash(): Promise<void>
  dispose(): Promise<void>
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (body: Uint8Array): string => new TextDecoder().decode(body)

export function message(seq: number, more: Partial<Outgoing> = {}): Outgoing {
  return { partition: 0, agent: 'conv-1/clerk', source: 'test', seq, body: bytes(`m${seq}`), ...more }
}

export function slot(rev: number, id: string, more: Partial<Slot> = {}): Slot {
  return { partition: 0, rev, id, record: bytes(`${rev} by ${id}`), ...more }
}

/** Collects what an inbox delivers and lets a test wait for the n-th message. */
export class Received {
  readonly messages: InboxMessage[] = []
  readonly #waiting: { count: number; wake: () => void }[] = []

  readonly deliver = (delivered: InboxMessage): void => {
    this.messages.push(delivered)
    for (const { count, wake } of this.#waiting) if (this.messages.length >= count) wake()
  }

  async until(count: number): Promise<readonly InboxMessage[]> {
    if (this.messages.length < count) {
      await new Promise<void>((wake) => this.#waiting.push({ count, wake }))
    }
    return this.messages
  }

  seqs(): number[] {
    return this.messages.map((delivered) => delivered.seq)
  }
}

export async function collect(slots: AsyncIterable<Slot>): Promise<Slot[]> {
  const all: Slot[] = []
  for await (const each of slots) all.push(each)
  return all
}

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

export function fleetLogContract(name: string, start: () => Promise<Broker>): void {
  describe(`${name} keeps the log's contract`, () => {
    let broker: Broker
    let fleets = 0
    const fleet = (): string => `fleet-${++fleets}`

    beforeAll(async () => {
      broker = await start()
    })
    afterAll(async () => {
      await broker.dispose()
    })

    test('an inbox delivers what was posted, in order, with every field as sent', async () => {
      await using log = closing(await broker.open(fleet(), 2))
      const odd: Outgoing[] = [
        message(1, { agent: 'conv 7/clerk.*>', body: new Uint8Array(0) }),
        message(2, { agent: 'Ünïcode/日本/=41', source: 'p3' }),
        message(3, {
          agent: 'plain',
          source: 'a client, with a long name',
          body: Uint8Array.of(0, 255, 13, 10),
        }),
      ]
      for (const each of odd) expect(await log.post(each)).toEqual({ kind: 'posted' })
      const received = new Received()
      await log.inbox(0, 0, received.deliver)
      const got = await received.until(3)
      expect(got.map(({ position, ...rest }) => rest)).toEqual(odd)
      expect(got.map((each) => each.position)).toEqual(
        got.map((each) => each.position).toSorted((a, b) => a - b),
      )
    })

    test('posts need not wait for each other and arrive in call order', async () => {
      await using log = closing(await broker.open(fleet(), 1))
      const received = new Received()
      await log.inbox(0, 0, received.deliver)
      const posted = await Promise.all(range(1, 2_000).map((seq) => log.post(message(seq))))
      expect(posted.every((each) => each.kind === 'posted')).toBe(true)
      await received.until(2_000)
      expect(received.seqs()).toEqual(range(1, 2_000))
    })

    test('a reader starts after the position it names', async () => {
      await using log = closing(await broker.open(fleet(), 1))
      for (const seq of range(1, 5)) await log.post(message(seq))
      const first = new Received()
      await log.inbox(0, 0, first.deliver)
      const third = (await first.until(5))[2]!
      const second = new Received()
      await log.inbox(0, third.position, second.deliver)
      await second.until(2)
      expect(second.seqs()).toEqual([4, 5])
    })

    test('a reader who has had more than there ever was is refused: going on would skip messages', async () => {
      await using log = closing(await broker.open(fleet(), 1))
      for (const seq of range(1, 3)) await log.post(message(seq))
      const received = new Received()
      await log.inbox(0, 0, received.deliver)
      const third = (await received.until(3))[2]!
      await log.forget(0, third.position)
      await expect(log.inbox(0, third.position + 1, received.deliver)).rejects.toThrow(
        'the store has lost data',
      )
      await log.inbox(0, third.position, received.deliver)
    })

    test('of messages posted together each has its own place: one can pause, start and forget there', async () => {
      await using log = closing(await broker.open(fleet(), 1))
      const received = new Received()
      const reader = await log.inbox(0, 0, (delivered) => {
        received.deliver(delivered)
        if (delivered.seq === 40) reader.pause()
      })
      await Promise.all(range(1, 600).map((seq) => log.post(message(seq, { agent: `conv-${seq}/clerk` }))))
      const here = (await received.until(40))[39]!
      const later = new Received()
      await log.inbox(0, here.position, later.deliver)
      await later.until(560)
      expect(later.seqs()).toEqual(range(41, 600))
      expect(received.seqs()).toEqual(range(1, 40))
      reader.resume()
      await received.until(600)
      expect(received.seqs()).toEqual(range(1, 600))
      expect(new Set(received.messages.map((each) => each.position)).size).toBe(600)
      await log.forget(0, here.position)
      const again = new Received()
      await log.inbox(0, here.position, again.deliver)
      await again.until(560)
      expect(again.messages.map(({ seq, agent }) => `${seq} ${agent}`)).toEqual(
        range(41, 600).map((seq) => `${seq} conv-${seq}/clerk`),
      )
    })

    test('partitions and fleets do not see each other', async () => {
      const name = fleet()
      await using log = closing(await broker.open(name, 12))
      await using other = closing(await broker.open(`${name}-b`, 12))
      await log.post(message(1, { partition: 1 }))
      await log.post(message(2, { partition: 11 }))
      await other.post(message(3, { partition: 1 }))
      await log.post(message(4, { partition: 1 }))
      const received = new Received()
      await log.inbox(1, 0, received.deliver)
      await received.until(2)
      expect(received.seqs()).toEqual([1, 4])
      await log.append(slot(1, 'w1', { partition: 1 }))
      expect(await collect(log.read(11, 1))).toEqual([])
      expect(await collect(other.read(1, 1))).toEqual([])
    })

    test('pause holds delivery at once, resume goes on without gap or repeat', async () => {
      await using log = closing(await broker.open(fleet(), 1))
      const received = new Received()
      const reader = await log.inbox(0, 0, (delivered) => {
        received.deliver(delivered)
        if (delivered.seq === 3) reader.pause()
      })
      for (const seq of range(1, 10)) await log.post(message(seq))
      await received.until(3)
      // A second reader has seen all ten, so the first has had its chance to run on.
      const witness = new Received()
      await log.inbox(0, 0, witness.deliver)
      await witness.until(10)
      expect(received.seqs()).toEqual([1, 2, 3])
      reader.resume()
      await received.until(10)
      expect(received.seqs()).toEqual(range(1, 10))
    })

    test('a closed reader delivers nothing more', async () => {
      await using log = closing(await broker.open(fleet(), 1))
      const received = new Received()
      const reader = await log.inbox(0, 0, received.deliver)
      await log.post(message(1))
      await received.until(1)
      await reader.close()
      await log.post(message(2))
      const witness = new Received()
      await log.inbox(0, 0, witness.deliver)
      await witness.until(2)
      expect(received.seqs()).toEqual([1])
    })

    test('what a caller does to its buffers afterwards changes nothing', async () => {
      await using log = closing(await broker.open(fleet(), 1))
      const body = Buffer.from('as posted')
      const record = Buffer.from('as appended')
      await log.post(message(1, { body }))
      await log.append(slot(1, 'w-1', { record }))
      body.fill(0)
      record.fill(0)
      const received = new Received()
      await log.inbox(0, 0, received.deliver)
      expect(text((await received.until(1))[0]!.body)).toBe('as posted')
      expect((await collect(log.read(0, 1))).map((each) => text(each.record))).toEqual(['as appended'])
    })

    test('a slot belongs to whoever created it; the same record again is still owned', async () => {
      const name = fleet()
      await using one = closing(await broker.open(name, 1))
      await using two = closing(await broker.open(name, 1))
      expect(await one.append(slot(1, 'one-1'))).toEqual({ kind: 'owned' })
      expect(await two.append(slot(1, 'two-1'))).toEqual({ kind: 'fenced', id: 'one-1' })
      expect(await one.append(slot(1, 'one-1'))).toEqual({ kind: 'owned' })
      expect(await two.append(slot(2, 'two-2'))).toEqual({ kind: 'owned' })
      expect(await one.append(slot(2, 'one-2'))).toEqual({ kind: 'fenced', id: 'two-2' })
      expect(await collect(one.read(0, 1))).toEqual([slot(1, 'one-1'), slot(2, 'two-2')])
    })

    test('of two writers racing for a slot exactly one owns it, and the other learns who', async () => {
      const name = fleet()
      await using one = closing(await broker.open(name, 1))
      await using two = closing(await broker.open(name, 1))
      for (const rev of range(1, 20)) {
        const [a, b] = await Promise.all([
          one.append(slot(rev, `one-${rev}`)),
          two.append(slot(rev, `two-${rev}`)),
        ])
        const owner = a.kind === 'owned' ? `one-${rev}` : `two-${rev}`
        expect([a, b]).toContainEqual({ kind: 'owned' })
        expect([a, b]).toContainEqual({ kind: 'fenced', id: owner })
      }
      expect((await collect(two.read(0, 1))).map((each) => each.rev)).toEqual(range(1, 20))
    })

    test('read gives the slots from a revision on, up to the newest when asked', async () => {
      await using log = closing(await broker.open(fleet(), 2))
      for (const rev of range(1, 30)) await log.append(slot(rev, `w-${rev}`, { partition: 1 }))
      expect(await collect(log.read(1, 28))).toEqual(
        range(28, 30).map((rev) => slot(rev, `w-${rev}`, { partition: 1 })),
      )
      expect((await collect(log.read(1, 1))).map((each) => each.rev)).toEqual(range(1, 30))
      expect(await collect(log.read(1, 31))).toEqual([])
      expect(await collect(log.read(0, 1))).toEqual([])
    })

    test('a reader of slots may stop early', async () => {
      await using log = closing(await broker.open(fleet(), 1))
      for (const rev of range(1, 5)) await log.append(slot(rev, `w-${rev}`))
      for await (const each of log.read(0, 2)) {
        expect(each.rev).toBe(2)
        break
      }
      expect(await log.append(slot(6, 'w-6'))).toEqual({ kind: 'owned' })
    })

    test('the largest record and message pass; larger ones are the bug they are', async () => {
      await using log = closing(await broker.open(fleet(), 1))
      const record = new Uint8Array(RECORD_BYTES_MAX).fill(7)
      const body = new Uint8Array(MESSAGE_BYTES_MAX).fill(9)
      expect(await log.append(slot(1, 'big', { record }))).toEqual({ kind: 'owned' })
      expect(await log.append(slot(1, 'other', { record }))).toEqual({ kind: 'fenced', id: 'big' })
      expect(await log.post(message(1, { body }))).toEqual({ kind: 'posted' })
      const received = new Received()
      await log.inbox(0, 0, received.deliver)
      expect((await received.until(1))[0]!.body).toEqual(body)
      expect((await collect(log.read(0, 1)))[0]!.record).toEqual(record)
      await expect(
        log.append(slot(2, 'x', { record: new Uint8Array(RECORD_BYTES_MAX + 1) })),
      ).rejects.toThrow(RangeError)
      await expect(log.post(message(2, { body: new Uint8Array(MESSAGE_BYTES_MAX + 1) }))).rejects.toThrow(
        RangeError,
      )
      await expect(log.post(message(3, { partition: 1 }))).rejects.toThrow(RangeError)
    })

    test('forget drops messages before a position, and no slot', async () => {
      await using log = closing(await broker.open(fleet(), 2))
      await log.append(slot(1, 'w-1'))
      for (const seq of range(1, 6)) await log.post(message(seq, { partition: seq % 2 }))
      const before = new Received()
      await log.inbox(1, 0, before.deliver)
      const second = (await before.until(3))[1]!
      await log.forget(1, second.position)
      const odd = new Received()
      const even = new Received()
      await log.inbox(1, 0, odd.deliver)
      await log.inbox(0, 0, even.deliver)
      while (odd.messages.at(-1)?.seq !== 5) await odd.until(odd.messages.length + 1)
      await even.until(3)
      // The one at the position may stay.
      expect(odd.seqs().filter((seq) => seq !== 3)).toEqual([5])
      expect(even.seqs()).toEqual([2, 4, 6])
      expect(await collect(log.read(0, 1))).toEqual([slot(1, 'w-1')])
    })

    test('forgotten slots are gone, reading starts at the oldest kept, and the newest two stay', async () => {
      await using log = closing(await broker.open(fleet(), 2))
      expect(await log.newest(1)).toBeUndefined()
      await log.forgetSlots(1, 5)
      for (const rev of range(1, 9)) await log.append(slot(rev, `w-${rev}`, { partition: 1 }))
      await log.append(slot(1, 'other', { partition: 0 }))
      expect(await log.newest(1)).toEqual(slot(9, 'w-9', { partition: 1 }))
      await log.forgetSlots(1, 4)
      expect((await collect(log.read(1, 1))).map((each) => each.rev)).toEqual(range(5, 9))
      expect((await collect(log.read(1, 7))).map((each) => each.rev)).toEqual(range(7, 9))
      await log.forgetSlots(1, 3)
      await log.forgetSlots(1, 9)
      expect((await collect(log.read(1, 1))).map((each) => each.rev)).toEqual([8, 9])
      expect(await log.append(slot(9, 'late', { partition: 1 }))).toEqual({ kind: 'fenced', id: 'w-9' })
      expect(await log.append(slot(10, 'w-10', { partition: 1 }))).toEqual({ kind: 'owned' })
      expect((await collect(log.read(0, 1))).map((each) => each.id)).toEqual(['other'])
    })

    test('who goes on after slots that are gone is told so, and leaves nothing behind', async () => {
      const name = fleet()
      await using before = closing(await broker.open(name, 1))
      for (const rev of range(1, 3)) await before.append(slot(rev, `w-${rev}`))
      await using log = closing(await broker.open(name, 1))
      expect(await log.append(slot(7, 'w-7'))).toEqual({ kind: 'lost', newest: 3 })
      expect((await log.newest(0))?.rev).toBe(3)
      expect(await log.append(slot(4, 'w-4'))).toEqual({ kind: 'owned' })
    })

    test('a writer that slept until its slot was forgotten is fenced and leaves nothing behind', async () => {
      const name = fleet()
      await using sleeper = closing(await broker.open(name, 1))
      await using awake = closing(await broker.open(name, 1))
      for (const rev of range(1, 9)) await awake.append(slot(rev, `awake-${rev}`))
      await awake.forgetSlots(0, 6)
      for (const rev of [1, 2, 6])
        expect(await sleeper.append(slot(rev, `sleeper-${rev}`))).toEqual({ kind: 'fenced', id: FORGOTTEN })
      expect((await awake.newest(0))?.rev).toBe(9)
      expect((await collect(awake.read(0, 1))).map((each) => each.id)).toEqual([
        'awake-7',
        'awake-8',
        'awake-9',
      ])
    })

    test('a full store says so, keeps nothing of it, and takes posts again once messages are forgotten', async () => {
      await using log = closing(await broker.open(fleet(), 1, { inboxBytesMax: 100_000 }))
      const body = new Uint8Array(10_000)
      let kept = 0
      for (; kept < 20; kept++) {
        const posted = await log.post(message(kept + 1, { body }))
        if (posted.kind === 'full') break
        expect(posted).toEqual({ kind: 'posted' })
      }
      expect(kept).toBeGreaterThan(5)
      expect(kept).toBeLessThan(11)
      const received = new Received()
      await log.inbox(0, 0, received.deliver)
      const last = (await received.until(kept))[kept - 1]!
      await log.forget(0, last.position)
      expect(await log.post(message(kept + 1, { body }))).toEqual({ kind: 'posted' })
      await received.until(kept + 1)
      expect(received.seqs()).toEqual(range(1, kept + 1))
    })

    test('what was posted and appended outlives a crash of the store, and positions go on growing', async () => {
      const name = fleet()
      await using log = closing(await broker.open(name, 1))
      const received = new Received()
      await log.inbox(0, 0, received.deliver)
      for (const seq of range(1, 5)) await log.post(message(seq))
      for (const rev of range(1, 3)) await log.append(slot(rev, `w-${rev}`))
      const fifth = (await received.until(5))[4]!
      await log.forget(0, fifth.position)
      await broker.crash()
      await using again = closing(await broker.open(name, 1))
      expect((await collect(again.read(0, 1))).map((each) => each.id)).toEqual(['w-1', 'w-2', 'w-3'])
      expect(await again.append(slot(3, 'late'))).toEqual({ kind: 'fenced', id: 'w-3' })
      expect(await again.append(slot(4, 'w-4'))).toEqual({ kind: 'owned' })
      expect(await again.post(message(6))).toEqual({ kind: 'posted' })
      const after = new Received()
      await again.inbox(0, fifth.position, after.deliver)
      expect((await after.until(1))[0]!.seq).toBe(6)
      await received.until(6)
      expect(received.seqs()).toEqual(range(1, 6))
    })

    test('a closed log refuses work with LogClosed and says it is closed', async () => {
      const log = await broker.open(fleet(), 1)
      const states: string[] = []
      log.onLink((state) => states.push(state))
      await log.close()
      await log.close()
      await expect(log.append(slot(1, 'w'))).rejects.toThrow(LogClosed)
      await expect(log.post(message(1))).rejects.toThrow(LogClosed)
      await expect(log.inbox(0, 0, () => {})).rejects.toThrow(LogClosed)
      await expect(collect(log.read(0, 1))).rejects.toThrow(LogClosed)
      expect(states).toEqual(['closed'])
    })
  })
}

/** `await using` closes the log however the test ends. */
export function closing(log: FleetLog): FleetLog & AsyncDisposable {
  return Object.assign(log, { [Symbol.asyncDispose]: () => log.close() })
}
