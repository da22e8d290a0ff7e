/**
 * The fleet that simulations are tried on: two roles that between them use whatever a fleet can do, a policy with a constraint of
 * every kind and candidates for its place, tools that remember keys, and what must hold of it besides what holds of every fleet.
 */
import type { Json } from '#dsl/judge/step.ts'
import type { World } from '#runtime/fleet/definition.ts'
import type { Faults } from './faults.ts'
import type { Person } from './people.ts'
import { type Random, randomOf } from './random.ts'
import { type Simulated, simulate, type Told } from './simulate.ts'
import { AGENTS } from './trial-agents.fixture.ts'
import { lawsOf } from './trial-laws.fixture.ts'
import { ALONE, WITH_LEDGER } from './trial-policy.fixture.ts'

const START = Date.UTC(2026, 0, 1)
const FOR_MS = 120_000
/** Longer than an answer is waited for: messages come before, while and after something was lost. */
const BURST_MS = 3_000
const MESSAGES = 120
/** Small, so that within two minutes conversations rest, snapshots are taken, the log is cut, and packs are taken in pieces. */
const KEEPING = {
  awakeMax: 3,
  snapshotAfterBytes: 20_000,
  snapshotPartBytes: 2_000,
  slotsKeptMs: 20_000,
  slotsKeptBytes: 60_000,
  inboxMax: 1,
}

function orders(random: Random): Told[] {
  const said = () => {
    const kind = random.int(16)
    if (kind === 0) return { message: 'peek', fields: {} }
    if (kind === 1) return { message: 'leak', fields: {} }
    if (kind === 2) return { message: 'gossip', fields: {} }
    if (kind === 3) return { message: 'heavy', fields: {} }
    if (kind === 4 || kind === 5) {
      const text = random.chance(0.5) ? 'What is this, damned?' : `What is ${random.int(100)}?`
      return { message: 'question', fields: { text } }
    }
    const note = random.chance(0.1) ? 'now!' : 'please'
    return { message: 'order', fields: { amount: 1 + random.int(100), note } }
  }
  const bursts = Array.from({ length: 5 }, () => random.int(FOR_MS))
  return Array.from({ length: MESSAGES }, () => ({
    // Many come at once: records with several turns, one right after the other.
    atMs: random.chance(0.4) ? random.pick(bursts) + random.int(BURST_MS) : random.int(FOR_MS),
    conversation: `c${random.int(8)}`,
    from: 'customer',
    ...spokenTo(said()),
  })).toSorted((one, other) => one.atMs - other.atMs)
}

function spokenTo<Said extends Pick<Told, 'message'>>(said: Said): Said & Pick<Told, 'to'> {
  const adviser = said.message === 'question' || said.message === 'heavy'
  return { ...said, to: adviser ? 'adviser' : 'clerk' }
}

/** Now and then somebody says no, or says it twice. */
const operations: Person = ({ who }, random) =>
  who === 'operations' ? { by: random.pick(['ada', 'ben', 'cem']), grant: random.chance(0.8) } : undefined

/** What customers say in the trial of this seed. */
export function toldIn(seed: number): readonly Told[] {
  return orders(randomOf(seed).fork('orders'))
}

export async function trial(seed: number, faults: Faults, told = toldIn(seed)): Promise<Simulated> {
  const paid = new Map<string, Json>()
  const whispers = randomOf(seed).fork('whispers')
  const digits = () => String(whispers.int(10_000)).padStart(4, '0')
  const world: World = {
    tools: {
      pay: (args, { key }) => {
        if (!paid.has(key)) paid.set(key, args['amount']!)
        return { kind: 'ok', value: null }
      },
      look: (args) => ({ kind: 'ok', value: args }),
      whisper: () => ({ kind: 'ok', value: `the code is S-${digits()}-${digits()}` }),
      post: () => ({ kind: 'ok', value: null }),
      lift: () => ({ kind: 'ok', value: null }),
    },
    sources: {
      model: (input) => ({ kind: 'ok', value: { text: `as to ${JSON.stringify(input)}: yes` } }),
    },
    detectors: {
      anger: ({ text }) => {
        const score = String(text).includes('damned') ? 0.9 : 0.1
        return { kind: 'found', value: { score, model: 'words' } }
      },
    },
    outside: { customer: () => {} },
  }
  const { judge, policy, candidates, strict } = seed % 2 === 0 ? WITH_LEDGER : ALONE
  return simulate({
    definition: { name: 'trial', agents: AGENTS, escalateTo: 'boss', partitions: 3, keeping: KEEPING },
    judge,
    policy,
    candidates,
    daemons: 1 + (seed % 3),
    operated: true,
    person: operations,
    seed,
    faults,
    startsAt: START,
    forMs: FOR_MS,
    world,
    told,
    onRecord: lawsOf(told, strict),
  })
}
