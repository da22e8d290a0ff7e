import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryBroker } from '#runtime/log/memory.ts'
import type { FleetLog, InboxMessage, Posted } from '#runtime/log/port.ts'
import type { Clock } from './clock.ts'
import { agents, till, VOCABULARY } from './desk.fixture.ts'
import { startFleet } from './fleet.fixture.ts'
import { OUTBOX_HELD_MAX, OUTBOX_MAX, Outbox } from './outbox.ts'
import type { Post } from './partition-state.ts'

const PARTITIONS = 3

/** Time that passes at once: a retry comes in the next turn of the event loop. */
const atOnce: Clock = {
  now: () => 0,
  after(_ms, call) {
    const handle = setImmediate(call)
    return () => clearImmediate(handle)
  },
}

/** A log whose posts fail by a script: `lost` was not kept, `unsure` was kept although the sender is told otherwise. */
function unreliable(
  log: FleetLog,
  script: readonly ('kept' | 'lost' | 'unsure' | 'full')[],
): Pick<FleetLog, 'post'> {
  let call = 0
  return {
    async post(message): Promise<Posted> {
      const fate = script[call++] ?? 'kept'
      if (fate === 'full') return { kind: 'full' }
      if (fate === 'lost') return { kind: 'unsure', cause: new Error('no answer') }
      const posted = await log.post(message)
      return fate === 'unsure' ? { kind: 'unsure', cause: new Error('no answer') } : posted
    },
  }
}

/** The receiver's rule: in order of `seq`, doubles and what comes too early dropped. */
function taken(messages: readonly InboxMessage[]): number[] {
  let seen = 0
  return messages.flatMap(({ seq }) => (seq === seen + 1 ? [++seen] : []))
}

test('whatever is lost, doubled or refused on the way, the receiver takes every message once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('kept', 'lost', 'unsure', 'full'), { maxLength: 60 }),
      // Records: for each message the partition it goes to.
      fc.array(fc.array(fc.integer({ min: 0, max: PARTITIONS - 1 }), { minLength: 1, maxLength: 5 }), {
        minLength: 1,
        maxLength: 10,
      }),
      async (script, records) => {
        const log = memoryBroker().open('test', PARTITIONS)
        const received = Array.from({ length: PARTITIONS }, (): InboxMessage[] => [])
        for (const [partition, messages] of received.entries())
          await log.inbox(partition, 0, (message) => messages.push(message))
        let sentThrough = 0
        const done = Promise.withResolvers<void>()
        const sent = (rev: number) => {
          expect(rev).toBeGreaterThanOrEqual(sentThrough)
          sentThrough = rev
          if (rev === records.length) done.resolve()
        }
        const outbox = new Outbox(unreliable(log, script), atOnce, 0, sent, () => {})
        const seqs = received.map(() => 0)
        for (const [i, partitions] of records.entries())
          outbox.push(
            partitions.map(
              (partition): Post => ({
                rev: i + 1,
                partition,
                seq: ++seqs[partition]!,
                agent: 'c/a',
                body: '{}',
              }),
            ),
          )
        await done.promise
        await new Promise(setImmediate)
        expect(received.map(taken)).toEqual(seqs.map((seq) => Array.from({ length: seq }, (_, i) => i + 1)))
        expect(outbox.length).toBe(0)
      },
    ),
    { numRuns: 200 },
  )
})

test('a partition whose inbox is full holds up what goes to it, and to nobody else', async () => {
  const posted: string[] = []
  let refused = 0
  const retries: (() => void)[] = []
  const log: Pick<FleetLog, 'post'> = {
    async post({ partition, seq }): Promise<Posted> {
      if (partition === 1 && refused < 5) {
        refused++
        return { kind: 'full' }
      }
      posted.push(`${seq} to ${partition}`)
      return { kind: 'posted' }
    },
  }
  const clock: Clock = {
    now: () => 0,
    after(_ms, call) {
      retries.push(call)
      return () => {}
    },
  }
  const sent: number[] = []
  const outbox = new Outbox(
    log,
    clock,
    0,
    (rev) => sent.push(rev),
    () => {},
  )
  const post = (rev: number, partition: number, seq: number): Post => ({
    rev,
    partition,
    seq,
    agent: 'c/a',
    body: '{}',
  })
  outbox.push([post(1, 2, 1), post(2, 1, 1), post(2, 2, 2), post(3, 2, 3)])
  while (outbox.length > 1) await new Promise(setImmediate)
  expect([posted, sent, outbox.isHeldUp]).toEqual([['1 to 2', '2 to 2', '3 to 2'], [1], true])
  while (outbox.length > 0) {
    retries.pop()?.()
    await new Promise(setImmediate)
  }
  expect([posted.slice(3), sent, outbox.isHeldUp]).toEqual([['1 to 1'], [1, 3], false])
})

test('it has more room while a full inbox holds it up, and no more than is named', async () => {
  let isFull = true
  const retries: (() => void)[] = []
  const log: Pick<FleetLog, 'post'> = { post: async () => (isFull ? { kind: 'full' } : { kind: 'posted' }) }
  const clock: Clock = {
    now: () => 0,
    after(_ms, call) {
      retries.push(call)
      return () => {}
    },
  }
  const held = Promise.withResolvers<void>()
  const outbox = new Outbox(log, clock, 0, () => {}, held.resolve)
  const posts = (count: number): Post[] =>
    Array.from({ length: count }, (_, i) => ({ rev: 1, partition: 1, seq: i + 1, agent: 'c/a', body: '{}' }))
  outbox.push(posts(OUTBOX_MAX))
  expect(outbox.hasRoom).toBe(false)
  await held.promise
  expect([outbox.isHeldUp, outbox.hasRoom]).toEqual([true, true])
  outbox.push(posts(OUTBOX_HELD_MAX - OUTBOX_MAX))
  expect(outbox.hasRoom).toBe(false)
  isFull = false
  for (const retry of retries) retry()
  while (outbox.length > 0) await new Promise(setImmediate)
  expect([outbox.isHeldUp, outbox.hasRoom]).toEqual([false, true])
})

test('what has arrived is no more counted as unsent, also where no record follows that says so', async () => {
  const { pay } = till()
  const under = await startFleet({
    policy: `${VOCABULARY}
consistency "Cap" { across the fleet  total amount of pay at most 900 USD per calendar day in "UTC" }`,
    agents,
    world: { tools: { pay } },
  })
  for (const conversation of ['c1', 'c2', 'c3', 'c4']) {
    await under.tell(conversation, 'clerk', 'order', { amount: 200 })
    await under.settle()
  }
  const { fleet } = under
  const remembered = fleet.owned.reduce((sum, partition) => sum + fleet.stateOf(partition).unsent.length, 0)
  expect(remembered, 'until the next record').toBeGreaterThan(0)
  expect(fleet.unsent).toBe(0)
})
