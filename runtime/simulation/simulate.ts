/**
 * A fleet in a simulated world: the very kernel, guard, log protocol, leases and fleet that run in production, in several
 * daemons, under virtual time, a seeded network and outages. A run is a function of its seed.
 *
 * Invariants of the world itself:
 * 1. Nothing but the seed decides: no real time, no real randomness, no order but that of events.
 * 2. Clients repeat what they say until it is kept; daemons are started again for as long as the run lasts.
 * 3. At the end the faults stop and the fleet settles: whatever is then missing was lost.
 */
import type { Judge } from '#dsl/judge/judge.ts'
import type { Bundle } from '#runtime/deploy/bundle.ts'
import type { FleetDefinition, Inlet, World } from '#runtime/fleet/definition.ts'
import { createInlet } from '#runtime/fleet/inlet.ts'
import { KEEPING, type Keeping } from '#runtime/fleet/keeping.ts'
import { LEASE_MS } from '#runtime/fleet/members.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import { inMemory } from '#runtime/memory/in-memory.ts'
import type { SharedMemory } from '#runtime/memory/port.ts'
import { type Kept, simulatedBroker } from './broker.ts'
import { Daemons, type Seat } from './daemons.ts'
import type { Faults } from './faults.ts'
import { type Knob, Knobs } from './knobs.ts'
import { LeaseBucket } from './leases.ts'
import { Luck } from './luck.ts'
import { Network } from './network.ts'
import { strikeNowAndThen } from './outages.ts'
import { People, type Person } from './people.ts'
import { SimulatedProcess } from './process.ts'
import { randomOf } from './random.ts'
import { Rollouts } from './rollouts.ts'
import { LOOK_MS, Seats } from './seats.ts'
import { speaking } from './tricky-world.ts'
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
  /** The judge's own text, and other policies that are deployed in its place and taken back; none unless given. */
  readonly policy?: Bundle
  readonly candidates?: readonly Bundle[]
  /** How many share the partitions. `DAEMONS_DEFAULT` unless said. */
  readonly daemons?: number
  readonly leaseMs?: number
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
  /** Whether somebody tries dead letters again, or drops them; nobody does unless said. */
  readonly operated?: boolean
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
  /** How often each knob struck; those that did not are left out. */
  readonly struck: Readonly<Partial<Record<Knob, number>>>
  /** Milliseconds of virtual time it took until nothing was under way. */
  readonly tookMs: number
  readonly daemons: number
  /** False when the fleet still had something under way when patience ended, or went on and on without time. */
  readonly settled: boolean
}

const FLEET = 'simulated'
export const PARTITIONS_DEFAULT = 2
export const DAEMONS_DEFAULT = 2
/** Unless the fleet says otherwise: conversations rest, snapshots are taken and the log is cut within minutes, not days. */
const SOON: Keeping = {
  awakeMax: 64,
  snapshotAfterBytes: 32_000,
  snapshotPartBytes: 64_000,
  slotsKeptMs: 600_000,
  slotsKeptBytes: 1_000_000,
  inboxMax: KEEPING.inboxMax,
}
/** What the fleet may take to settle once nothing goes wrong any more. */
export const SETTLE_MAX_MS = 3_600_000
/**
 * Events that fire without time moving on: where nothing takes time, an agent that calls again on every answer would go on for ever.
 * Besides, so many for each message that clients have said.
 */
const AT_ONCE_MAX = 200_000
const AT_ONCE_A_MESSAGE = 1_000

