import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Broker,
  bytes,
  closing,
  collect,
  fleetLogContract,
  message,
  Received,
  range,
  slot,
} from './contract.ts'
import { type JetStreamOptions, openJetStream } from './jetstream.ts'
import { POSTS_PENDING_MAX } from './jetstream-log.ts'
import { type ScratchServer, scratchServer } from './nats-server/scratch.ts'
import { type FleetLog, FORGOTTEN, type LinkState, type Outgoing } from './port.ts'
import { slotMessageId } from './standing-slots.ts'
import { subjectsOf } from './subjects.ts'

const SMALL = { logBytesMax: 64 * 1024 * 1024, inboxBytesMax: 64 * 1024 * 1024 }

async function open(
  scratch: ScratchServer,
  fleet: string,
  more: Partial<JetStreamOptions> = {},
): Promise<FleetLog & AsyncDisposable> {
  const opened = await openJetStream({ servers: scratch.server.url, fleet, partitions: 1, ...SMALL, ...more })
  if (opened.kind === 'refused') throw new Error(`${opened.message} ${opened.help}`)
  return closing(opened.log)
}

async function start(): Promise<Broker> {
  const scratch = await scratchServer()
  return {
    open: (fleet, partitions, limits) => open(scratch, fleet, { partitions, slotKeptMsMin: 0, ...limits }),
    crash: () => scratch.crash(),
    async dispose() {
      await scratch[Symbol.asyncDispose]()
    },
  }
}

fleetLogContract('JetStream', start)

