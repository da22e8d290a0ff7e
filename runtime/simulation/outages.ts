/** What strikes processes and the broker now and then, each kind at a rate of its own, until the faults end. */
import type { SimulatedBroker } from './broker.ts'
import type { Daemon, Daemons } from './daemons.ts'
import type { Faults } from './faults.ts'
import type { LeaseBucket } from './leases.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface Struck {
  readonly time: VirtualTime
  readonly random: Random
  readonly knobs: Faults
  readonly network: Network
  readonly broker: SimulatedBroker
  readonly leases: LeaseBucket
  readonly daemons: Daemons
  /** Undefined: nothing is deployed in this world. */
  readonly deploy: (() => void) | undefined
  readonly untilMs: number
  readonly count: (what: string) => void
}

interface Outage {
  readonly what: string
  readonly rate: (knobs: Faults) => number
  /** False: there was nothing to strike. */
  readonly strike: (world: Struck, random: Random) => boolean
}

const OUTAGES: readonly Outage[] = [
  {
    what: 'a daemon is killed',
    rate: ({ killsPerSecond }) => killsPerSecond,
    strike: ({ daemons }, random) => one(daemons, random, (daemon) => daemons.kill(daemon)),
  },
  {
    what: 'a daemon is drained',
    rate: ({ drainsPerSecond }) => drainsPerSecond,
    strike: ({ daemons }, random) => one(daemons, random, (daemon) => daemons.drain(daemon)),
  },
  {
    what: 'a daemon is paused',
    rate: ({ pausesPerSecond }) => pausesPerSecond,
    strike: ({ daemons, time, knobs }, random) =>
      one(daemons, random, ({ process }) => {
        process.pause()
        time.after(random.next() * knobs.outageMaxMs, () => process.wake())
      }),
  },
  {
    what: 'a daemon is cut off',
    rate: ({ cutsPerSecond }) => cutsPerSecond,
    strike: ({ daemons, time, knobs, network, broker, leases }, random) =>
      one(daemons, random, ({ process }) => {
        network.cut(process)
        time.after(random.next() * knobs.outageMaxMs, () => {
          network.heal(process)
          broker.reconnect()
          leases.reconnect()
        })
      }),
  },
  {
    what: 'a clock is set forward',
    rate: ({ clockJumpsPerSecond }) => clockJumpsPerSecond,
    strike: ({ daemons, knobs }, random) =>
      one(daemons, random, ({ process }) => process.jump(random.next() * knobs.clockJumpMaxMs)),
  },
  {
    what: 'the broker restarts',
    rate: ({ brokerRestartsPerSecond }) => brokerRestartsPerSecond,
    strike: ({ time, knobs, network, broker, leases }, random) => {
      if (!network.up) return false
      network.stopBroker()
      if (random.chance(knobs.leasesLost)) leases.loseTail()
      if (random.chance(knobs.tailLost)) broker.loseTail(random)
      time.after(random.next() * knobs.outageMaxMs, () => {
        network.startBroker()
        broker.reconnect()
        leases.reconnect()
      })
      return true
    },
  },
  {
    what: 'another policy is deployed, or taken back',
    rate: ({ switchesPerSecond }) => switchesPerSecond,
    strike: ({ deploy }) => {
      deploy?.()
      return deploy !== undefined
    },
  },
]

export function strikeNowAndThen(world: Struck): void {
  const { time, knobs, untilMs, count } = world
  for (const { what, rate, strike } of OUTAGES) {
    const random = world.random.fork(what)
    const wait = () => {
      if (rate(knobs) <= 0) return
      // Times between strikes of a Poisson process are exponential.
      time.after((-Math.log(1 - random.next()) / rate(knobs)) * 1_000, () => {
        if (time.now >= untilMs) return
        if (strike(world, random)) count(what)
        wait()
      })
    }
    wait()
  }
}

function one({ all }: Daemons, random: Random, strike: (daemon: Daemon) => void): boolean {
  if (all.length === 0) return false
  strike(random.pick(all))
  return true
}
