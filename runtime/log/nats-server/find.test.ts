import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ensureNatsServer } from './find.ts'
import { freePort } from './probe.ts'
import { PINNED_RELEASE, type Release } from './release.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parapet-find-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const NOWHERE: Release = {
  version: '9.9.9',
  base: `http://127.0.0.1:${await freePort()}`,
  archives: archive('00'),
}

function archive(sha256: string): Release['archives'] {
  return { [`${process.platform}-${process.arch}`]: { target: 'test', sha256 } }
}

/** A program that answers `--version` as nats-server does. */
async function program(path: string, version: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, `#!/bin/sh\necho "nats-server: v${version}"\n`, { mode: 0o755 })
  return path
}

/** A release served over HTTP from this machine. */
async function serveRelease(version: string): Promise<{ release: Release } & AsyncDisposable> {
  const name = `nats-server-v${version}-test`
  await program(join(folder, name, 'nats-server'), version)
  await promisify(execFile)('tar', ['-czf', join(folder, 'archive'), '-C', folder, name])
  const bytes = await readFile(join(folder, 'archive'))
  const server = createServer((request, response) => {
    if (request.url === `/v${version}/${name}.tar.gz`) response.end(bytes)
    else response.writeHead(404).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    release: {
      version,
      base: `http://127.0.0.1:${port}`,
      archives: archive(createHash('sha256').update(bytes).digest('hex')),
    },
    async [Symbol.asyncDispose]() {
      server.close()
    },
  }
}

test('a server on PATH is used as it is', async () => {
  const binary = await program(join(folder, 'bin', 'nats-server'), '2.10.3')
  const cacheDir = join(folder, 'cache')
  expect(await ensureNatsServer({ cacheDir, path: join(folder, 'bin') })).toEqual({
    kind: 'found',
    binary,
    version: '2.10.3',
    from: 'path',
    attempts: [`Using nats-server 2.10.3 at ${binary}.`],
  })
})

test('an old server is passed over, the release is fetched, checked and kept for the next time', async () => {
  const old = await program(join(folder, 'bin', 'nats-server'), '2.9.9')
  const cacheDir = join(folder, 'cache')
  const binary = join(cacheDir, 'nats-server')
  {
    await using served = await serveRelease('2.12.15')
    const first = await ensureNatsServer({ cacheDir, path: join(folder, 'bin'), release: served.release })
    expect(first).toMatchObject({ kind: 'found', from: 'release', version: '2.12.15', binary })
    expect(first.attempts[0]).toBe(`Passed over ${old}: version 2.9.9 is older than 2.9.10.`)
  }
  const second = await ensureNatsServer({
    cacheDir,
    path: join(folder, 'empty'),
    release: NOWHERE,
    systemPackages: false,
  })
  expect(second).toMatchObject({ kind: 'found', from: 'cache', version: '2.12.15', binary })
  expect(await readdir(cacheDir)).toEqual(['nats-server'])
})

test('an archive with another checksum is thrown away', async () => {
  await using served = await serveRelease('2.12.15')
  const release = { ...served.release, archives: archive('0'.repeat(64)) }
  const cacheDir = join(folder, 'cache')
  const ensured = await ensureNatsServer({
    cacheDir,
    path: join(folder, 'empty'),
    release,
    systemPackages: false,
  })
  expect(ensured.kind).toBe('missing')
  expect(ensured.attempts[1]).toMatch(/checksum [0-9a-f]{64} instead of 0{64}, so it was thrown away/)
  expect(await readdir(cacheDir)).toEqual([])
})

test('a machine without any way to a server is told what was tried and what to do', async () => {
  const ensured = await ensureNatsServer({
    cacheDir: join(folder, 'cache'),
    path: join(folder, 'empty'),
    release: NOWHERE,
    systemPackages: false,
  })
  expect(ensured).toMatchObject({
    kind: 'missing',
    attempts: [
      'No nats-server on PATH or in the cache.',
      expect.stringMatching(/^Could not fetch release 9\.9\.9: .*ECONNREFUSED/),
    ],
    help: expect.stringContaining('apt-get install nats-server'),
  })
})

test('a platform without a pinned checksum is not fetched', async () => {
  const release = { ...NOWHERE, archives: {} }
  const ensured = await ensureNatsServer({
    cacheDir: join(folder, 'cache'),
    path: join(folder, 'empty'),
    release,
    systemPackages: false,
  })
  expect(ensured.attempts[1]).toContain('no checksum is pinned for')
})

test('every pinned checksum is a SHA-256', () => {
  for (const { sha256 } of Object.values(PINNED_RELEASE.archives)) expect(sha256).toMatch(/^[0-9a-f]{64}$/)
})