export async function simulate(simulation: Simulation): Promise<Simulated> {
  const { definition, judge, seed, startsAt, forMs, policy, candidates = [], looks = true } = simulation
  const random = randomOf(seed)
  const time = simulation.time ?? new VirtualTime(startsAt)
  const partitions = definition.partitions ?? PARTITIONS_DEFAULT
  const all = Array.from({ length: partitions }, (_, partition) => partition)
  const incidents: Record<string, number> = {}
  const count = (what: string) => {
    incidents[what] = (incidents[what] ?? 0) + 1
  }
  const knobs = new Knobs(simulation.faults, count)
  const luck = new Luck(random.fork('world'))
  const network = new Network(time, random.fork('network'), knobs)
  let failed: Error | undefined
  const onFailed = (error: Error) => {
    failed ??= error
  }

  const people = new People(
    simulation.person,
    time,
    luck,
    knobs,
    (say) => daemons.tell(say),
    (partition) => witness.stateOf(partition),
    partitions,
    simulation.operated ?? false,
  )
  const hears = simulation.onRecord !== undefined || simulation.person !== undefined || simulation.operated
  const witness = new Witness({
    judge,
    policy,
    partitions,
    looks,
    onRecord: hears
      ? (record, report) => {
          people.heard(record)
          simulation.onRecord?.(record, report)
        }
      : undefined,
  })
  const broker = simulatedBroker(time, network, {
    slot: (slot) => witness.kept(slot),
    ...(looks && { message: (message: Kept) => witness.posted(message) }),
    forgot: (partition, throughRev) => witness.forgot(partition, throughRev),
  })
  const leases = new LeaseBucket(time, network, random.fork('leases'), knobs)
  const daemons = new Daemons({
    members: simulation.daemons ?? DAEMONS_DEFAULT,
    leaseMs: simulation.leaseMs ?? LEASE_MS,
    time,
    random: random.fork('daemons'),
    luck,
    knobs,
    openLog: (process) => broker.open(process, FLEET, partitions),
    leases,
    fleet: {
      definition: {
        ...definition,
        keeping: { ...SOON, ...definition.keeping },
        policy: '',
        world: () => simulation.world,
      },
      judge,
      ...(policy && { policy }),
      world: simulation.world,
      memory: simulation.memory ?? inMemory(),
    },
    acts: (key, what) => witness.acts(key, what),
    onHeld: (held, record, first) => witness.held(held, record, first),
    onFenced: () => count('an owner is fenced'),
    onFailed,
  })
  const rollouts =
    policy && candidates.length > 0
      ? new Rollouts(policy, candidates, time, random.fork('rollouts'), daemons, () =>
          all.map((partition) => witness.stateOf(partition).rollout),
        )
      : undefined
  strikeNowAndThen({
    time,
    random: random.fork('outages'),
    knobs,
    network,
    broker,
    leases,
    daemons,
    deploy: rollouts && (() => rollouts.go()),
    untilMs: startsAt + forMs,
    count,
  })

  let telling = simulation.told.length
  const client = new SimulatedProcess('client', time)
  const { tell } = createInlet(broker.open(client, FLEET, partitions), client)
  let spoken = 0
  const inlet: Inlet = {
    tell(message) {
      spoken++
      return tell(message)
    },
  }
  const over = () =>
    failed !== undefined || witness.broken || time.atOnce > AT_ONCE_MAX + AT_ONCE_A_MESSAGE * spoken
  const seqs = new Map<string, number>()
  const { feed } = simulation.world
  let feeding = feed !== undefined
  void Promise.resolve(feed && time.during(feed(speaking(inlet, time)))).then(() => {
    feeding = false
  }, onFailed)
  const said = simulation.told.map(({ atMs: _, ...told }) => {
    const seq = (seqs.get(told.conversation) ?? 0) + 1
    seqs.set(told.conversation, seq)
    return { source: 'client', seq, ...told }
  })
  time.each(
    simulation.told.map(({ atMs }) => atMs),
    (place) => void inlet.tell(said[place]!).then(() => telling--),
  )

  daemons.beginAll()
  const seats = new Seats()
  const look = () => {
    const knows = ({ partition, held }: Seat) => held !== undefined && witness.agrees(partition, held)
    witness.seats(seats.look(daemons.seats, knows, ({ process }) => network.reaches(process)))
    time.after(LOOK_MS, look)
  }
  if (looks) look()
  // An event there, or the next timer would take the run past its end.
  time.after(forMs, () => {})
  await time.run(() => over() || time.now - startsAt >= forMs)
  knobs.calm()
  const settled = () =>
    telling === 0 &&
    !feeding &&
    !people.deciding &&
    rollouts?.busy !== true &&
    daemons.all.every(
      ({ process }) => process.running && network.reaches(process) && broker.caughtUp(process),
    ) &&
    all.every((partition) => {
      const [held, ...others] = daemons.serving(partition)
      return others.length === 0 && held !== undefined && witness.agrees(partition, held)
    }) &&
    daemons.all.every(({ fleet }) => fleet.idle)
  const patience = time.now + SETTLE_MAX_MS
  await time.run(() => over() || settled() || time.now > patience)
  await drained()
  if (failed) throw failed

  if (settled() && !witness.broken) witness.end(time.now, (partition) => daemons.serving(partition)[0]!)
  return {
    seed,
    get records() {
      return witness.records
    },
    faults: witness.faults,
    incidents,
    struck: knobs.struck,
    tookMs: time.now - startsAt,
    daemons: daemons.begun,
    settled: settled(),
  }
}
