/** A nats-server for one bench, with its data in a folder that goes with it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureNatsServer } from '#runtime/log/nats-server/find.ts'
import { startNatsServer } from '#runtime/log/nats-server/process.ts'

export async function benchServer() {
  const root = mkdtempSync(join(tmpdir(), 'parapet-bench-'))
  const found = await ensureNatsServer({ cacheDir: join(root, 'bin') })
  if (found.kind === 'missing') throw new Error(found.attempts.join(' '))
  const started = await startNatsServer({ binary: found.binary, dataDir: join(root, 'nats') })
  if (started.kind === 'refused') throw new Error(started.message)
  const { server } = started
  return {
    url: server.url,
    version: server.version,
    pid: server.pid,
    async stop() {
      await server.stop()
      rmSync(root, { recursive: true, force: true })
    },
  }
}
