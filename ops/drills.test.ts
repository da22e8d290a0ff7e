/**
 * Failure drills of docs/operating.md with real processes: clocks that are wrong, a link that breaks, a store that is too small, tools
 * that hang, messages nobody can read, an order to stop in the middle of a call.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { connect } from '@nats-io/transport-node'
import { expect, test } from 'vitest'
import type { Answer, Ask } from '#runtime/control/asks.ts'
import { askFleet } from '#runtime/control/client.ts'
import { newRoot, put, REFUNDS, type Running, start } from '#runtime/daemon/operator.fixture.ts'
import { findPlace } from '#runtime/daemon/place.ts'
import { readRecords } from '#runtime/daemon/read-log.ts'
import { checkHistory } from '#runtime/fleet/check-history.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import { openBus } from '#runtime/log/bus.ts'
import { freePort, greetingAt } from '#runtime/log/nats-server/probe.ts'
import { scratchBinary, scratchServer } from '#runtime/log/nats-server/scratch.ts'
import { cuttable } from '../bench/stretch/cut.ts'

const HOUR_MS = 3_600_000
const LOOK_MS = 20

/** The environment of a process whose clock is wrong by so much. */
function off(root: string, byMs: number): Record<string, string> {
  const file = put(root, `off-${byMs}.mjs`, `const right = Date.now\nDate.now = () => right() + ${byMs}\n`)
  return { NODE_OPTIONS: `--import ${pathToFileURL(file)}` }
}

/** The refund desk with another tool, as a fleet file. */
function deskWith(root: string, tool: string, more = ''): string {
  return put(
    root,
    'fleet.ts',
    `import { appendFileSync } from 'node:fs'
import fleet from ${JSON.stringify(REFUNDS)}
const note = (key) => appendFileSync(${JSON.stringify(join(root, 'calls'))}, key + '\\n')
const world = () => ({ tools: { issue_refund: ${tool} }, outside: { customer() {} } })
export default { ...fleet, policy: ${JSON.stringify(join(REFUNDS, '../refunds.parapet'))}, world, ${more} }
`,
  )
}

/** Asks the fleet's daemons until the answer is what is waited for. */
async function asking(url: string) {
  const opened = await openBus({ servers: url, name: 'drill', stay: false })
  if (opened.kind === 'refused') throw new Error(opened.message)
  const ask = async (question: Ask, by = 'someone'): Promise<readonly Answer[]> => {
    const heard = await askFleet(opened.bus, 'refunds', question, by)
    return heard.kind === 'answers' ? heard.answers : []
  }
  return {
    ask,
    tell: (conversation: string, amount: number) =>
      ask({
        kind: 'tell',
        id: `${conversation}-${amount}`,
        conversation,
        to: 'clerk',
        from: 'customer',
        message: 'refund',
        fields: { order: 'A', amount },
      }),
    async until<T>(question: Ask, found: (answer: Answer) => T | undefined): Promise<T> {
      for (;;) {
        for (const answer of await ask(question)) {
          const wanted = found(answer)
          if (wanted !== undefined) return wanted
        }
        await wait(LOOK_MS)
      }
    },
    [Symbol.asyncDispose]: () => opened.bus.close(),
  }
}

async function recordsAt(root: string, url: string): Promise<CommitRecord[]> {
  const place = findPlace(root, 'refunds')
  if (place.kind === 'problem') throw new Error(place.message)
  const opened = await readRecords(place, url)
  if (opened.kind === 'problem') throw new Error(opened.message)
  try {
    return await Array.fromAsync(opened.records)
  } finally {
    await opened.close()
  }
}

/** What the customer was answered in a conversation, once there is something; the history is whole. */
async function answered(root: string, url: string, conversation: string): Promise<string[]> {
  for (;;) {
    const records = await recordsAt(root, url)
    expect(checkHistory(records)).toEqual([])
    const texts = records
      .flatMap(({ turns }) => turns)
      .filter(({ agent, outcome }) => agent === `${conversation}/clerk` && outcome === 'passed')
      .flatMap(({ effects = [] }) => effects)
      .flatMap((effect) => (effect.kind === 'answer' ? [String(effect.fields['text'])] : []))
    if (texts.length > 0) return texts
    await wait(LOOK_MS)
  }
}

async function stopped({ child, ended }: Running): Promise<void> {
  child.kill('SIGTERM')
  await ended
}

const paid = (root: string) => {
  const book = join(root, 'refunds/world/refunds.jsonl')
  return existsSync(book) ? readFileSync(book, 'utf8').trim().split('\n').length : 0
}

test('a clock set forward runs into deadlines, which refuse; one set back loses nothing, and time goes on from the log', async () => {
  await using scratch = await scratchServer()
  const { url } = scratch.server
  const root = newRoot()
  const up = async (more: Record<string, string>) => {
    const daemon = start(['up', REFUNDS, '--data', root], { NATS_URL: url, ...more })
    await daemon.said('runs until')
    return daemon
  }
  await using client = await asking(url)
  const pending = { kind: 'approvals' } as const
  const anApproval = (answer: Answer) =>
    answer.kind === 'approvals' ? answer.approvals[0]?.approval : undefined

  let daemon = await up({})
  await client.tell('c1', 150)
  await client.until(pending, anApproval)
  await stopped(daemon)

  daemon = await up(off(root, 5 * HOUR_MS))
  expect(await answered(root, url, 'c1')).toEqual(['declined'])
  expect(paid(root)).toBe(0)
  await stopped(daemon)

  daemon = await up(off(root, -24 * HOUR_MS))
  await client.tell('c2', 20)
  expect(await answered(root, url, 'c2')).toEqual(['refunded'])
  await client.tell('c3', 150)
  const approval = await client.until(pending, anApproval)
  const [decided] = await client.ask({ kind: 'decide', approval, grant: true, note: '' }, 'ada')
  expect(decided).toMatchObject({ kind: 'decided', outcome: 'passed' })
  expect(await answered(root, url, 'c3')).toEqual(['refunded'])
  expect(paid(root)).toBe(2)
  await stopped(daemon)
}, 30_000)

