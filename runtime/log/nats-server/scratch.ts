/** A real server with throw-away data, for tests and benches. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ensureNatsServer } from './find.ts'
import { type NatsServer, startNatsServer } from './process.ts'

const RESTART_TIMEOUT_MS = 60_000
const RESTART_POLL_MS = 5

export interface ScratchServer extends AsyncDisposable {
  readonly server: NatsServer
  readonly dataDir: string
  /** SIGKILL; resolves when the next process answers on the same port. */
  crash(): Promise<void>
}

/** Throws when no server can be had: what asks for one cannot go on. */
export async function scratchServer(): Promise<ScratchServer> {
  const binary = await scratchBinary()
  const dataDir = await mkdtemp(join(tmpdir(), 'parapet-nats-'))
  const started = await startNatsServer({ binary, dataDir })
  if (started.kind === 'refused') throw new Error(`${started.message}\n${started.help}`)
  const { server } = started
  // The server survives its parent by design; a test run that dies must not leave it behind.
  const reap = (): void => {
    process.kill(server.pid, 'SIGKILL')
  }
  process.once('exit', reap)
  return {
    server,
    dataDir,
    async crash() {
      const before = server.pid
      process.kill(before, 'SIGKILL')
      for (let waitedMs = 0; server.pid === before; waitedMs += RESTART_POLL_MS) {
        if (waitedMs > RESTART_TIMEOUT_MS) throw new Error('The server did not come back.')
        await wait(RESTART_POLL_MS)
      }
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', reap)
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

export async function scratchBinary(): Promise<string> {
  const ensured = await ensureNatsServer({ cacheDir: join(tmpdir(), 'parapet-bin') })
  if (ensured.kind === 'missing')
    throw new Error([ensured.message, ...ensured.attempts, ensured.help].join('\n'))
  return ensured.binary
}