describe('on a server that is killed', () => {
  let scratch: ScratchServer
  beforeAll(async () => {
    scratch = await scratchServer()
  })
  afterAll(async () => {
    await scratch[Symbol.asyncDispose]()
  })

  /** As an outbox does: again and again until it is known to be kept. */
  async function postUntilKept(log: FleetLog, outgoing: Outgoing): Promise<void> {
    while ((await log.post(outgoing)).kind !== 'posted');
  }

  test('nothing acknowledged is lost, appends in flight resolve, and a reader goes on without gap or repeat', async () => {
    await using log = await open(scratch, 'killed')
    const live = new Received()
    await log.inbox(0, 0, live.deliver)
    let rev = 0
    for (let round = 0; round < 3; round++) {
      const posting = range(round * 3_000 + 1, (round + 1) * 3_000).map((seq) =>
        postUntilKept(log, message(seq)),
      )
      const appending = (async () => {
        const last = rev + 40
        while (rev < last) {
          rev += 1
          expect(await log.append(slot(rev, `w-${rev}`))).toEqual({ kind: 'owned' })
        }
      })()
      await live.until(round * 3_000 + 500)
      await scratch.crash()
      await Promise.all([...posting, appending])
    }
    await postUntilKept(log, message(9_001))
    const again = new Received()
    await log.inbox(0, 0, again.deliver)
    while (again.messages.at(-1)?.seq !== 9_001) await again.until(again.messages.length + 1)
    await live.until(again.messages.length)
    expect(live.messages.map((each) => each.position)).toEqual(again.messages.map((each) => each.position))
    expect(new Set(live.seqs())).toEqual(new Set(range(1, 9_001)))
    const slots = await collect(log.read(0, 1))
    expect(slots).toEqual(range(1, rev).map((each) => slot(each, `w-${each}`)))
  })

  test('an owner that was away while another took over is fenced', async () => {
    await using old = await open(scratch, 'zombie')
    expect(await old.append(slot(1, 'old-1'))).toEqual({ kind: 'owned' })
    const late = (async () => {
      await using taker = await open(scratch, 'zombie')
      expect((await collect(taker.read(0, 1))).length).toBe(1)
      expect(await taker.append(slot(2, 'new-2'))).toEqual({ kind: 'owned' })
    })()
    await late
    await scratch.crash()
    expect(await old.append(slot(2, 'old-2'))).toEqual({ kind: 'fenced', id: 'new-2' })
  })

  test('an owner whose newest slots did not come back with the server is told so, and leaves nothing behind', async () => {
    await using log = await open(scratch, 'unsynced')
    for (const rev of range(1, 3)) await log.append(slot(rev, `w-${rev}`))
    // As a server that loses power does to what it had not synced.
    const nc = await connect({ servers: scratch.server.url })
    const jsm = await jetstreamManager(nc)
    for (const seq of [4, 3]) await jsm.streams.deleteMessage('unsynced-log', seq, true)
    await nc.close()
    await scratch.crash()
    expect(await log.append(slot(4, 'w-4'))).toEqual({ kind: 'lost', newest: 1 })
    expect((await log.newest(0))?.id).toBe('w-1')
  })

  test('what was taken out of the log does not come back with the server', async () => {
    await using own = await scratchServer()
    await using log = await open(own, 'erased', { slotKeptMsMin: 0 })
    await log.append(slot(1, 'w-1'))
    expect(await log.append(slot(3, 'w-3'))).toEqual({ kind: 'lost', newest: 1 })
    await log.append(slot(2, 'w-2'))
    await own.crash()
    expect((await collect(log.read(0, 1))).map(({ id }) => id)).toEqual(['w-1', 'w-2'])
  })

  test('listeners hear of the loss and the return, posts made meanwhile wait and keep their order', async () => {
    await using log = await open(scratch, 'away')
    const heard: LinkState[] = []
    const lost = Promise.withResolvers<void>()
    log.onLink((state) => {
      heard.push(state)
      if (state === 'disconnected') lost.resolve()
    })
    const crashed = scratch.crash()
    await lost.promise
    const posting = range(1, 500).map((seq) => log.post(message(seq)))
    await crashed
    expect((await Promise.all(posting)).every((posted) => posted.kind === 'posted')).toBe(true)
    const received = new Received()
    await log.inbox(0, 0, received.deliver)
    await received.until(500)
    expect(received.seqs()).toEqual(range(1, 500))
    expect(heard).toEqual(['disconnected', 'connected'])
  })

  test('posts beyond the bound are refused as full instead of piling up', async () => {
    await using log = await open(scratch, 'piling')
    const lost = Promise.withResolvers<void>()
    log.onLink((state) => {
      if (state === 'disconnected') lost.resolve()
    })
    const crashed = scratch.crash()
    await lost.promise
    const posting = range(1, POSTS_PENDING_MAX + 10).map((seq) => log.post(message(seq, { body: bytes('') })))
    await crashed
    const kinds = (await Promise.all(posting)).map((posted) => posted.kind)
    expect(kinds.slice(0, POSTS_PENDING_MAX).every((kind) => kind === 'posted')).toBe(true)
    expect(kinds.slice(POSTS_PENDING_MAX).every((kind) => kind === 'full')).toBe(true)
  })

  test('closing while the server is away settles everything that waits', async () => {
    const log = await open(scratch, 'closing')
    const lost = Promise.withResolvers<void>()
    log.onLink((state) => {
      if (state === 'disconnected') lost.resolve()
    })
    const crashed = scratch.crash()
    await lost.promise
    const posting = log.post(message(1))
    const appending = log.append(slot(1, 'w-1'))
    const opening = log.inbox(0, 0, () => {})
    const reading = collect(log.read(0, 1))
    await log.close()
    await expect(opening).rejects.toThrow('The log is closed.')
    await expect(reading).rejects.toThrow('The log is closed.')
    expect((await posting).kind).toBe('unsure')
    await expect(appending).rejects.toThrow('The log is closed.')
    await crashed
  })

  test('a reader whose consumer is deleted on the server goes on without gap or repeat', async () => {
    await using log = await open(scratch, 'deleted')
    const received = new Received()
    await log.inbox(0, 0, received.deliver)
    await Promise.all(range(1, 300).map((seq) => log.post(message(seq))))
    await received.until(300)
    const nc = await connect({ servers: scratch.server.url })
    const jsm = await jetstreamManager(nc)
    for (const { name } of await jsm.consumers.list('deleted-in-0').next()) {
      await jsm.consumers.delete('deleted-in-0', name)
    }
    await nc.close()
    await Promise.all(range(301, 600).map((seq) => log.post(message(seq))))
    await received.until(600)
    expect(received.seqs()).toEqual(range(1, 600))
  })

  test('an inbox of which all was forgotten still knows where it ends after the server is killed', async () => {
    await using log = await open(scratch, 'forgotten', { partitions: 2 })
    for (const seq of range(1, 1_000)) void log.post(message(seq, { partition: seq % 2 }))
    const received = new Received()
    await log.inbox(0, 0, received.deliver)
    const last = (await received.until(500))[499]!
    await log.forget(0, last.position)
    await scratch.crash()
    await log.post(message(1_002))
    await received.until(501)
    expect(received.messages.at(-1)?.position).toBe(last.position + 1)
    const other = new Received()
    await log.inbox(1, 0, other.deliver)
    await other.until(500)
  })

  test('a store whose positions run behind what was consumed is not read on silently', async () => {
    await using log = await open(scratch, 'behind')
    await log.post(message(1))
    await expect(log.inbox(0, 1_000, () => {})).rejects.toThrow('the store has lost data')
  })
})

