/** What strikes processes and the broker now and then, each kind at a rate of its own, until the faults end. */
import type { SimulatedBroker } from './broker.ts'
import type { Daemon, Daemons } from './daemons.ts'
import type { Knob, Knobs } from './knobs.ts'
import type { LeaseBucket } from './leases.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface Struck {
  readonly time: VirtualTime
  readonly random: Random
  readonly knobs: Knobs
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
  /** Per second. */
  readonly rate: Knob
  /** False: there was nothing to strike. */
  readonly strike: (world: Struck, random: Random) => boolean
}

const OUTAGES: readonly Outage[] = [
  {
    what: 'a daemon is killed',
    rate: 'killsPerSecond',
    strike: ({ daemons }, random) => one(daemons, random, (daemon) => daemons.kill(daemon)),
  },
  {
    what: 'a daemon is drained',
    rate: 'drainsPerSecond',
    strike: ({ daemons }, random) => one(daemons, random, (daemon) => daemons.drain(daemon)),
  },
  {
    what: 'a daemon is paused',
    rate: 'pausesPerSecond',
    strike: ({ daemons, time, knobs }, random) =>
      one(daemons, random, ({ process }) => {
        process.pause()
        time.after(knobs.upTo('outageMaxMs', random), () => process.wake())
      }),
  },
  {
    what: 'a daemon is cut off',
    rate: 'cutsPerSecond',
    strike: ({ daemons, time, knobs, network, broker, leases }, random) =>
      one(daemons, random, ({ process }) => {
        network.cut(process)
        time.after(knobs.upTo('outageMaxMs', random), () => {
          network.heal(process)
          broker.reconnect()
          leases.reconnect()
        })
      }),
  },
  {
    what: 'a clock is set forward',
    rate: 'clockJumpsPerSecond',
    strike: ({ daemons, knobs }, random) =>
      one(daemons, random, ({ process }) => process.jump(knobs.upTo('clockJumpMaxMs', random))),
  },
  {
    what: 'the broker restarts',
    rate: 'brokerRestartsPerSecond',
    strike: ({ time, knobs, network, broker, leases }, random) => {
      if (!network.up) return false
      network.stopBroker()
      if (knobs.strikes('leasesLost', random)) leases.loseTail()
      if (knobs.strikes('tailLost', random)) broker.loseTail(random)
      time.after(knobs.upTo('outageMaxMs', random), () => {
        network.startBroker()
        broker.reconnect()
        leases.reconnect()
      })
      return true
    },
  },
  {
    what: 'an inbox is full',
    rate: 'fullInboxesPerSecond',
    strike: ({ time, knobs, broker }, random) => {
      const make = broker.fill(random)
      time.after(knobs.upTo('outageMaxMs', random), make)
      return true
    },
  },
  {
    what: 'another policy is deployed, or taken back',
    rate: 'switchesPerSecond',
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
      if (knobs.at(rate) <= 0) return
      // Times between strikes of a Poisson process are exponential.
      time.after((-Math.log(1 - random.next()) / knobs.at(rate)) * 1_000, () => {
        if (time.now >= untilMs) return
        if (strike(world, random)) {
          knobs.struckBy(rate)
          count(what)
        }
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
