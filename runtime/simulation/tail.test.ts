/** A server that loses what it acknowledged and had not synced: what Parapet rests on is gone, and it must not go on as if not. */
import { expect, test } from 'vitest'
import { createJudge } from '#dsl/judge/create.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import { agents, till, VOCABULARY } from '#runtime/fleet/desk.fixture.ts'
import { SlotsLost } from '#runtime/fleet/slots-lost.ts'
import { type Faults, NO_FAULTS } from './faults.ts'
import { randomOf } from './random.ts'
import { type Simulated, simulate } from './simulate.ts'

const { plan } = compile(source(`policy "Desk" version 1 ${VOCABULARY}`, 'desk.parapet'))
const judge = createJudge(plan!)
const LOSING: Faults = {
  ...NO_FAULTS,
  delayMaxMs: 5,
  brokerRestartsPerSecond: 0.1,
  outageMaxMs: 2_000,
  tailLost: 1,
}

interface Lossy {
  /** How it ended, unless a daemon stopped. */
  readonly end: Simulated | undefined
  readonly stopped: SlotsLost | undefined
  /** Slots that were written a second time. */
  readonly rewritten: readonly string[]
}

async function run(seed: number, faults: Faults, daemons: number, looks = true): Promise<Lossy> {
  const random = randomOf(seed).fork('orders')
  const written = new Set<string>()
  const rewritten: string[] = []
  const running = simulate({
    definition: { name: 'desk', agents },
    judge,
    daemons,
    seed,
    faults,
    looks,
    startsAt: 0,
    forMs: 60_000,
    world: { tools: { pay: till().pay } },
    told: Array.from({ length: 60 }, () => ({
      atMs: random.int(60_000),
      conversation: `c${random.int(10)}`,
      to: 'clerk',
      from: 'customer',
      message: 'order',
      fields: { amount: random.int(100) },
    })),
    onRecord: ({ partition, rev }) => {
      const slot = `${partition}.${rev}`
      if (written.has(slot)) rewritten.push(slot)
      written.add(slot)
    },
  })
  try {
    return { end: await running, stopped: undefined, rewritten }
  } catch (cause) {
    if (!(cause instanceof SlotsLost)) throw cause
    return { end: undefined, stopped: cause, rewritten }
  }
}

test('whoever wrote what is lost stops and says so, before it writes or does anything else', async () => {
  let stops = 0
  for (let seed = 1; seed <= 20; seed++) {
    const { stopped, rewritten, end } = await run(seed, LOSING, 1)
    expect([seed, rewritten]).toEqual([seed, []])
    if (stopped) stops++
    // Only messages that nobody had taken yet were lost, or nothing.
    else expect(end!.records.length).toBeGreaterThan(0)
  }
  expect(stops).toBeGreaterThan(15)
})

test('one who finds another’s record where its own stood stops as well', async () => {
  let stops = 0
  const over = { ...LOSING, pausesPerSecond: 0.2, outageMaxMs: 10_000 }
  for (let seed = 1; seed <= 20; seed++) {
    const { stopped, rewritten } = await run(seed, over, 3, false)
    if (stopped && rewritten.length > 0) stops++
  }
  expect(stops).toBeGreaterThan(0)
})

test('nobody can notice who was not there: who dies with the server is followed by one who does again what was done', async () => {
  const invariants = new Set<string>()
  for (let seed = 1; seed <= 20; seed++) {
    const { end } = await run(seed, { ...LOSING, killsPerSecond: 3 }, 1)
    for (const { invariant } of end?.faults ?? []) invariants.add(invariant)
  }
  expect(Array.from(invariants)).toContain('slots without gaps')
})
