/** Failure drills of docs/operating.md that stand nowhere else: a full log, a full disk, a daemon that is paused. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import { checkHistory } from '#runtime/fleet/check-history.ts'
import { freePort, greetingAt } from '#runtime/log/nats-server/probe.ts'
import { scratchBinary, scratchServer } from '#runtime/log/nats-server/scratch.ts'
import {
  LONG,
  newRoot,
  put,
  REFUNDS,
  type Running,
  recordsOf,
  run,
  serverOf,
  start,
  up,
} from './operator.fixture.ts'
import { findPlace } from './place.ts'
import { readRecords } from './read-log.ts'

const READY_TRIES = 250

async function faultsAt(root: string, url: string): Promise<readonly unknown[]> {
  const place = findPlace(root, 'refunds')
  if (place.kind === 'problem') throw new Error(place.message)
  const opened = await readRecords(place, url)
  if (opened.kind === 'problem') throw new Error(opened.message)
  try {
    return checkHistory(await Array.fromAsync(opened.records))
  } finally {
    await opened.close()
  }
}

test('a paused daemon: another serves its conversations; awake again it is fenced, and the history is whole', async () => {
  await using scratch = await scratchServer()
  const env = { NATS_URL: scratch.server.url, PARAPET_LEASE_MS: '1000' }
  const roots = [newRoot(), newRoot()]
  const [paused, other] = roots.map((root) => start(['up', REFUNDS, '--data', root], env)) as [
    Running,
    Running,
  ]
  await Promise.all([paused.said('serves 1 of 2'), other.said('serves 1 of 2')])
  paused.child.kill('SIGSTOP')
  await other.said('serves 2 of 2')
  for (const conversation of ['c1', 'c2', 'c3', 'c4']) {
    const told = await run(
      ['tell', `${conversation}/clerk`, 'refund', 'order=A', 'amount=20', '--data', roots[1]!],
      env,
    )
    expect([told.code, told.err]).toEqual([0, ''])
  }
  const shares = other.printed().split('serves 1 of 2').length
  paused.child.kill('SIGCONT')
  while (other.printed().split('serves 1 of 2').length === shares) await wait(20)
  for (const { child, ended } of [paused, other]) {
    child.kill('SIGTERM')
    await ended
  }
  expect(await faultsAt(roots[1]!, scratch.server.url)).toEqual([])
})

test('a full log: the daemon says so and waits; given room it goes on, and nothing is lost', async () => {
  const root = newRoot()
  const port = (await freePort())!
  const url = `nats://127.0.0.1:${port}`
  const config = put(
    root,
    'server.conf',
    `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${root}/store" }\n`,
  )
  const server: ChildProcess = spawn(await scratchBinary(), ['--config', config], { stdio: 'ignore' })
  for (let tries = 0; tries < READY_TRIES && !(await greetingAt(port)); tries++) await wait(20)
  const env = { NATS_URL: url }
  const data = join(root, 'data')
  const daemon = start(['up', REFUNDS, '--data', data], env)
  try {
    await daemon.said('runs until')
    const nc = await connect({ servers: url })
    const jsm = await jetstreamManager(nc)
    const { config: log, state } = await jsm.streams.info('refunds-log')
    // Full as it is: a bound below what stands would drop it.
    await jsm.streams.update('refunds-log', { max_bytes: state.bytes + 1 })
    const told = run(['tell', 'c1/clerk', 'refund', 'order=A', 'amount=20', '--data', data], env)
    await daemon.said('is refused, trying again')
    await jsm.streams.update('refunds-log', { max_bytes: log.max_bytes })
    expect((await told).code).toBe(0)
    await nc.close()
    let shown = ''
    while (!shown.includes('refunded')) shown = (await run(['trace', 'c1', '--data', data], env)).out
    expect(await faultsAt(data, url)).toEqual([])
  } finally {
    daemon.child.kill('SIGTERM')
    await daemon.ended
    server.kill('SIGKILL')
  }
})

/** Bytes; a shell counts in 512. */
const FILE_MAX = 64 * 1024
const POLL_MS = 50
/** A fleet that writes every 150 ms has been stopped when nothing grew for so many looks. */
const STILL_POLLS = 20

/**
 * A nats-server for whose files there is no more room than FILE_MAX each while the file `full` stands there at its start: writes beyond it
 * are cut off and fail, as they do on a full disk. The signal that tells of it would end the process, which a full disk does not.
 */
async function narrowServer(root: string): Promise<{ readonly program: string; readonly full: string }> {
  const full = put(root, 'full', '')
  const narrow = `[ -e '${full}' ] && { trap '' XFSZ; ulimit -S -f ${FILE_MAX / 512}; }`
  const program = put(root, 'nats-server', `#!/bin/sh\n${narrow}\nexec '${await scratchBinary()}' "$@"\n`)
  chmodSync(program, 0o755)
  return { program, full }
}

/** Bytes of the largest file. */
function largestBelow(dir: string): number {
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' })
  // One may go while it is looked at.
  return Math.max(...names.map((name) => statSync(join(dir, name), { throwIfNoEntry: false })?.size ?? 0))
}

// Neither rights nor a mount are needed. That such a server is started anew by itself is shown in `nats-server/process.test.ts`.
test('a full disk: everything waits; with room again and a server started anew it goes on, and nothing is lost', async () => {
  const root = newRoot()
  const { program, full } = await narrowServer(root)
  const data = join(root, 'data')
  const daemon = up(data, { ...LONG, PARAPET_NATS_SERVER: program })
  await daemon.said('nats-server')
  const store = join(data, 'airline-desk/nats/store')
  while (largestBelow(store) < FILE_MAX / 2) await wait(POLL_MS)
  let grown = 0
  for (let polls = 0; polls < STILL_POLLS; polls++) {
    const size = largestBelow(store)
    if (size > grown) polls = 0
    grown = size
    await wait(POLL_MS)
  }
  expect(grown).toBeLessThanOrEqual(FILE_MAX)
  rmSync(full)
  process.kill(serverOf(data)!, 'SIGKILL')
  await daemon.said('nats-server is back')
  const { code, out } = await daemon.ended
  expect(out).toContain('6 of 6 ended')
  expect(code).toBe(0)
  expect(largestBelow(store)).toBeGreaterThan(FILE_MAX)
  expect(checkHistory(await recordsOf(data))).toEqual([])
})
