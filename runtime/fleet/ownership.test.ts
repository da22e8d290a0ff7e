/** Daemons that share partitions: each with a clock and ears of its own, so that one can be stopped while others go on. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LeaseChange, Leases } from '#runtime/log/leases.ts'
import { memoryLeases } from '#runtime/log/memory-leases.ts'
import { ManualClock, NOON } from './fleet.fixture.ts'
import { Ownership } from './ownership.ts'

const LEASE_MS = 1_000
const BEAT_MS = LEASE_MS / 5

class Daemon {
  readonly name: string
  readonly served = new Set<number>()
  readonly ownership: Ownership
  readonly #clock = new ManualClock(NOON)
  #stopped = false
  #unheard: (() => void)[] = []
  doubled = false

  constructor(name: string, partitions: number, shared: Leases, writer = `${name}-1`) {
    this.name = name
    const hear = (deliver: () => void) => (this.#stopped ? this.#unheard.push(deliver) : deliver())
    const leases: Leases = {
      ...shared,
      watch: (listener) => shared.watch((change: LeaseChange) => hear(() => listener(change))),
    }
    this.ownership = new Ownership({
      leases,
      clock: this.#clock,
      partitions,
      member: name,
      writer,
      leaseMs: LEASE_MS,
      take: async (partition) => {
        this.served.add(partition)
        return true
      },
      give: async (partition) => {
        this.served.delete(partition)
      },
      quiet: (partition) => partition % 2 === 0,
      idle: () => true,
      onChange: () => {},
      onDouble: () => {
        this.doubled = true
      },
    })
  }

  get isStopped(): boolean {
    return this.#stopped
  }

  pass(ms: number): void {
    if (!this.#stopped) this.#clock.advance(ms)
  }

  stop(): void {
    this.#stopped = true
  }

  /** Wakes: its timers are late, and what was said meanwhile is heard at last. */
  wake(): void {
    this.#stopped = false
    this.#clock.advance(BEAT_MS)
    for (const deliver of this.#unheard.splice(0)) deliver()
  }
}

class Machines {
  readonly partitions: number
  readonly leases = memoryLeases()
  readonly daemons = new Map<string, Daemon>()

  constructor(partitions: number) {
    this.partitions = partitions
  }

  async join(name: string, writer?: string): Promise<Daemon> {
    const daemon = new Daemon(name, this.partitions, this.leases, writer)
    this.daemons.set(name, daemon)
    void daemon.ownership.join()
    await settled()
    return daemon
  }

  async kill(name: string): Promise<void> {
    await this.daemons.get(name)!.ownership.close()
    this.daemons.delete(name)
  }

  async leave(name: string): Promise<void> {
    const leaving = this.daemons.get(name)!.ownership.leave()
    await settled()
    await leaving
    this.daemons.delete(name)
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += BEAT_MS) {
      for (const daemon of this.daemons.values()) daemon.pass(BEAT_MS)
      await settled()
    }
  }

  shares(): number[] {
    return Array.from(this.daemons.values(), (daemon) => daemon.served.size).toSorted()
  }

  owners(partition: number): string[] {
    return Array.from(this.daemons.values())
      .filter((daemon) => daemon.served.has(partition))
      .map((daemon) => daemon.name)
  }

  expectShared(): void {
    const living = Array.from(this.daemons.values()).filter((daemon) => !daemon.isStopped)
    if (living.length === 0) return
    for (let partition = 0; partition < this.partitions; partition++)
      expect(
        living.filter((daemon) => daemon.served.has(partition)).map((daemon) => daemon.name),
        `partition ${partition}`,
      ).toHaveLength(1)
    const shares = living.map((daemon) => daemon.served.size)
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1)
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 12; i++) await new Promise(setImmediate)
}

test('the first daemon serves all; one that joins is handed its share without waiting for a lease to lapse', async () => {
  const machines = new Machines(8)
  const one = await machines.join('one')
  expect(one.served.size).toBe(8)
  await machines.join('two')
  machines.expectShared()
  await machines.join('three')
  machines.expectShared()
  expect(machines.shares()).toEqual([2, 3, 3])
})

test('a daemon that leaves hands its partitions over at once', async () => {
  const machines = new Machines(8)
  await machines.join('one')
  await machines.join('two')
  await machines.leave('one')
  machines.expectShared()
  expect(machines.shares()).toEqual([8])
})

test('the partitions of a killed daemon are taken over within a lease and a beat, not earlier', async () => {
  const machines = new Machines(6)
  await machines.join('one')
  await machines.join('two')
  await machines.pass(LEASE_MS)
  await machines.kill('one')
  await machines.pass(LEASE_MS - 2 * BEAT_MS)
  expect(machines.shares()).toEqual([3])
  await machines.pass(3 * BEAT_MS)
  expect(machines.shares()).toEqual([6])
})

