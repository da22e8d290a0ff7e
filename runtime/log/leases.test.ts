import { openJetStream } from './jetstream.ts'
import { leasesContract } from './leases-contract.ts'
import { memoryLeases } from './memory-leases.ts'
import { scratchServer } from './nats-server/scratch.ts'
import type { FleetLog } from './port.ts'

leasesContract('leases in memory', async () => {
  const leases = memoryLeases()
  return { open: async () => leases, async [Symbol.asyncDispose]() {} }
})

leasesContract('leases on JetStream', async () => {
  const scratch = await scratchServer()
  const logs: FleetLog[] = []
  return {
    async open() {
      const opened = await openJetStream({ servers: scratch.server.url, fleet: 'leased', partitions: 1 })
      if (opened.kind === 'refused') throw new Error(opened.message)
      logs.push(opened.log)
      return opened.leases
    },
    async [Symbol.asyncDispose]() {
      for (const log of logs) await log.close()
      await scratch[Symbol.asyncDispose]()
    },
  }
})
