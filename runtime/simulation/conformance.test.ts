/** The simulated broker beside a real nats-server: on any sequence of operations both give the same answers. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { collect, message, Received, slot } from '#runtime/log/contract.ts'
import { openJetStream } from '#runtime/log/jetstream.ts'
import type { Leases } from '#runtime/log/leases.ts'
import { type ScratchServer, scratchServer } from '#runtime/log/nats-server/scratch.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import { NO_FAULTS } from './faults.ts'
import { runningWorld } from './world.fixture.ts'

const RUNS = 15
const PARTITIONS = 2
const MEMBERS = 2

const partition = fc.nat({ max: PARTITIONS - 1 })
const by = fc.nat({ max: MEMBERS - 1 })
const key = fc.constantFrom('a', 'b')
/** As the operations name what they are about: the newest, one before it, … */
const back = fc.nat({ max: 4 })
const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('post' as const), by, partition }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('append' as const), by, partition, back, again: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), by, partition, back }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('newest' as const), by, partition }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forgetSlots' as const), by, partition, back }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('receive' as const), by, partition, back }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forget' as const), by, partition, back }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('acquire' as const), by, key, back }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('renew' as const), by, key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('release' as const), by, key, back }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('look' as const), by, key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('forgetLease' as const), by, key }) },
)
type Operation = typeof operation extends fc.Arbitrary<infer O> ? O : never

interface Member {
  readonly log: FleetLog
  readonly leases: Leases
}

let scratch: ScratchServer
let fleets = 0
beforeAll(async () => {
  scratch = await scratchServer()
})
afterAll(async () => {
  await scratch[Symbol.asyncDispose]()
})

test('answers alike, whatever is asked in whatever order', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 10, maxLength: 50 }), async (operations) => {
      const world = runningWorld(1, NO_FAULTS)
      const simulated = Array.from({ length: MEMBERS }, () => {
        const process = world.process()
        return { log: world.broker.open(process, 'f', PARTITIONS), leases: world.leases.open(process) }
      })
      const real = await opened(`conforms-${++fleets}`)
      const [said, found] = [await answersOf(real, operations), await answersOf(simulated, operations)]
      for (const { log } of real) await log.close()
      await world.dispose()
      expect(found).toEqual(said)
    }),
    { numRuns: RUNS },
  )
})

test('keeps the same across a restart', { timeout: 60_000 }, async () => {
  const world = runningWorld(1, NO_FAULTS)
  const process = world.process()
  const simulated = [{ log: world.broker.open(process, 'f', PARTITIONS), leases: world.leases.open(process) }]
  const real = await opened('restarts')
  const [before, after] = fc.sample(fc.array(operation, { minLength: 40, maxLength: 40 }), {
    numRuns: 2,
    seed: 1,
  })
  const alone = (operations: readonly Operation[] = []) => operations.map((each) => ({ ...each, by: 0 }))
  const marks = [{}, {}].map(() => newMarks())
  const both = async (operations: readonly Operation[]) => {
    const said = await answersOf(real, operations, marks[0])
    expect(await answersOf(simulated, operations, marks[1])).toEqual(said)
  }
  await both(alone(before))
  world.crash()
  await scratch.crash()
  // It keeps trying until the link is back; a lease is said now or not at all.
  await real[0]!.log.newest(0)
  while ((await real[0]!.leases.look('a')).kind === 'unsure');
  await both(alone(after))
  for (const { log } of real) await log.close()
  await world.dispose()
})

async function opened(fleet: string): Promise<Member[]> {
  const members: Member[] = []
  for (let i = 0; i < MEMBERS; i++) {
    const { url: servers } = scratch.server
    const each = await openJetStream({ servers, fleet, partitions: PARTITIONS, slotKeptMsMin: 0 })
    if (each.kind === 'refused') throw new Error(each.message)
    members.push(each)
  }
  return members
}

/** What has been done to a broker, as far as operations name it. */
interface Marks {
  readonly posted: number[]
  readonly forgotten: number[]
  readonly slots: string[][]
  /** Revisions that a key has stood at, as answered or looked at. */
  readonly revisions: Map<string, number[]>
  done: number
}

function newMarks(): Marks {
  const each = <T>(make: () => T) => Array.from({ length: PARTITIONS }, make)
  return {
    posted: each(() => 0),
    forgotten: each(() => 0),
    slots: each(() => []),
    revisions: new Map(),
    done: 0,
  }
}

async function answersOf(
  members: readonly Member[],
  operations: readonly Operation[],
  marks = newMarks(),
): Promise<unknown[]> {
  const answers: unknown[] = []
  for (const each of operations) answers.push([each.kind, await answerOf(members[each.by]!, each, marks)])
  return answers
}

async function answerOf({ log, leases }: Member, operation: Operation, marks: Marks): Promise<unknown> {
  const id = ++marks.done
  switch (operation.kind) {
    case 'post': {
      const { partition } = operation
      return log.post(message(++marks.posted[partition]!, { partition }))
    }
    case 'append': {
      const { partition, back, again } = operation
      const slots = marks.slots[partition]!
      const rev = Math.max(1, slots.length + 1 - back)
      const name = (again ? slots[rev - 1] : undefined) ?? `${operation.by}-${id}`
      const appended = await log.append(slot(rev, name, { partition }))
      if (appended.kind === 'owned') slots[rev - 1] = name
      return appended
    }
    case 'read': {
      const { partition, back } = operation
      const slots = await collect(log.read(partition, Math.max(1, marks.slots[partition]!.length - back)))
      return slots.map(({ rev, id }) => [rev, id])
    }
    case 'newest': {
      const newest = await log.newest(operation.partition)
      return newest && [newest.rev, newest.id]
    }
    case 'forgetSlots': {
      const { partition, back } = operation
      return log.forgetSlots(partition, Math.max(0, marks.slots[partition]!.length - back))
    }
    case 'receive':
    case 'forget': {
      const { partition, back } = operation
      const [posted, forgotten] = [marks.posted[partition]!, marks.forgotten[partition]!]
      const received = new Received()
      const reader = await log.inbox(partition, 0, received.deliver)
      if (posted > forgotten)
        while (received.messages.at(-1)?.seq !== posted) await received.until(received.messages.length + 1)
      // The one that was forgotten up to may stay.
      const all = received.messages.filter(({ seq }) => seq > forgotten)
      await reader.close()
      const upTo = all.at(-1 - back)
      if (operation.kind === 'receive' || !upTo)
        return all.map(({ seq, source, agent }) => [seq, source, agent])
      marks.forgotten[partition] = upTo.seq
      return log.forget(partition, upTo.position)
    }
    case 'acquire':
    case 'release': {
      const known = [0, ...(marks.revisions.get(operation.key) ?? [])]
      const over = known.at(-1 - Math.min(operation.back, known.length - 1))!
      if (operation.kind === 'release') return kindOf(await leases.release(operation.key, over))
      return kindOf(await leases.acquire(operation.key, `${operation.by}-${id}`, over))
    }
    case 'renew':
      return kindOf(await leases.renew(operation.key, `${operation.by}-${id}`))
    case 'forgetLease':
      return leases.forget(operation.key)
    case 'look': {
      const looked = await leases.look(operation.key)
      if (looked.kind !== 'stands') return looked.kind
      const { value, revision } = looked.change
      marks.revisions.set(operation.key, [...(marks.revisions.get(operation.key) ?? []), revision])
      return [value, revision]
    }
  }
}

function kindOf({ kind }: { readonly kind: string }): string {
  return kind
}