describe('of a writer that was not answered and tries again', () => {
  let scratch: ScratchServer
  beforeAll(async () => {
    scratch = await scratchServer()
  })
  afterAll(async () => {
    await scratch[Symbol.asyncDispose]()
  })

  /** A first try whose answer is lost. */
  async function unanswered(fleet: string, rev: number, id: string): Promise<void> {
    const nc = await connect({ servers: scratch.server.url })
    await jetstream(nc).publish(subjectsOf(fleet).slot(0, rev), 'late', {
      msgID: slotMessageId(0, rev, id),
      expect: { lastSubjectSequence: 0 },
    })
    await nc.close()
  }

  async function written(log: FleetLog, through: number): Promise<void> {
    for (const rev of range(1, through)) await log.append(slot(rev, `w-${rev}`))
  }

  test('a slot that was forgotten before the first try is not its own', async () => {
    await using other = await open(scratch, 'late', { slotKeptMsMin: 0 })
    await using log = await open(scratch, 'late')
    await written(other, 9)
    await other.forgetSlots(0, 6)
    await unanswered('late', 4, 'late')
    expect(await log.append(slot(4, 'late'))).toEqual({ kind: 'fenced', id: FORGOTTEN })
    expect((await collect(other.read(0, 1))).map(({ rev }) => rev)).toEqual([7, 8, 9])
  })

  test('nor is one that was written after others were lost', async () => {
    await using other = await open(scratch, 'gap')
    await using log = await open(scratch, 'gap')
    await written(other, 3)
    await unanswered('gap', 7, 'late')
    expect(await log.append(slot(7, 'late'))).toEqual({ kind: 'lost', newest: 3 })
    expect((await collect(other.read(0, 1))).map(({ rev }) => rev)).toEqual([1, 2, 3])
  })

  test('one that was forgotten after the first try is told so at once', async () => {
    await using other = await open(scratch, 'after', { slotKeptMsMin: 0 })
    await using log = await open(scratch, 'after')
    await written(other, 5)
    await other.forgetSlots(0, 3)
    expect(await log.append(slot(2, 'w-2'))).toEqual({ kind: 'fenced', id: FORGOTTEN })
  })

  test('the oldest that still stands is its own, and stays', async () => {
    await using other = await open(scratch, 'oldest', { slotKeptMsMin: 0 })
    await using log = await open(scratch, 'oldest')
    await written(other, 5)
    await other.forgetSlots(0, 3)
    expect(await log.append(slot(4, 'w-4'))).toEqual({ kind: 'owned' })
    expect((await collect(other.read(0, 1))).map(({ rev }) => rev)).toEqual([4, 5])
  })
})

describe('between two writers', () => {
  let scratch: ScratchServer
  beforeAll(async () => {
    scratch = await scratchServer()
  })
  afterAll(async () => {
    await scratch[Symbol.asyncDispose]()
  })

  test('each of 200 contested slots has exactly one owner, and both agree who', async () => {
    await using one = await open(scratch, 'race')
    await using two = await open(scratch, 'race')
    const owners = { one: 0, two: 0 }
    for (const rev of range(1, 200)) {
      // Who sends first alternates, so that both win some.
      const first = rev % 2 === 0 ? one : two
      const second = rev % 2 === 0 ? two : one
      const [a, b] = await Promise.all([
        first.append(slot(rev, `first-${rev}`)),
        second.append(slot(rev, `second-${rev}`)),
      ])
      const won = a.kind === 'owned' ? 'first' : 'second'
      expect([a, b].filter((each) => each.kind === 'owned').length).toBe(1)
      expect([a, b]).toContainEqual({ kind: 'fenced', id: `${won}-${rev}` })
      owners[(won === 'first') === (rev % 2 === 0) ? 'one' : 'two'] += 1
    }
    expect(owners.one + owners.two).toBe(200)
    expect((await collect(one.read(0, 1))).length).toBe(200)
  })
})

