/** What happens to processes and servers while a fleet runs, and what is left of it: nothing is lost, nothing is left running. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { checkHistory } from '#runtime/fleet/check-history.ts'
import { encodeRecord } from '#runtime/fleet/record.ts'
import { openJetStream } from '#runtime/log/jetstream.ts'
import { scratchServer } from '#runtime/log/nats-server/scratch.ts'
import {
  isAlive,
  LONG,
  newRoot,
  QUICK,
  recordsOf,
  run,
  serverOf,
  serverPort,
  start,
  up,
} from './operator.fixture.ts'

const ALL_LONG = '6 of 6 ended'

test('a nats-server killed in the middle comes back, and the run ends whole with nothing left running', async () => {
  const root = newRoot()
  const running = up(root, LONG)
  await running.said('denied')
  const server = serverOf(root)!
  process.kill(server, 'SIGKILL')
  await running.said('nats-server is back')
  const next = serverOf(root)!
  const { code, out } = await running.ended
  expect(out).toContain(ALL_LONG)
  expect(code).toBe(0)
  expect(next).not.toBe(server)
  expect(isAlive(next)).toBe(false)
  expect(out.match(/nats-server is away/g)).toHaveLength(1)
  expect(checkHistory(await recordsOf(root))).toEqual([])
})

test('a nats-server that stands still for 3 s and goes on costs nothing but time', async () => {
  const root = newRoot()
  const running = up(root, LONG)
  await running.said('denied')
  const server = serverOf(root)!
  process.kill(server, 'SIGSTOP')
  await pause(3_000)
  process.kill(server, 'SIGCONT')
  const { code, out } = await running.ended
  expect(out).toContain(ALL_LONG)
  expect(code).toBe(0)
  expect(checkHistory(await recordsOf(root))).toEqual([])
})

test('Ctrl-C ends cleanly with a summary and how to go on; going on finishes; a second daemon is refused meanwhile', async () => {
  const root = newRoot()
  const running = up(root, { ...LONG, DESK_PACE_MS: '600' })
  await running.said('denied')
  const second = await up(root, LONG, '--again').ended
  expect(second.code).toBe(1)
  expect(second.err).toContain('error[D0043]')
  expect(second.err).toContain('another daemon')

  const live = await run(['trace', '--data', root, '--replay'])
  expect(live.code).toBe(0)
  expect(live.out).toContain('all as recorded')

  const server = serverOf(root)!
  running.child.kill('SIGINT')
  const stopped = await running.ended
  expect(stopped.code).toBe(130)
  expect(stopped.err).toContain('stopping')
  expect(stopped.out).toContain('What the fleet did')
  expect(stopped.out).toContain('Stopped. What is committed is kept; this goes on from here:')
  expect(isAlive(server)).toBe(false)

  const again = stopped.out.trimEnd().split('\n').at(-1)!.trim().split(' ')
  expect(again.slice(0, 3)).toEqual(['node', 'bin/parapet.js', 'up'])
  const finished = await run(again.slice(2), LONG)
  expect(finished.out).toContain('goes on from')
  expect(finished.out).toContain(ALL_LONG)
  expect(finished.code).toBe(0)
  expect(checkHistory(await recordsOf(root))).toEqual([])
})

test('Ctrl-C ends a run whose server does not answer', async () => {
  const root = newRoot()
  const running = up(root, LONG)
  await running.said('denied')
  const server = serverOf(root)!
  process.kill(server, 'SIGSTOP')
  running.child.kill('SIGINT')
  await running.said('What the fleet did')
  process.kill(server, 'SIGCONT')
  expect((await running.ended).code).toBe(130)
  expect(isAlive(server)).toBe(false)
  expect(checkHistory(await recordsOf(root))).toEqual([])
})

test('the server of a killed daemon is adopted by the next start, which finishes and stops it', async () => {
  const root = newRoot()
  const running = up(root, LONG)
  await running.said('denied')
  const server = serverOf(root)!
  running.child.kill('SIGKILL')
  await running.ended
  expect(isAlive(server)).toBe(true)
  const { code, out } = await up(root, LONG).ended
  expect(out).toContain('took over the nats-server')
  expect(out).toContain(ALL_LONG)
  expect(code).toBe(0)
  expect(isAlive(server)).toBe(false)
  expect(serverPort(root)).toBe(undefined)
})

test('a record that is not JSON is refused with its slot and partition, by the daemon and by readers', async () => {
  const root = newRoot()
  await using scratch = await scratchServer()
  const env = { ...QUICK, NATS_URL: scratch.server.url }
  const opened = await openJetStream({ servers: scratch.server.url, fleet: 'airline-desk', partitions: 4 })
  if (opened.kind === 'refused') throw new Error(opened.message)
  const good = encodeRecord({
    version: 1,
    partition: 2,
    rev: 1,
    at: 1,
    policy: '',
    position: 0,
    sentThrough: 0,
    turns: [],
  })
  await opened.log.append({ partition: 2, rev: 1, id: 'a', record: good })
  await opened.log.append({ partition: 2, rev: 2, id: 'b', record: new TextEncoder().encode('{"vers') })
  await opened.log.close()
  const daemon = await up(root, env).ended
  expect(daemon.code).toBe(1)
  expect(daemon.err).toContain('error[D0033]')
  expect(daemon.err).toContain('slot 2 of partition 2')
  expect(daemon.err).toContain('not JSON')
  const reader = await run(['trace', '--data', root], env)
  expect(reader.code).toBe(1)
  expect(reader.err).toContain('error[D0033]')
  expect(reader.err).toContain('slot 2 of partition 2')
})

test('what is printed to look further runs as printed, and references that lead nowhere are named', async () => {
  const root = newRoot()
  const before = await run(['trace', '--data', root])
  expect(before.code).toBe(1)
  expect(before.err).toContain('error[D0007]')
  expect(before.err).toContain('--data')

  const env = { ...QUICK, DESK_CONVERSATIONS: '5' }
  const { out } = await up(root, env).ended
  const printed = Array.from(out.matchAll(/^ {2}node bin\/parapet\.js (.*?)\s+#/gm), ([, words]) =>
    words!.split(' '),
  )
  expect(printed.map(([command]) => command)).toEqual(['explain', 'trace', 'trace'])
  const [explained, traced, stopped] = await Promise.all(printed.map((words) => run(words, env)))
  expect(explained).toMatchObject({
    code: 0,
    out: expect.stringMatching(/denied {2}[\s\S]*fired rule [\s\S]*│/),
  })
  expect(traced).toMatchObject({ code: 0, out: expect.stringMatching(/^airline-\d+-\d+ /) })
  expect(stopped).toMatchObject({ err: '', code: 0, out: expect.stringContaining('all as recorded') })
  for (const line of stopped!.out.split('\n')) expect(line.length, line).toBeLessThanOrEqual(140)

  const wrong: readonly (readonly [string, string])[] = [
    ['airline', 'D0023'],
    ['airline-0-0#0', 'D0023'],
    ['airline-99-9#1', 'D0022'],
  ]
  for (const [ref, code] of wrong) {
    const { code: exit, err } = await run(['explain', ref, '--data', root])
    expect(exit).toBe(1)
    expect(err).toContain(`error[${code}]`)
  }
  expect(serverOf(root)).toBe(undefined)
})

test('a reader and a start at the same time do not disturb each other; a reader cut off leaves no server', async () => {
  const root = newRoot()
  await up(root).ended
  const [read, started] = await Promise.all([run(['trace', '--data', root, '--replay']), up(root).ended])
  expect(read.err).toBe('')
  expect(read.out).toContain('all as recorded')
  expect(started.code).toBe(0)

  const cut = start(['trace', '--data', root, '--json'])
  cut.child.stdout!.once('data', () => cut.child.stdout!.destroy())
  expect(await cut.ended).toMatchObject({ code: 0, err: '' })
  expect(serverOf(root)).toBe(undefined)
})
