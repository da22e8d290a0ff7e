import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import { greetingAt } from './probe.ts'
import { type NatsServer, type NatsServerOptions, startNatsServer } from './process.ts'
import { scratchBinary } from './scratch.ts'

let binary: string
beforeAll(async () => {
  binary = await scratchBinary()
})

async function dataFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'parapet-server-'))
  return { path, [Symbol.asyncDispose]: async () => rm(path, { recursive: true, force: true }) }
}

async function start(
  dataDir: string,
  more: Partial<NatsServerOptions> = {},
): Promise<{ server: NatsServer } & AsyncDisposable> {
  const started = await startNatsServer({ binary, dataDir, ...more })
  if (started.kind === 'refused') throw new Error(`${started.message}\n${started.help}`)
  const { server } = started
  return { server, [Symbol.asyncDispose]: async () => server.stop() }
}

test('a server starts on a free port, tells where it is, and is gone after stop', async () => {
  await using folder = await dataFolder()
  await using started = await start(folder.path)
  const { server } = started
  const { port } = server
  const written = JSON.parse(await readFile(join(folder.path, 'server.json'), 'utf8'))
  expect(written).toMatchObject({ pid: server.pid, port, version: server.version })
  expect(await greetingAt(port)).toMatchObject({ version: server.version, jetstream: true })
  await server.stop()
  expect(await greetingAt(port)).toBeUndefined()
  await expect(readFile(join(folder.path, 'server.json'))).rejects.toThrow('ENOENT')
})

test('a port that is taken is refused in plain words', async () => {
  await using folder = await dataFolder()
  const squatter = createServer().listen({ host: '127.0.0.1', port: 0 })
  await once(squatter, 'listening')
  const address = squatter.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const started = await startNatsServer({ binary, dataDir: folder.path, port })
  squatter.close()
  expect(started).toMatchObject({
    kind: 'refused',
    code: 'port-in-use',
    message: `Port ${port} on 127.0.0.1 is taken.`,
  })
})

test('a second daemon on the same folder is refused while the first looks after it', async () => {
  await using folder = await dataFolder()
  await using first = await start(folder.path)
  expect(await startNatsServer({ binary, dataDir: folder.path })).toMatchObject({
    kind: 'refused',
    code: 'locked',
  })
  await first.server.stop()
  await using second = await start(folder.path)
  expect(second.server.adopted).toBe(false)
})

test('a killed server comes back on the same port', async () => {
  await using folder = await dataFolder()
  const notices: string[] = []
  await using started = await start(folder.path, { onNotice: (text) => notices.push(text) })
  const { server } = started
  const { pid, port } = server
  process.kill(pid, 'SIGKILL')
  await vi.waitUntil(() => server.pid !== pid, { timeout: 30_000 })
  expect(server.port).toBe(port)
  expect(await greetingAt(port)).toMatchObject({ jetstream: true })
  expect(notices).toEqual([`nats-server ended (SIGKILL); starting it again on port ${port}.`])
})

test('a server that keeps nothing is started anew on its port, however often it is asked for, and not while it is young', async () => {
  await using folder = await dataFolder()
  const notices: string[] = []
  const onNotice = (text: string) => notices.push(text)
  await using young = await start(folder.path, { onNotice })
  const before = young.server.pid
  young.server.renew('it is mute')
  await young.server.stop()
  expect(notices).toEqual([])
  await using started = await start(folder.path, { onNotice, renewAfterMs: 0 })
  const { server } = started
  const { pid, port } = server
  expect(pid).not.toBe(before)
  for (let times = 0; times < 3; times++) server.renew('it is mute.')
  await vi.waitUntil(() => server.pid !== pid, { timeout: 30_000 })
  expect(server.port).toBe(port)
  expect(await greetingAt(port)).toMatchObject({ jetstream: true })
  expect(notices).toEqual([
    'nats-server keeps nothing that is written (it is mute) and is started anew.',
    expect.stringMatching(/^nats-server ended \(.*\); starting it again on port/),
  ])
})

test('a server left by a killed daemon is adopted, looked after, and stopped', async () => {
  await using folder = await dataFolder()
  const orphan = await leaveOrphan(folder.path)
  await using started = await start(folder.path)
  const { server } = started
  expect(server.adopted).toBe(true)
  expect({ pid: server.pid, port: server.port }).toEqual(orphan)
  process.kill(orphan.pid, 'SIGKILL')
  await vi.waitUntil(() => server.pid !== orphan.pid, { timeout: 30_000 })
  expect(await greetingAt(orphan.port)).toMatchObject({ jetstream: true })
  await server.stop()
  expect(await greetingAt(orphan.port)).toBeUndefined()
})

test('a server whose daemon was killed before it could note the process is found by its name', async () => {
  await using folder = await dataFolder()
  const orphan = await leaveOrphan(folder.path)
  const file = join(folder.path, 'server.json')
  const noted = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ ...noted, pid: 0, version: '' }))
  await using started = await start(folder.path)
  expect({ pid: started.server.pid, port: started.server.port }).toEqual(orphan)
  expect(started.server.version).toBe(noted.version)
})

test('no second server is started beside one that hangs', async () => {
  await using folder = await dataFolder()
  const orphan = await leaveOrphan(folder.path)
  process.kill(orphan.pid, 'SIGSTOP')
  try {
    await vi.waitUntil(async () => (await greetingAt(orphan.port)) === undefined, { timeout: 30_000 })
    expect(await startNatsServer({ binary, dataDir: folder.path })).toMatchObject({
      kind: 'refused',
      code: 'unresponsive',
      help: `End process ${orphan.pid}, then start again; what it acknowledged is on disk.`,
    })
  } finally {
    process.kill(orphan.pid, 'SIGKILL')
  }
})

test('a server.json whose process is long gone does not stand in the way', async () => {
  await using folder = await dataFolder()
  const orphan = await leaveOrphan(folder.path)
  process.kill(orphan.pid, 'SIGKILL')
  await vi.waitUntil(async () => (await greetingAt(orphan.port)) === undefined)
  await using started = await start(folder.path)
  expect(started.server.adopted).toBe(false)
})

test('a binary that does not run is refused with where to look', async () => {
  await using folder = await dataFolder()
  const started = await startNatsServer({ binary: process.execPath, dataDir: folder.path })
  expect(started).toMatchObject({ kind: 'refused', code: 'failed' })
  const missing = await startNatsServer({ binary: join(folder.path, 'none'), dataDir: folder.path })
  expect(missing).toMatchObject({ kind: 'refused', code: 'failed' })
})

/** A daemon that starts a server and is killed before it can stop it. */
async function leaveOrphan(dataDir: string): Promise<{ pid: number; port: number }> {
  const module = JSON.stringify(new URL('./process.ts', import.meta.url).href)
  const script = `
    const { startNatsServer } = await import(${module})
    const started = await startNatsServer(${JSON.stringify({ binary, dataDir })})
    console.log(JSON.stringify({ pid: started.server.pid, port: started.server.port }))`
  const daemon = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(daemon.stdout, 'data')
  const exited = once(daemon, 'exit')
  daemon.kill('SIGKILL')
  await exited
  return JSON.parse(String(line))
}
