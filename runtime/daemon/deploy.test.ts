/** Policies deployed to three daemons that share a fleet on one real server, while clients go on speaking. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Answer, Ask, PoliciesStatus } from '#runtime/control/asks.ts'
import { askFleet } from '#runtime/control/client.ts'
import { newestOf } from '#runtime/control/steward.ts'
import type { CommitRecord } from '#runtime/fleet/record.ts'
import { type Bus, openBus } from '#runtime/log/bus.ts'
import { type ScratchServer, scratchServer } from '#runtime/log/nats-server/scratch.ts'
import { type Env, newRoot, put, type Running, run, start } from './operator.fixture.ts'
import { findPlace } from './place.ts'
import { readRecords } from './read-log.ts'

const STRETCH = resolve(import.meta.dirname, '../../bench/stretch')
const FLEET = 'stretch'
const TEXT = readFileSync(join(STRETCH, 'stretch.parapet'), 'utf8')
/** Lets nothing large through. */
const SMALL = `${TEXT}\nrule "Small" { when clerk calls apply and amount > 100 USD then deny }\n`
const PARTITIONS = 6
const LOOK_MS = 20

const roots = [newRoot(), newRoot(), newRoot()]
const small = put(roots[0]!, 'small.parapet', SMALL)
let scratch: ScratchServer
let env: Env
let daemons: Running[]
let bus: Bus
let told = 0

async function asked(ask: Ask): Promise<readonly Answer[]> {
  const heard = await askFleet(bus, FLEET, ask, 'driver')
  return heard.kind === 'answers' ? heard.answers : []
}

async function policies(): Promise<PoliciesStatus[]> {
  return (await asked({ kind: 'policies' })).flatMap((answer) =>
    answer.kind === 'policies' ? [answer.policies] : [],
  )
}

async function until<T>(look: () => Promise<T>, is: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look()
    if (is(seen)) return seen
    await wait(LOOK_MS)
  }
}

async function tell(conversation: string, amount: number): Promise<string> {
  const id = `m${told++}`
  const [answer] = await asked({
    kind: 'tell',
    id,
    conversation,
    to: 'clerk',
    message: 'order',
    fields: { amount },
    from: 'driver',
  })
  return answer?.kind ?? 'nobody'
}

const command = (...args: readonly string[]) =>
  run([...args, '--data', roots[0]!, '--fleet', FLEET, '--as', 'ada'], env)

async function records(): Promise<CommitRecord[]> {
  const place = findPlace(roots[0]!, FLEET)
  if (place.kind === 'problem') throw new Error(place.message)
  const opened = await readRecords(place, scratch.server.url)
  if (opened.kind === 'problem') throw new Error(opened.message)
  try {
    return await Array.fromAsync(opened.records)
  } finally {
    await opened.close()
  }
}

beforeAll(async () => {
  scratch = await scratchServer()
  env = { NATS_URL: scratch.server.url, STRETCH_DIR: newRoot() }
  daemons = roots.map((root) => start(['up', join(STRETCH, 'fleet.ts'), '--data', root], env))
  await Promise.all(daemons.map((each) => each.said('runs until')))
  const opened = await openBus({ servers: scratch.server.url, name: 'driver', stay: false })
  if (opened.kind === 'refused') throw new Error(opened.message)
  bus = opened.bus
  await until(policies, (all) => all.length === 3 && all.every(({ partitions }) => partitions.length === 2))
}, 60_000)

afterAll(async () => {
  await bus.close()
  for (const { child } of daemons) child.kill('SIGKILL')
  await Promise.all(daemons.map(({ ended }) => ended))
  await scratch[Symbol.asyncDispose]()
})

describe('three daemons that share a fleet', { timeout: 60_000 }, () => {
  test('refuse a policy that is not signed, and go on as before', async () => {
    const { code, err } = await command('deploy', small, '--no-backtest')
    expect([code, err]).toEqual([1, expect.stringMatching(/error\[D0091\]: the bundle is not signed/)])
    expect(newestOf(await policies())).toBeUndefined()
  })

  test('all judge by what is deployed, from a record of each partition on, and no message is refused meanwhile', async () => {
    let speaking = true
    const answers = new Set<string>()
    const speak = async () => {
      for (let i = 0; speaking; i++) answers.add(await tell(`talk-${i % 24}`, 10))
    }
    const speakers = [speak(), speak()]
    const { code, out, err } = await command('deploy', small, '--unsigned')
    expect([code, err], out).toEqual([0, ''])
    expect(out).toContain('no verdict changes')
    expect(out).toContain(`deployed in ${PARTITIONS} partitions`)
    speaking = false
    await Promise.all(speakers)
    expect(answers).toEqual(new Set(['told']))
    const hash = newestOf(await policies())?.standing
    const switched = new Set<number>()
    for (const record of await records()) {
      if (switched.has(record.partition)) expect(record.policy).toBe(hash)
      if (record.switch) switched.add(record.partition)
    }
    expect(switched.size).toBe(PARTITIONS)
    const replayed = await run(['trace', '--replay', '--data', roots[0]!, '--fleet', FLEET], env)
    expect(replayed.out, replayed.err).toContain('all as recorded')
  })

  test('go back in one command', async () => {
    const { code, out } = await command('rollback', '--why', 'too strict')
    expect([code, out]).toEqual([0, expect.stringContaining(`judges in ${PARTITIONS} partitions`)])
    expect(newestOf(await policies())).toMatchObject({ number: 2, why: 'too strict', by: 'ada' })
  })

  test('take a candidate back by themselves when too many verdicts are others', async () => {
    const { code, out } = await command(
      'deploy',
      small,
      '--unsigned',
      '--no-backtest',
      '--to',
      'shadow',
      '--at-most',
      '5%',
      'changed',
    )
    expect([code, out]).toEqual([0, expect.stringContaining('deployed to the shadow')])
    for (let i = 0; i < 12; i++) expect(await tell(`large-${i}`, 500)).toBe('told')
    const back = await until(
      async () => newestOf(await policies()),
      (newest) => newest?.candidate === undefined,
    )
    expect(back).toMatchObject({
      number: 4,
      by: 'parapet',
      why: expect.stringMatching(/verdicts changed, over 5%/),
    })
    await until(policies, (all) =>
      all.every(({ partitions }) => partitions.every(({ rollout }) => rollout?.number === 4)),
    )
  })

  test('a killed one’s partitions are brought along by whoever takes them up', async () => {
    daemons[2]!.child.kill('SIGKILL')
    const { code, out, err } = await command('deploy', small, '--unsigned', '--no-backtest')
    expect([code, err], out).toEqual([0, ''])
    const all = await until(
      policies,
      (seen) => seen.flatMap(({ partitions }) => partitions).length === PARTITIONS,
    )
    expect(all.flatMap(({ partitions }) => partitions).every(({ rollout }) => rollout?.number === 5)).toBe(
      true,
    )
  })
})
