/**
 * A nats-server for one bench, with its data in a folder that goes with it. `BENCH_SYNC=always`: it writes to the disk before it
 * acknowledges, which takes nats-server 2.10.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureNatsServer } from '#runtime/log/nats-server/find.ts'
import { startNatsServer } from '#runtime/log/nats-server/process.ts'

export async function benchServer() {
  const root = mkdtempSync(join(tmpdir(), 'parapet-bench-'))
  const found = await ensureNatsServer({ cacheDir: join(root, 'bin') })
  if (found.kind === 'missing') throw new Error(found.attempts.join(' '))
  const syncAlways = process.env['BENCH_SYNC'] === 'always'
  const [major = 0, minor = 0] = found.version.split('.').map(Number)
  if (syncAlways && major * 1_000 + minor < 2_010)
    throw new Error(`BENCH_SYNC=always takes nats-server 2.10 or newer; this is ${found.version}`)
  const started = await startNatsServer({ binary: found.binary, dataDir: join(root, 'nats'), syncAlways })
  if (started.kind === 'refused') throw new Error(started.message)
  const { server } = started
  return {
    url: server.url,
    version: server.version,
    /** In words, for the head of a table. */
    durability: syncAlways ? 'acks after fsync' : 'acks before fsync (BENCH_SYNC=always, from 2.10 on)',
    pid: server.pid,
    async stop() {
      await server.stop()
      rmSync(root, { recursive: true, force: true })
    },
  }
}
