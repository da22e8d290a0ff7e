/**
 * The daemons of a simulated fleet: each a process with the real fleet and the real ownership over the simulated broker. They
 * share the partitions by leases, die, are drained, wake up as zombies, and are started again under the name they had.
 *
 * Invariants:
 * 1. Whatever reaches a daemon reaches it as a process: nothing while it is paused, nothing ever once it is dead.
 * 2. A daemon that ends is started again, for as long as the run lasts.
 */
import { noStopwatch } from '#runtime/fleet/clock.ts'
import { Fleet, type FleetDeps } from '#runtime/fleet/fleet.ts'
import { Ownership } from '#runtime/fleet/ownership.ts'
import type { PartitionState } from '#runtime/fleet/partition-state.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import type { FleetLog } from '#runtime/log/port.ts'
import type { Knobs } from './knobs.ts'
import type { LeaseBucket } from './leases.ts'
import type { Luck } from './luck.ts'
import { SimulatedProcess } from './process.ts'
import type { Random } from './random.ts'
import { type Tricks, trickyMemory, trickyWorld } from './tricky-world.ts'
import type { VirtualTime } from './virtual-time.ts'

/** A daemon that ended is started again after up to this. */
const RESTART_MAX_MS = 1_000

export interface Daemon {
  /** The same whenever it starts again. */
  readonly member: string
  readonly process: SimulatedProcess
  readonly fleet: Fleet
  readonly ownership: Ownership
}

export interface Seat {
  readonly partition: number
  readonly process: SimulatedProcess
  readonly held: PartitionState | undefined
}

export interface DaemonsDeps {
  readonly members: number
  readonly leaseMs: number
  readonly time: VirtualTime
  readonly random: Random
  readonly luck: Luck
  readonly knobs: Knobs
  readonly openLog: (process: SimulatedProcess) => FleetLog
  readonly leases: LeaseBucket
  readonly fleet: Pick<FleetDeps, 'definition' | 'judge' | 'world' | 'memory'> &
    Partial<Pick<FleetDeps, 'policy'>>
  readonly acts: (key: string, what: string) => void
  /** An owner holds this after a record of its own, the `first` since it took the partition up or a later one. */
  readonly onHeld: (held: PartitionState, record: CommitRecord, first: boolean) => void
  readonly onFenced: () => void
  readonly onFailed: (error: Error) => void
}

export class Daemons {
  readonly #deps: DaemonsDeps
  readonly #there = new Map<string, Daemon>()
  #begun = 0

  constructor(deps: DaemonsDeps) {
    this.#deps = deps
  }

  get begun(): number {
    return this.#begun
  }

  get all(): readonly Daemon[] {
    return Array.from(this.#there.values())
  }

  /** What every daemon that serves the partition, or believes so, holds of it. */
  serving(partition: number): PartitionState[] {
    return this.all.flatMap(({ fleet }) => (fleet.owns(partition) ? [fleet.stateOf(partition)] : []))
  }

  /** Every partition that a running daemon counts as served, and what it holds of it: nothing when it has no owner there. */
  get seats(): Seat[] {
    const seats: Seat[] = []
    for (const { process, fleet, ownership } of this.#there.values()) {
      if (!process.running) continue
      for (const partition of ownership.serving)
        seats.push({
          partition,
          process,
          held: fleet.owns(partition) ? fleet.stateOf(partition) : undefined,
        })
    }
    return seats
  }

  beginAll(): void {
    for (let i = 1; i <= this.#deps.members; i++) this.#begin(`daemon-${i}`)
  }

  /** Something is said to every daemon that hears it. */
  tell(say: (fleet: Fleet) => void): void {
    for (const { process, fleet } of this.all) process.happen(() => say(fleet))
  }

  kill(daemon: Daemon): void {
    this.#end(daemon)
  }

  /** It finishes what it has in hand, hands over and ends, unless it dies on the way. */
  drain(daemon: Daemon): void {
    if (!daemon.process.running || daemon.ownership.isLeaving) return
    void daemon.ownership.leave().then(() => this.#end(daemon))
  }

  #end(daemon: Daemon): void {
    if (!daemon.process.alive) return
    daemon.process.kill()
    this.#there.delete(daemon.member)
    const { time, random } = this.#deps
    time.after(random.next() * RESTART_MAX_MS, () => this.#begin(daemon.member))
  }

  #begin(member: string): void {
    const { time, luck, knobs, leases, leaseMs, acts, openLog, onHeld, onFenced, onFailed } = this.#deps
    const life = `${member}-${++this.#begun}`
    const random = this.#deps.random.fork(life)
    const deaths = random.fork('deaths')
    const process = new SimulatedProcess(life, time, skewMs(knobs, random), () => {
      const daemon = this.#there.get(member)
      if (!daemon || !knobs.strikes('diesMidway', deaths)) return false
      this.#end(daemon)
      return true
    })
    const log = openLog(process)
    const begun = new Set<number>()
    const tricks: Tricks = { process, time, luck, knobs, acts }
    const { definition, judge, policy, world, memory } = this.#deps.fleet
    const fleet = new Fleet({
      definition,
      judge,
      ...(policy && { policy }),
      log,
      world: trickyWorld(world, tricks),
      memory: trickyMemory(memory, random.fork('memory'), tricks),
      clock: process,
      stopwatch: noStopwatch,
      measured: { judging: () => {}, turn: () => {} },
      writer: life,
      checkPurity: false,
      onRecovered: () => {},
      onCommit: (record) =>
        record.claim || onHeld(fleet.stateOf(record.partition), record, begun.delete(record.partition)),
      onStop: (partition, reason) => {
        if (reason.kind === 'failed') onFailed(reason.error)
        if (reason.kind !== 'fenced') return
        onFenced()
        ownership.lost(partition)
      },
    })
    const take = async (partition: number) => {
      begun.add(partition)
      const taken = await fleet.take(partition)
      if (taken.kind === 'refused') onFailed(new Error(taken.message))
      return taken.kind === 'serving'
    }
    const ownership = new Ownership({
      leases: leases.open(process),
      clock: process,
      partitions: log.partitions,
      member,
      writer: life,
      leaseMs,
      take: (partition) =>
        take(partition).catch((cause: Error) => {
          onFailed(cause)
          return false
        }),
      give: (partition) => fleet.give(partition),
      quiet: () => false,
      idle: () => fleet.idle,
      onChange: () => {},
      onDouble: () => onFailed(new Error(`two processes are ${member}`)),
    })
    this.#there.set(member, { member, process, fleet, ownership })
    void ownership.join()
  }
}

/** Either way. */
function skewMs(knobs: Knobs, random: Random): number {
  const ms = knobs.upTo('clockSkewMaxMs', random)
  return random.chance(0.5) ? ms : -ms
}
