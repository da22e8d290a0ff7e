import { describe, expect, test } from 'vitest'
import { deployed, rolledBack } from '#runtime/deploy/next.ts'
import type { Rollout, Stage, WarmUp } from '#runtime/deploy/rollout.ts'
import { memoryBroker } from '#runtime/log/memory.ts'
import { agents, till, VOCABULARY } from './desk.fixture.ts'
import { bundleOf, type FleetUnderTest, startFleet } from './fleet.fixture.ts'

const PAYS = 'consistency "Pays" { clerk calls pay at most 2 times per conversation }'
const OLD = `${VOCABULARY} ${PAYS}`
/** The same count of payments, and a limit of its own on their sum. */
const SUM = 'consistency "Sum" { total amount of (clerk calls pay) at most 50 USD }'
const NEW = `${OLD} ${SUM}`
const SMALL = `${OLD} rule "Small" { when clerk calls pay and amount > 10 USD then deny }`

const ENFORCE: Stage[] = [{ stage: 'enforce', share: 0 }]
const SHADOW: Stage[] = [{ stage: 'shadow', share: 0 }]

const making = { id: 'a', by: 'ada', at: 0 }

function desk(more: Partial<Parameters<typeof startFleet>[0]> = {}) {
  return startFleet({
    policy: OLD,
    agents,
    world: { tools: { pay: till().pay } },
    escalateTo: 'boss',
    ...more,
  })
}

function standingOf({ fleet, judge }: FleetUnderTest) {
  const rollout = fleet.owned
    .map((partition) => fleet.stateOf(partition).rollout)
    .reduce((best, each) => ((each?.number ?? 0) > (best?.number ?? 0) ? each : best), undefined)
  return { hash: rollout?.standing ?? judge.hash, rollout }
}

async function deploy(
  under: FleetUnderTest,
  policy: string,
  stages = ENFORCE,
  warmUp: WarmUp = 'none',
): Promise<Rollout> {
  const bundle = bundleOf(policy)
  const rollout = deployed(standingOf(under), bundle.hash, stages, { warmUp }, making)
  const done = under.fleet.switchTo(rollout, [bundle])
  await under.settle()
  expect((await done).kind).toBe('switched')
  return rollout
}

async function rollback(under: FleetUnderTest): Promise<void> {
  const { rollout } = standingOf(under)
  const back =
    rollout && rolledBack(rollout, 'by hand', 'none', { id: 'b', by: 'ada', at: under.clock.now() })
  const done = under.fleet.switchTo(back!, [])
  await under.settle()
  expect((await done).kind).toBe('switched')
}

const order = (under: FleetUnderTest, conversation: string, amount: number) =>
  under.tell(conversation, 'clerk', 'order', { amount })

/** Outcomes of the orders of a conversation. */
function outcomes(under: FleetUnderTest, conversation: string) {
  return under
    .turns(`${conversation}/clerk`)
    .filter(({ input }) => input.kind === 'message')
    .map(({ outcome }) => outcome)
}

describe('a policy that is deployed', () => {
  test('judges every partition from a record of its own on, and a rollback brings the old one back', async () => {
    const under = await desk()
    await order(under, 'c1', 20)
    await deploy(under, SMALL)
    expect(under.records.filter((record) => record.switch).map(({ turns }) => turns)).toEqual([[], []])
    await order(under, 'c1', 20)
    await rollback(under)
    await order(under, 'c2', 20)
    expect(outcomes(under, 'c1')).toEqual(['passed', 'denied'])
    expect(outcomes(under, 'c2')).toEqual(['passed'])
  })

  test('is what a partition recovers to, from its log alone', async () => {
    const broker = memoryBroker()
    const first = await desk({ broker })
    await deploy(first, SMALL)
    await first.fleet.stop()
    const again = await desk({ broker, writer: 'w2' })
    await order(again, 'c1', 20)
    expect(outcomes(again, 'c1')).toEqual(['denied'])
  })

  test('is what it recovers to when the record that switched is forgotten behind a snapshot', async () => {
    const broker = memoryBroker()
    const keeping = { awakeMax: 2, snapshotAfterBytes: 500, snapshotPartBytes: 2_000 }
    const first = await desk({ broker, keeping, partitions: 1 })
    await deploy(first, SMALL, [{ stage: 'canary', share: 10_000 }])
    for (let i = 0; i < 40; i++) await order(first, `k${i}`, 5)
    await order(first, 'k1', 20)
    const { rollout, trial } = first.fleet.stateOf(0)
    await first.fleet.stop()
    const again = await desk({ broker, keeping, partitions: 1, writer: 'w2' })
    expect(again.records.some((record) => record.switch)).toBe(false)
    expect(again.fleet.stateOf(0)).toMatchObject({ rollout, trial: { ...trial } })
    await order(again, 'new', 20)
    expect(outcomes(again, 'new')).toEqual(['denied'])
    expect(outcomes(first, 'k1')).toEqual(['passed', 'denied'])
  })

  test('is refused when a text does not mean what its bundle says, and nothing changes', async () => {
    const under = await desk()
    const bundle = { ...bundleOf(SMALL), text: bundleOf(NEW).text }
    const rollout = deployed(standingOf(under), bundle.hash, ENFORCE, { warmUp: 'none' }, making)
    expect(await under.fleet.switchTo(rollout, [bundle])).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('its text means'),
    })
    await order(under, 'c1', 20)
    expect(outcomes(under, 'c1')).toEqual(['passed'])
    expect(under.records.some((record) => record.switch)).toBe(false)
  })

  test('is refused when it cannot judge this fleet, whatever it means', async () => {
    const under = await desk({ whyNotFitting: () => 'it knows no boss' })
    const bundle = bundleOf(SMALL)
    const rollout = deployed(standingOf(under), bundle.hash, ENFORCE, { warmUp: 'none' }, making)
    expect(await under.fleet.switchTo(rollout, [bundle])).toEqual({
      kind: 'refused',
      message: 'it knows no boss',
    })
    expect(under.fleet.text(bundle.hash)).toBeUndefined()
  })

  test('an earlier rollout that is told again has no effect', async () => {
    const under = await desk()
    const first = await deploy(under, SMALL)
    await rollback(under)
    const told = under.fleet.switchTo(first, [])
    await under.settle()
    expect(await told).toMatchObject({ partitions: [{ how: 'passed' }, { how: 'passed' }] })
  })
})