test('daemons whose clocks are a day apart share a fleet and take over from one another', async () => {
  await using scratch = await scratchServer()
  const { url } = scratch.server
  const env = { NATS_URL: url, PARAPET_LEASE_MS: '1000' }
  const roots = [newRoot(), newRoot()] as const
  const ahead = start(['up', REFUNDS, '--data', roots[0]], { ...env, ...off(roots[0], 24 * HOUR_MS) })
  const behind = start(['up', REFUNDS, '--data', roots[1]], env)
  await Promise.all([ahead.said('serves 1 of 2'), behind.said('serves 1 of 2')])
  ahead.child.kill('SIGKILL')
  await behind.said('serves 2 of 2')
  await using client = await asking(url)
  for (const conversation of ['c1', 'c2', 'c3']) {
    expect(await client.tell(conversation, 20)).toMatchObject([{ kind: 'told' }])
    expect(await answered(roots[1], url, conversation)).toEqual(['refunded'])
  }
  await stopped(behind)
}, 30_000)

test('a link that breaks is said at /readyz and waited for; what was told before and after is done once', async () => {
  await using scratch = await scratchServer()
  const { url } = scratch.server
  const link = await cuttable(Number(new URL(url).port))
  const root = newRoot()
  const daemon = start(['up', REFUNDS, '--data', root, '--http', '127.0.0.1:0'], {
    NATS_URL: `nats://127.0.0.1:${link.port}`,
  })
  await daemon.said('runs until')
  const base = /control (http:\S+)/.exec(daemon.printed())![1]!
  const ready = async (status: number) => {
    while ((await fetch(`${base}/readyz`)).status !== status) await wait(LOOK_MS)
  }
  await using client = await asking(url)
  await client.tell('c1', 20)
  link.cut()
  await ready(503)
  expect((await fetch(`${base}/healthz`)).status).toBe(200)
  link.heal()
  await ready(200)
  expect(await client.tell('c2', 20)).toMatchObject([{ kind: 'told' }])
  for (const conversation of ['c1', 'c2'])
    expect(await answered(root, url, conversation)).toEqual(['refunded'])
  expect(paid(root)).toBe(2)
  await stopped(daemon)
  link.close()
}, 30_000)

test('a store that is too small for what a fleet asks for is refused at the start, with what to change', async () => {
  const root = newRoot()
  const port = (await freePort())!
  const config = put(
    root,
    'server.conf',
    `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${root}/store", max_file_store: 8MB }\n`,
  )
  const server: ChildProcess = spawn(await scratchBinary(), ['--config', config], { stdio: 'ignore' })
  while (!(await greetingAt(port))) await wait(LOOK_MS)
  const daemon = start(['up', REFUNDS, '--data', join(root, 'data')], {
    NATS_URL: `nats://127.0.0.1:${port}`,
  })
  const { code, err } = await daemon.ended
  server.kill('SIGKILL')
  expect(code).toBe(1)
  expect(err).toContain('error[D0042]')
  expect(err).toContain('max_file_store')
}, 30_000)

test('a tool that never answers is given up in its time, and the customer hears of it', async () => {
  await using scratch = await scratchServer()
  const { url } = scratch.server
  const root = newRoot()
  const fleet = deskWith(
    root,
    '() => new Promise(() => {})',
    'executors: { issue_refund: { timeoutMs: 200 } }',
  )
  const daemon = start(['up', fleet, '--data', root], { NATS_URL: url })
  await daemon.said('runs until')
  await using client = await asking(url)
  await client.tell('c1', 20)
  expect(await answered(root, url, 'c1')).toEqual(['failed'])
  await stopped(daemon)
}, 30_000)

test('told to stop in the middle of a call it stops; the next start makes the call again under the same key', async () => {
  await using scratch = await scratchServer()
  const { url } = scratch.server
  const root = newRoot()
  const calls = () =>
    existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8').trim().split('\n') : []
  const hangs = deskWith(root, '(_, { key }) => (note(key), new Promise(() => {}))')
  const first = start(['up', hangs, '--data', root], { NATS_URL: url })
  await first.said('runs until')
  await using client = await asking(url)
  await client.tell('c1', 20)
  while (calls().length === 0) await wait(LOOK_MS)
  await stopped(first)
  const answers = deskWith(root, "(_, { key }) => (note(key), { kind: 'ok', value: null })")
  const second = start(['up', answers, '--data', root], { NATS_URL: url })
  await second.said('runs until')
  expect(await answered(root, url, 'c1')).toEqual(['refunded'])
  expect(calls()).toHaveLength(2)
  expect(new Set(calls()).size).toBe(1)
  await stopped(second)
}, 30_000)

test('a message nobody can read is put aside and said; the next one in its partition is served', async () => {
  await using scratch = await scratchServer()
  const { url } = scratch.server
  const root = newRoot()
  const daemon = start(['up', REFUNDS, '--data', root], { NATS_URL: url })
  await daemon.said('runs until')
  const nc = await connect({ servers: url })
  for (const partition of [0, 1]) nc.publish(`refunds.in.${partition}.stray`, new Uint8Array([255, 0, 1]))
  await nc.flush()
  await daemon.said('passed over')
  await using client = await asking(url)
  for (const conversation of ['c1', 'c2', 'c3']) {
    await client.tell(conversation, 20)
    expect(await answered(root, url, conversation)).toEqual(['refunded'])
  }
  await nc.close()
  await stopped(daemon)
}, 30_000)
