/**
 * A fleet in a simulated world: the very kernel, guard, log protocol and fleet that run in production, under virtual time, a
 * seeded network and daemons that die, are paused and come back. A run is a function of its seed.
 *
 * Invariants of the world itself:
 * 1. Nothing but the seed decides: no real time, no real randomness, no order but that of events.
 * 2. Clients repeat what they say until it is kept; daemons are started again for as long as the run lasts.
 * 3. At the end the faults stop and the fleet settles: whatever is then missing was lost.
 */
import type { Judge } from '#dsl/judge/judge.ts'
import { noStopwatch } from '#runtime/fleet/clock.ts'
import type { FleetDefinition, Inlet, World } from '#runtime/fleet/definition.ts'
import { type Fleet, openFleet } from '#runtime/fleet/fleet.ts'
import { createInlet } from '#runtime/fleet/inlet.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import { inMemory } from '#runtime/memory/in-memory.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import { simulatedBroker } from './broker.ts'
import type { Faults } from './faults.ts'
import { Network } from './network.ts'
import { People, type Person } from './people.ts'
import { SimulatedProcess } from './process.ts'
import { randomOf } from './random.ts'
import { speaking, type Tricks, trickyMemory, trickyWorld } from './tricky-world.ts'
import { drained, VirtualTime } from './virtual-time.ts'
import { type Fault, type Report, Witness } from './witness.ts'

/** A client says something, so long after the start. */
export interface Told {
  readonly atMs: number
  readonly conversation: string
  readonly to: string
  readonly from: string
  readonly message: string
  readonly fields: Parameters<Inlet['tell']>[0]['fields']
}

export interface Simulation {
  readonly definition: Omit<FleetDefinition, 'policy' | 'world'>
  readonly judge: Judge
  readonly seed: number
  readonly faults: Faults
  /** Milliseconds since the epoch at which the run starts. */
  readonly startsAt: number
  /** How long faults go on. */
  readonly forMs: number
  /** What every daemon acts on; it outlives them, as real tools do. */
  readonly world: World
  /** With whose clock the world was opened; it stands at the start. One of its own unless given. */
  readonly time?: VirtualTime
  readonly told: readonly Told[]
  /** Decides what agents ask of people; without it nobody does, and every ask runs into its deadline. */
  readonly person?: Person
  readonly memory?: SharedMemory
  /** Whether invariants are looked at; they are unless said. Judging all again costs more than the run. */
  readonly looks?: boolean
  /** What must hold in this world besides what holds in all: told of every record as it is kept. */
  readonly onRecord?: (record: CommitRecord, report: Report) => void
}

export interface Simulated {
  readonly seed: number
  readonly records: readonly CommitRecord[]
  readonly faults: readonly Fault[]
  /** How often each kind of thing went wrong. */
  readonly incidents: Readonly<Record<string, number>>
  /** Milliseconds of virtual time it took until nothing was under way. */
  readonly tookMs: number
  readonly daemons: number
  /** False when the fleet still had something under way when patience ended. */
  readonly settled: boolean
}

const FLEET = 'simulated'
export const PARTITIONS_DEFAULT = 2
/** A daemon that died is started again after up to this. */
const RESTART_MAX_MS = 1_000
/** What the fleet may take to settle once nothing goes wrong any more. */
export const SETTLE_MAX_MS = 3_600_000

interface Daemon {
  readonly process: SimulatedProcess
  fleet?: Fleet
}