test('a daemon that starts again within its lease goes on with its partitions; the others notice nothing', async () => {
  const machines = new Machines(6)
  await machines.join('one')
  const two = await machines.join('two')
  const before = new Set(two.served)
  await machines.kill('one')
  await machines.pass(BEAT_MS)
  const again = await machines.join('one', 'one-2')
  expect(again.served.size).toBe(3)
  expect(two.served).toEqual(before)
  await machines.pass(3 * LEASE_MS)
  machines.expectShared()
})

test('a daemon stopped for longer than its lease gives up what others took, and shares again', async () => {
  const machines = new Machines(6)
  const one = await machines.join('one')
  const two = await machines.join('two')
  one.stop()
  await machines.pass(4 * LEASE_MS)
  expect(two.served.size).toBe(6)
  one.wake()
  await settled()
  await machines.pass(LEASE_MS)
  machines.expectShared()
  expect(machines.shares()).toEqual([3, 3])
})

test('a daemon that wakes judges nobody dead by the time it slept', async () => {
  const machines = new Machines(6)
  const one = await machines.join('one')
  const two = await machines.join('two')
  const before = new Set(two.served)
  one.stop()
  two.stop()
  two.wake()
  one.wake()
  await settled()
  expect(two.served).toEqual(before)
  machines.expectShared()
})

test('a fenced partition is dropped and taken up again', async () => {
  const machines = new Machines(2)
  const one = await machines.join('one')
  one.served.delete(0)
  one.ownership.lost(0)
  await settled()
  expect(one.ownership.serving).toEqual([1])
  await machines.pass(BEAT_MS)
  expect(one.ownership.serving).toEqual([0, 1])
  expect(machines.owners(0)).toEqual(['one'])
})

test('a release that nobody was told of is found out by who waits for the partition', async () => {
  const machines = new Machines(2)
  const one = await machines.join('one')
  const { leases } = machines
  const forgetful: Leases = {
    ...leases,
    watch: (listener) =>
      leases.watch((change) => {
        if (!change.key.startsWith('partition.') || change.value !== undefined) listener(change)
      }),
  }
  const two = new Daemon('two', 2, forgetful)
  machines.daemons.set('two', two)
  void two.ownership.join()
  await settled()
  expect([one.served.size, two.served.size]).toEqual([1, 0])
  await machines.pass(2 * LEASE_MS)
  machines.expectShared()
})

test('two processes that are the same member are told so', async () => {
  const machines = new Machines(2)
  const one = await machines.join('one', 'here')
  const copy = new Daemon('one', 2, machines.leases, 'elsewhere')
  void copy.ownership.join()
  await settled()
  await machines.pass(BEAT_MS)
  copy.pass(BEAT_MS)
  await settled()
  expect(one.doubled).toBe(true)
})

test('however many words of a dead predecessor arrive late, it is no double', async () => {
  const machines = new Machines(2)
  const one = await machines.join('one', 'again')
  const late = { writer: 'before', leaseMs: LEASE_MS, draining: false, quiet: [], idle: true }
  for (let beats = 0; beats < 12; beats++) {
    await machines.leases.renew('member.one', JSON.stringify(late))
    await machines.pass(BEAT_MS)
  }
  expect(one.doubled).toBe(false)
})

test('that nothing is left to do is known of partitions served elsewhere too', async () => {
  const machines = new Machines(2)
  const one = await machines.join('one')
  expect(one.ownership.allQuiet).toBe(false)
  expect(one.ownership.allIdle).toBe(true)
})

const event = fc.oneof(
  fc.record({ kind: fc.constant('join' as const), who: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ kind: fc.constant('leave' as const), who: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ kind: fc.constant('kill' as const), who: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ kind: fc.constant('stop' as const), who: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ kind: fc.constant('wake' as const), who: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ kind: fc.constant('pass' as const), beats: fc.integer({ min: 1, max: 12 }) }),
)

test('whatever comes, goes, stops and wakes: in the end every partition has one owner, and shares are even', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.array(event, { maxLength: 14 }),
      async (count, events) => {
        const machines = new Machines(count)
        let starts = 0
        for (const each of events) {
          if (each.kind === 'pass') {
            await machines.pass(each.beats * BEAT_MS)
            continue
          }
          const name = `daemon-${each.who}`
          const daemon = machines.daemons.get(name)
          if (each.kind === 'join' && daemon === undefined) await machines.join(name, `${name}.${++starts}`)
          if (daemon === undefined) continue
          if (each.kind === 'kill') await machines.kill(name)
          if (each.kind === 'leave' && !daemon.isStopped) await machines.leave(name)
          if (each.kind === 'stop') daemon.stop()
          if (each.kind === 'wake') daemon.wake()
        }
        for (const daemon of machines.daemons.values()) if (daemon.isStopped) daemon.wake()
        await machines.pass(5 * LEASE_MS)
        machines.expectShared()
      },
    ),
    { numRuns: 200 },
  )
})