describe('monitors of open conversations', () => {
  test('go on where both policies mean the same, and begin with nothing where the new one adds a check', async () => {
    const under = await desk()
    await order(under, 'c1', 40)
    await deploy(under, NEW)
    await order(under, 'c1', 40)
    await order(under, 'c1', 1)
    expect(outcomes(under, 'c1')).toEqual(['passed', 'passed', 'denied'])
    const stopped = under.turns('c1/clerk').flatMap(({ judged }) => judged ?? [])
    expect(stopped.flatMap(({ verdict }) => verdict.reasons.map(({ check }) => check))).toContain('Pays')
  })
})

describe('warming up', () => {
  test('folds what open conversations did through the new monitors, from the log, before they judge', async () => {
    const under = await desk()
    await order(under, 'c1', 40)
    await deploy(under, NEW, ENFORCE, 'replay')
    await order(under, 'c1', 40)
    expect(outcomes(under, 'c1')).toEqual(['passed', 'denied'])
    const reasons = under.turns('c1/clerk').flatMap(({ judged }) => judged ?? [])
    expect(reasons.flatMap(({ verdict }) => verdict.reasons.map(({ check }) => check))).toEqual(['Sum'])
  })

  test('stands in the log: another owner goes on with it', async () => {
    const broker = memoryBroker()
    const first = await desk({ broker })
    await order(first, 'c1', 40)
    await deploy(first, NEW, ENFORCE, 'replay')
    await first.fleet.stop()
    const again = await desk({ broker, writer: 'w2' })
    await again.fleet.inlet.tell({
      source: 'client',
      seq: 2,
      conversation: 'c1',
      to: 'clerk',
      from: 'customer',
      message: 'order',
      fields: { amount: 40 },
    })
    await again.settle()
    expect(outcomes(again, 'c1').at(-1)).toBe('denied')
  })
})

describe('what is owed', () => {
  const ANSWER = 'clerk receives order is followed by clerk answers customer within 10 minutes'
  const DUTY = `consistency "Answered" { ${ANSWER}, otherwise alert boss }`
  const heard = (under: FleetUnderTest) =>
    under.turns('c1/boss').flatMap(({ input }) => (input.kind === 'message' ? [input.message] : []))

  test('survives where the new policy asks for it too', async () => {
    const under = await desk({ policy: `${OLD} ${DUTY}` })
    await order(under, 'c1', 20)
    await deploy(under, `${SMALL} ${DUTY}`)
    await under.pass(11 * 60_000)
    expect(heard(under)).toEqual(['parapet.overdue'])
  })

  test('is told to the supervisor where it does not', async () => {
    const under = await desk({ policy: `${OLD} ${DUTY}` })
    await order(under, 'c1', 20)
    await deploy(under, SMALL)
    await order(under, 'c1', 5)
    await under.pass(11 * 60_000)
    expect(heard(under)).toEqual(['parapet.released'])
  })

  test('is owed no more to a policy that was taken back before the conversation heard of it', async () => {
    const under = await desk()
    await deploy(under, `${OLD} ${DUTY}`, SHADOW)
    await order(under, 'c1', 20)
    await deploy(under, `${OLD} ${DUTY}`, ENFORCE, 'replay')
    await rollback(under)
    await deploy(under, `${OLD} ${DUTY}`, SHADOW, 'replay')
    await under.pass(11 * 60_000)
    expect(heard(under)).toEqual([])
  })

  test('is not owed to a policy that only judges beside', async () => {
    const under = await desk()
    await deploy(under, `${OLD} ${DUTY}`, SHADOW)
    await order(under, 'c1', 20)
    await under.pass(11 * 60_000)
    expect(heard(under)).toEqual([])
  })
})

