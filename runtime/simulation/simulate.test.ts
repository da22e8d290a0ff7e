import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { createJudge } from '#dsl/judge/create.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { agents, till, VOCABULARY } from '#runtime/fleet/desk.fixture.ts'
import { ALL_FAULTS, type Faults, NO_FAULTS } from './faults.ts'
import type { Person } from './people.ts'
import { randomOf } from './random.ts'
import { type Simulated, simulate, type Told } from './simulate.ts'

const START = Date.UTC(2026, 0, 1)
const { plan } = compile(
  source(
    `policy "Desk" version 1 ${VOCABULARY}
    rule "Boss decides" { when clerk calls pay and amount > 80 USD then ask boss within 1 hour, otherwise deny }
    rule "Never ten" { when clerk calls pay and amount = 10 USD then deny }`,
    'desk.parapet',
  ),
)
const judge = createJudge(plan!)

function orders(seed: number, count: number): Told[] {
  const random = randomOf(seed).fork('orders')
  return Array.from({ length: count }, () => ({
    atMs: random.int(60_000),
    conversation: `c${random.int(10)}`,
    to: 'clerk',
    from: 'customer',
    message: 'order',
    fields: { amount: random.int(100) },
  })).toSorted((one, other) => one.atMs - other.atMs)
}

async function run(
  seed: number,
  faults: Faults,
  person?: Person,
): Promise<{ end: Simulated; paid: number; world: WeakRef<object> }> {
  const { pay, done } = till()
  const end = await simulate({
    definition: { name: 'desk', agents, escalateTo: 'boss' },
    judge,
    seed,
    faults,
    startsAt: START,
    forMs: 60_000,
    world: { tools: { pay } },
    told: orders(seed, 60),
    ...(person && { person }),
  })
  return { end, paid: done.size, world: new WeakRef(pay) }
}

describe('a simulated fleet', () => {
  test('is a function of its seed: the same records, byte for byte', async () => {
    for (const seed of [1, 2, 3]) {
      const [one, other] = [await run(seed, ALL_FAULTS), await run(seed, ALL_FAULTS)]
      expect(JSON.stringify(one.end)).toBe(JSON.stringify(other.end))
    }
    const [one, other] = [await run(1, ALL_FAULTS), await run(2, ALL_FAULTS)]
    expect(JSON.stringify(one.end.records)).not.toBe(JSON.stringify(other.end.records))
  })

  test('keeps every invariant and takes every message once, whatever goes wrong', async () => {
    const incidents = new Set<string>()
    for (let seed = 1; seed <= 24; seed++) {
      const { end } = await run(seed, ALL_FAULTS)
      for (const incident of Object.keys(end.incidents)) incidents.add(incident)
      expect(end.faults, `seed ${seed}`).toEqual([])
      expect(end.settled, `seed ${seed}`).toBe(true)
      const taken = end.records
        .flatMap((record) => record.turns)
        .filter(
          ({ input, outcome }) =>
            input.kind === 'message' && input.source.startsWith('client') && outcome !== 'deferred',
        )
      expect(taken, `seed ${seed}`).toHaveLength(60)
    }
    expect(Array.from(incidents).toSorted()).toEqual([
      'a clock is set forward',
      'a daemon dies between two effects',
      'a daemon is cut off',
      'a daemon is drained',
      'a daemon is killed',
      'a daemon is paused',
      'a lease is won twice',
      'a request comes twice',
      'a request is late',
      'a request is lost',
      'a tool fails',
      'a tool lies',
      'an answer is lost',
      'an inbox is full',
      'an owner is fenced',
      'the broker restarts',
      'the newest leases are lost',
    ])
  })

  test('is kept by nothing once it is over, whoever died in it', async () => {
    setFlagsFromString('--expose-gc')
    const collect: () => void = runInNewContext('gc')
    const worlds: WeakRef<object>[] = []
    for (let seed = 1; seed <= 6; seed++) {
      const { end, world } = await run(seed, { ...NO_FAULTS, diesMidway: 0.05 })
      expect(end.incidents['a daemon dies between two effects']).toBeGreaterThan(0)
      worlds.push(world)
    }
    await new Promise(setImmediate)
    collect()
    // The last may still stand on the stack.
    expect(worlds.slice(0, -1).filter((world) => world.deref())).toEqual([])
  })

  test('is written by nobody but who claimed a partition last, however late an append lands', async () => {
    const faults = { ...NO_FAULTS, delayMaxMs: 5, killsPerSecond: 0.5, requestLate: 0.2, lateMaxMs: 3_000 }
    for (let seed = 1; seed <= 12; seed++) {
      const { end } = await run(seed, faults, () => ({ by: 'ada', grant: true, afterMs: 1_000 }))
      expect([seed, end.settled, end.faults]).toEqual([seed, true, []])
    }
  })

  test('acts as it would if nothing went wrong', async () => {
    for (const seed of [4, 5, 6]) {
      const [calm, wild] = [await run(seed, NO_FAULTS), await run(seed, { ...ALL_FAULTS, toolFails: 0 })]
      expect(wild.paid).toBe(calm.paid)
    }
  })
})
