/** Who may bring a fleet under another policy: asked of a real fleet through its control. */
import { expect, test } from 'vitest'
import { deployed, rolledBack } from '#runtime/deploy/next.ts'
import type { Rollout } from '#runtime/deploy/rollout.ts'
import { generateKeys, signBundle } from '#runtime/deploy/signature.ts'
import type { FleetDefinition } from '#runtime/fleet/definition.ts'
import { agents, till, VOCABULARY } from '#runtime/fleet/desk.fixture.ts'
import { bundleOf, startFleet } from '#runtime/fleet/fleet.fixture.ts'
import { Tally } from '#runtime/telemetry/tally.ts'
import type { Answer, Ask } from './asks.ts'
import { Control } from './control.ts'
import { Events } from './events.ts'
import { newestOf, Steward } from './steward.ts'

const SMALL = `${VOCABULARY} rule "Small" { when clerk calls pay and amount > 10 USD then deny }`
const ada = generateKeys()
const PARTITIONS = 2

async function controlled(development: boolean) {
  const under = await startFleet({ policy: VOCABULARY, agents, world: { tools: { pay: till().pay } } })
  const definition: FleetDefinition = {
    name: 'test',
    policy: '',
    agents,
    world: () => ({ tools: {} }),
    trust: { ada: ada.publicKey },
  }
  const control = new Control({
    definition,
    daemon: { id: 'd1', version: '0', pid: 1 },
    log: 'memory',
    partitions: PARTITIONS,
    clock: under.clock,
    memory: under.memory,
    tally: new Tally(),
    events: new Events(() => under.clock.now()),
    onDrain: () => {},
    development,
  })
  control.open(under.fleet, under.judge.hash)
  const ask = async (question: Ask): Promise<Answer> => {
    const answered = control.answer(question, 'ada')
    await under.settle()
    return (await answered).answer
  }
  return { under, control, ask, hash: under.judge.hash }
}

const making = { id: 'a', by: 'ada', at: 0 }
const bundle = bundleOf(SMALL)
const signed = signBundle(bundle, 'ada', ada.privateKey)!

function toEnforce(hash: string): Rollout {
  return deployed({ hash, rollout: undefined }, bundle.hash, [], { warmUp: 'none' }, making)
}

test.each([
  { what: 'a signed policy', development: false, of: signed, unsigned: false, kind: 'switched' },
  { what: 'an unsigned one', development: true, of: bundle, unsigned: false, kind: 'refused' },
  {
    what: 'an unsigned one that is meant to be',
    development: true,
    of: bundle,
    unsigned: true,
    kind: 'switched',
  },
  { what: 'an unsigned one in production', development: false, of: bundle, unsigned: true, kind: 'refused' },
  {
    what: 'one changed after signing',
    development: false,
    of: { ...signed, text: `${signed.text} ` },
    unsigned: false,
    kind: 'refused',
  },
])('$what: $kind (in development: $development)', async ({ development, of, unsigned, kind }) => {
  const { under, ask, hash } = await controlled(development)
  const answer = await ask({ kind: 'switch', rollout: toEnforce(hash), bundles: [of], unsigned })
  expect(answer.kind).toBe(kind)
  const standing = kind === 'switched' ? bundle.hash : hash
  expect(under.fleet.owned.map((partition) => under.fleet.standing(partition))).toEqual([standing, standing])
})

test('what a fleet knows needs no signature: it can always go back', async () => {
  const { under, ask, hash } = await controlled(false)
  await ask({ kind: 'switch', rollout: toEnforce(hash), bundles: [signed], unsigned: false })
  const back = rolledBack(toEnforce(hash), 'by hand', 'none', making)!
  expect(await ask({ kind: 'switch', rollout: back, bundles: [], unsigned: false })).toMatchObject({
    kind: 'switched',
  })
  expect(under.fleet.standing(0)).toBe(hash)
})

test('a steward goes on to the next stage in time, and takes back what denies too much', async () => {
  const { under, control, ask, hash } = await controlled(true)
  const steward = new Steward({
    own: () => control.policies(),
    texts: (hashes) => control.texts(hashes),
    ask: async (question) => [await ask(question)],
    making: () => ({ id: 'steward', by: 'parapet', at: under.clock.now() }),
    development: true,
    clock: under.clock,
  })
  const stages = [
    { stage: 'shadow', share: 0, forMs: 1_000 },
    { stage: 'canary', share: 10_000, forMs: 1_000_000 },
    { stage: 'enforce', share: 0 },
  ] as const
  const given = { bound: { deniedMost: 0.1 }, warmUp: 'none' } as const
  const now = { hash, rollout: undefined }
  const rollout = deployed(now, bundle.hash, stages, given, { ...making, at: under.clock.now() })
  await ask({ kind: 'switch', rollout, bundles: [bundle], unsigned: true })
  const newest = () => newestOf([control.policies()!])
  expect(await steward.look()).toBe(true)
  expect(newest()?.number).toBe(1)
  await under.pass(1_000)
  await steward.look()
  expect(newest()).toMatchObject({ number: 2, candidate: { stage: 'canary' } })
  for (let i = 0; i < 20; i++) await under.tell(`k${i}`, 'clerk', 'order', { amount: 20 })
  await steward.look()
  expect(newest()).toMatchObject({ number: 3, by: 'parapet', standing: hash })
  expect(newest()?.candidate).toBeUndefined()
  expect(await steward.look()).toBe(false)
})
