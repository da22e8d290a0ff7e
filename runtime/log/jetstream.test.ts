import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { type Broker, fleetLogContract } from './contract.ts'
import { openJetStream } from './jetstream.ts'
import { startNatsServer } from './nats-server/process.ts'

async function start(): Promise<Broker> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parapet-log-'))
  const started = await startNatsServer({ binary: 'nats-server', dataDir })
  if (started.kind === 'refused') throw new Error(started.message)
  const { server } = started
  return {
    async open(fleet, partitions, limits) {
      const opened = await openJetStream({
        servers: server.url,
        fleet,
        partitions,
        logBytesMax: 64 * 1024 * 1024,
        inboxBytesMax: 64 * 1024 * 1024,
        ...limits,
      })
      if (opened.kind === 'refused') throw new Error(`${opened.message} ${opened.help}`)
      return opened.log
    },
    async crash() {
      const before = server.pid
      process.kill(before, 'SIGKILL')
      await vi.waitUntil(() => server.pid !== before, { timeout: 30_000 })
    },
    async dispose() {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

fleetLogContract('JetStream', start)