export async function simulate(simulation: Simulation): Promise<Simulated> {
  const { definition, judge, seed, startsAt, forMs } = simulation
  const random = randomOf(seed)
  const time = simulation.time ?? new VirtualTime(startsAt)
  const knobs = mutable(simulation.faults)
  const network = new Network(time, random.fork('network'), knobs)
  const partitions = definition.partitions ?? PARTITIONS_DEFAULT
  const people = new People(
    simulation.person,
    time,
    random.fork('people'),
    knobs,
    () => current?.fleet,
    (approval) => witness.isPending(approval),
  )
  const witness = new Witness(judge, partitions, simulation.looks ?? true, (record, report) => {
    people.asked(record)
    simulation.onRecord?.(record, report)
  })
  const broker = simulatedBroker(time, network, (slot) => witness.kept(slot))
  const memory = simulation.memory ?? inMemory()
  const incidents: Record<string, number> = {}
  const count = (what: string) => {
    incidents[what] = (incidents[what] ?? 0) + 1
  }
  let daemons = 0
  let current: Daemon | undefined
  let telling = 0
  let failed: Error | undefined

  const begin = async () => {
    const skew = (random.next() * 2 - 1) * knobs.clockSkewMaxMs
    const process = new SimulatedProcess(`daemon-${++daemons}`, time, skew)
    const daemon: Daemon = { process }
    current = daemon
    const tricks: Tricks = {
      process,
      time,
      random: random.fork(process.name),
      knobs,
      acts: (key, what) => witness.acts(key, what),
    }
    const opened = await openFleet({
      definition: { ...definition, policy: '', world: () => simulation.world },
      judge,
      log: broker.open(process, FLEET, partitions),
      world: trickyWorld(simulation.world, tricks),
      memory: trickyMemory(memory, { ...tricks, random: tricks.random.fork('memory') }),
      clock: process,
      stopwatch: noStopwatch,
      measured: { judging: () => {}, turn: () => {} },
      writer: process.name,
      checkPurity: false,
      onRecovered: () => {},
      onCommit: () => {},
      onStop: (_partition, reason) => {
        if (reason.kind === 'failed') failed ??= reason.error
        if (reason.kind === 'fenced') count('an owner is fenced')
        over(daemon)
      },
    })
    if (opened.kind === 'refused') failed ??= new Error(opened.message)
    else if (process.alive) daemon.fleet = opened.fleet
  }

  /** The daemon's end; another takes its place. */
  const over = (daemon: Daemon) => {
    if (!daemon.process.alive) return
    daemon.process.kill()
    if (current === daemon) replace()
  }
  const replace = () => {
    current = undefined
    time.after(random.next() * RESTART_MAX_MS, () => {
      if (!current) void begin()
    })
  }

  const outages: Readonly<Record<string, { rate: () => number; strike: (outageMs: number) => void }>> = {
    'a daemon is killed': {
      rate: () => knobs.killsPerSecond,
      strike: () => current && over(current),
    },
    'a daemon is paused and another takes over': {
      rate: () => knobs.pausesPerSecond,
      strike: (outageMs) => {
        const daemon = current
        if (!daemon?.fleet) return
        daemon.process.pause()
        replace()
        time.after(outageMs, () => daemon.process.wake())
      },
    },
    'a daemon is cut off': {
      rate: () => knobs.cutsPerSecond,
      strike: (outageMs) => {
        if (!current) return
        const { process } = current
        network.cut(process)
        time.after(outageMs, () => {
          network.heal(process)
          broker.reconnect()
        })
      },
    },
    'the broker restarts': {
      rate: () => knobs.brokerRestartsPerSecond,
      strike: (outageMs) => {
        if (!network.up) return
        network.stopBroker()
        time.after(outageMs, () => {
          network.startBroker()
          broker.reconnect()
        })
      },
    },
    'a clock is set forward': {
      rate: () => knobs.clockJumpsPerSecond,
      strike: () => current?.process.jump(random.next() * knobs.clockJumpMaxMs),
    },
  }
  for (const [what, { rate, strike }] of Object.entries(outages)) {
    const stream = random.fork(what)
    const wait = () => {
      if (rate() <= 0) return
      // Times between strikes of a Poisson process are exponential.
      time.after((-Math.log(1 - stream.next()) / rate()) * 1_000, () => {
        if (time.now - startsAt >= forMs) return
        count(what)
        strike(stream.next() * knobs.outageMaxMs)
        wait()
      })
    }
    wait()
  }

  const client = new SimulatedProcess('client', time)
  const inlet = createInlet(broker.open(client, FLEET, partitions), client)
  const seqs = new Map<string, number>()
  const { feed } = simulation.world
  let feeding = feed !== undefined
  void Promise.resolve(feed && time.during(feed(speaking(inlet, time)))).then(
    () => {
      feeding = false
    },
    (cause: Error) => {
      failed ??= cause
    },
  )
  for (const { atMs, ...told } of simulation.told) {
    const seq = (seqs.get(told.conversation) ?? 0) + 1
    seqs.set(told.conversation, seq)
    telling++
    time.after(atMs, () => {
      void inlet.tell({ source: 'client', seq, ...told }).then(() => telling--)
    })
  }

  void begin()
  // An event there, or the next timer would take the run past its end.
  time.after(forMs, () => {})
  await time.run(() => failed !== undefined || witness.broken || time.now - startsAt >= forMs)
  calm(knobs)
  const settled = () =>
    telling === 0 &&
    !feeding &&
    !people.deciding &&
    current?.fleet?.idle === true &&
    network.reaches(current.process) &&
    broker.caughtUp(current.process) &&
    upToDate(current.fleet)
  const upToDate = (fleet: Fleet) => {
    for (let partition = 0; partition < partitions; partition++)
      if (fleet.stateOf(partition).rev !== witness.stateOf(partition).rev) return false
    return true
  }
  const patience = time.now + SETTLE_MAX_MS
  await time.run(() => failed !== undefined || witness.broken || settled() || time.now > patience)
  await drained()
  if (failed) throw failed

  const fleet = current?.fleet
  if (fleet && settled() && !witness.broken) witness.end(time.now, (partition) => fleet.stateOf(partition))
  return {
    seed,
    records: witness.records,
    faults: witness.faults,
    incidents,
    tookMs: time.now - startsAt,
    daemons,
    settled: settled(),
  }
}

type Knobs = { -readonly [K in keyof Faults]: number }

function mutable(faults: Faults): Knobs {
  return { ...faults }
}

/** From here on nothing more goes wrong. */
function calm(knobs: Knobs): void {
  for (const knob of Object.keys(knobs) as (keyof Faults)[]) knobs[knob] = 0
}