describe('a candidate in the shadow', () => {
  test('stops nothing, and where it would have is counted with examples in the record', async () => {
    const under = await desk()
    await deploy(under, SMALL, SHADOW)
    await order(under, 'c1', 20)
    await order(under, 'c1', 5)
    expect(outcomes(under, 'c1')).toEqual(['passed', 'passed'])
    const beside = under.turns('c1/clerk').flatMap((turn) => turn.beside ?? [])
    expect(beside).toMatchObject([
      { changed: 1, examples: [{ was: 'allow', now: 'deny', because: [expect.stringMatching(/^Small/)] }] },
    ])
    const trials = under.fleet.owned.map((partition) => under.fleet.stateOf(partition).trial)
    expect(trials.reduce((sum, { changed }) => sum + changed, 0)).toBe(1)
  })

  test('says of how many steps it cannot tell, as it asks no detector itself', async () => {
    const meaning = `${OLD} detector gloom over text { within 200 milliseconds, threshold 0.7 }
      rule "Gloomy" { when boss receives note and gloom in text then deny }`
    const under = await desk({
      world: { detectors: { gloom: () => ({ kind: 'found', value: { score: 0.9, model: 'words' } }) } },
    })
    await deploy(under, meaning, SHADOW)
    await under.tell('c1', 'boss', 'note', { text: 'all is lost' })
    const trials = under.fleet.owned.map((partition) => under.fleet.stateOf(partition).trial)
    expect(trials.reduce((sum, { unknown }) => sum + unknown, 0)).toBeGreaterThan(0)
    expect(trials.reduce((sum, { changed }) => sum + changed, 0)).toBe(0)
  })

  test.each([
    ['the ledger that both ask has answered', ''],
    [
      'nobody asks its detector',
      `detector gloom over text { within 200 milliseconds, threshold 0.7 }
       rule "Gloomy" { when clerk calls pay and gloom in agent then deny }`,
    ],
  ])('knows what it would have asked of a step under a limit of the whole fleet: %s', async (_, more) => {
    const capped = `${OLD} consistency "Day" { across the fleet  total amount of pay at most 1_000 USD in any 1 day }`
    const asking = `${capped} ${more} rule "Boss" { when clerk calls pay and amount > 10 USD then ask boss within 1 hour, otherwise deny }`
    const under = await desk({ policy: capped })
    await deploy(under, asking, SHADOW)
    await order(under, 'c1', 20)
    const beside = under.turns('c1/clerk').flatMap((turn) => turn.beside ?? [])
    expect(beside).toMatchObject([{ changed: 1, examples: [{ was: 'allow', now: 'ask' }] }])
  })

  test('has its history when it gets the say', async () => {
    const under = await desk()
    await deploy(under, NEW, SHADOW)
    await order(under, 'c1', 40)
    await deploy(under, NEW)
    await order(under, 'c1', 40)
    expect(outcomes(under, 'c1')).toEqual(['passed', 'denied'])
  })
})

test('a policy that has lost the say to a canary has its history when it gets it back', async () => {
  const under = await desk({ policy: NEW })
  await deploy(under, OLD, [{ stage: 'canary', share: 10_000 }])
  await order(under, 'c1', 40)
  await rollback(under)
  await order(under, 'c1', 40)
  expect(outcomes(under, 'c1')).toEqual(['passed', 'denied'])
})

test('a candidate that was taken back and comes again begins with nothing', async () => {
  const under = await desk()
  await deploy(under, NEW, SHADOW)
  await order(under, 'c1', 40)
  await rollback(under)
  await order(under, 'c1', 5)
  expect(Array.from(under.fleet.owned, (p) => under.fleet.stateOf(p).known('c1')?.beside)).toEqual([
    undefined,
    undefined,
  ])
  await deploy(under, `${VOCABULARY} ${SUM}`)
  await order(under, 'c1', 40)
  expect(outcomes(under, 'c1')).toEqual(['passed', 'passed', 'passed'])
})

describe('a canary', () => {
  const HALF: Stage[] = [{ stage: 'canary', share: 5_000 }]
  const NAMES = Array.from({ length: 20 }, (_, i) => `k${i}`)

  test('judges its share of the conversations that begin, and none changes its policy midway', async () => {
    const under = await desk()
    for (const name of NAMES.slice(0, 10)) await order(under, name, 5)
    await deploy(under, SMALL, HALF)
    for (const name of NAMES) await order(under, name, 5)
    for (const name of NAMES) await order(under, name, 20)
    const tried = NAMES.filter((name) =>
      under.turns(`${name}/clerk`).some(({ policy }) => policy === bundleOf(SMALL).hash),
    )
    expect(tried.length).toBeGreaterThan(0)
    expect(tried.every((name) => !NAMES.slice(0, 10).includes(name))).toBe(true)
    for (const name of tried)
      expect(new Set(under.turns(`${name}/clerk`).map(({ policy }) => policy)).size).toBe(1)
  })
})