describe('opening', () => {
  let scratch: ScratchServer
  beforeAll(async () => {
    scratch = await scratchServer()
  })
  afterAll(async () => {
    await scratch[Symbol.asyncDispose]()
  })

  test('a fleet born with another number of partitions is refused, with what to do', async () => {
    await using born = await open(scratch, 'born', { partitions: 4 })
    expect(born.partitions).toBe(4)
    expect(
      await openJetStream({ servers: scratch.server.url, fleet: 'born', partitions: 8, ...SMALL }),
    ).toEqual({
      kind: 'refused',
      code: 'other-partitions',
      message:
        'Fleet `born` was created with 4 partitions and cannot be opened with 8: its agents would look in other inboxes.',
      help: 'Set `partitions` to 4, or start with another data folder or fleet name.',
    })
  })

  test('a fleet written in another format is refused', async () => {
    const nc = await connect({ servers: scratch.server.url })
    const jsm = await jetstreamManager(nc)
    await jsm.streams.add({ name: 'future-log', subjects: ['future.log.>', 'future.meta'] })
    await nc.request('future.meta', JSON.stringify({ format: 99, partitions: 1 }))
    await nc.close()
    expect(
      await openJetStream({ servers: scratch.server.url, fleet: 'future', partitions: 1, ...SMALL }),
    ).toMatchObject({
      kind: 'refused',
      code: 'other-format',
    })
  })

  test('a fleet of the layout with one inbox stream for all partitions is refused and left as it is', async () => {
    const nc = await connect({ servers: scratch.server.url })
    const jsm = await jetstreamManager(nc)
    await jsm.streams.add({ name: 'older-log', subjects: ['older.log.>', 'older.meta'] })
    await jsm.streams.add({ name: 'older-in', subjects: ['older.in.>'] })
    await nc.request('older.meta', JSON.stringify({ format: 1, partitions: 1 }))
    const opened = await openJetStream({
      servers: scratch.server.url,
      fleet: 'older',
      partitions: 1,
      ...SMALL,
    })
    expect(opened).toMatchObject({
      kind: 'refused',
      code: 'other-format',
      message: 'Fleet `older` was written in log format 1; this version reads format 3.',
    })
    expect((await jsm.streams.names('older.>').next()).toSorted()).toEqual(['older-in', 'older-log'])
    await nc.close()
  })

  test('reading a fleet that is not there is refused and makes nothing on the server', async () => {
    const nc = await connect({ servers: scratch.server.url })
    const before = (await (await jetstreamManager(nc)).getAccountInfo()).streams
    const opened = await openJetStream({
      servers: scratch.server.url,
      fleet: 'nowhere',
      partitions: 1,
      reading: true,
    })
    expect(opened).toMatchObject({ kind: 'refused', code: 'no-fleet' })
    expect((await (await jetstreamManager(nc)).getAccountInfo()).streams).toBe(before)
    await nc.close()
  })

  test('more partitions than there may be streams are refused before connecting', async () => {
    const opened = await openJetStream({ servers: '127.0.0.1:1', fleet: 'wide', partitions: 65 })
    expect(opened).toMatchObject({ kind: 'refused', code: 'bad-partitions' })
  })

  test('a name that is no subject token is refused before connecting', async () => {
    const opened = await openJetStream({ servers: '127.0.0.1:1', fleet: 'a.b', partitions: 1 })
    expect(opened).toMatchObject({ kind: 'refused', code: 'bad-name' })
  })

  test('no server at the address is said as such', async () => {
    const opened = await openJetStream({ servers: '127.0.0.1:1', fleet: 'nobody', partitions: 1 })
    expect(opened).toMatchObject({ kind: 'refused', code: 'unreachable' })
  })

  test('copies a single server cannot keep are refused', async () => {
    const opened = await openJetStream({
      servers: scratch.server.url,
      fleet: 'copies',
      partitions: 1,
      replicas: 3,
      ...SMALL,
    })
    expect(opened).toMatchObject({ kind: 'refused', code: 'configuration' })
  })

  test('limits beyond the disk are refused with the limits to lower', async () => {
    const opened = await openJetStream({
      servers: scratch.server.url,
      fleet: 'huge',
      partitions: 1,
      logBytesMax: Number.MAX_SAFE_INTEGER,
    })
    expect(opened).toMatchObject({ kind: 'refused', code: 'storage' })
  })

  test('a full log says so and holds the append until its bound is raised; nothing is dropped for it', async () => {
    const noticed = Promise.withResolvers<string>()
    await using log = await open(scratch, 'full', { logBytesMax: 100_000, onNotice: noticed.resolve })
    const record = new Uint8Array(40_000)
    expect(await log.append(slot(1, 'w-1', { record }))).toEqual({ kind: 'owned' })
    expect(await log.append(slot(2, 'w-2', { record }))).toEqual({ kind: 'owned' })
    const third = log.append(slot(3, 'w-3', { record }))
    expect(await noticed.promise).toBe('Slot 0.3 is refused, trying again: maximum bytes exceeded.')
    await using raised = await open(scratch, 'full', { logBytesMax: 1_000_000 })
    expect(await third).toEqual({ kind: 'owned' })
    expect((await collect(raised.read(0, 1))).map((each) => each.id)).toEqual(['w-1', 'w-2', 'w-3'])
  })

  test('the log names the server it is on', async () => {
    await using log = await open(scratch, 'named', { where: 'data in here' })
    expect(log.describe).toMatch(/^nats-server \d+\.\d+\.\d+ at 127\.0\.0\.1:\d+, data in here$/)
  })
})
