/** A broker and leases in a world whose time runs for as long as it is needed, for suites that wait for answers as they come. */
import { simulatedBroker } from './broker.ts'
import type { Faults } from './faults.ts'
import { Knobs } from './knobs.ts'
import { LeaseBucket } from './leases.ts'
import { Network } from './network.ts'
import { SimulatedProcess } from './process.ts'
import { randomOf } from './random.ts'
import { VirtualTime } from './virtual-time.ts'

export function runningWorld(seed: number, faults: Faults) {
  const time = new VirtualTime(0)
  const random = randomOf(seed)
  const knobs = new Knobs(faults)
  const network = new Network(time, random.fork('network'), knobs)
  const broker = simulatedBroker(time, network)
  const leases = new LeaseBucket(time, network, random.fork('leases'), knobs)
  let over = false
  const running = (async () => {
    while (!over) {
      await time.run(() => over)
      await new Promise(setImmediate)
    }
  })()
  let processes = 0
  return {
    broker,
    leases,
    process: () => new SimulatedProcess(`p${++processes}`, time),
    /** The broker dies and is back at once; nothing that it kept is lost. */
    crash() {
      network.stopBroker()
      network.startBroker()
      broker.reconnect()
      leases.reconnect()
    },
    async dispose() {
      over = true
      await running
    },
  }
}
