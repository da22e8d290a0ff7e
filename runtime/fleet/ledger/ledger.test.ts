import { describe, expect, test } from 'vitest'
import { assign, setup } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { checkHistory } from '../check-history.ts'
import type { Outcome } from '../definition.ts'
import { actions, stateOf } from '../desk.fixture.ts'
import { type FleetUnderTest, startFleet } from '../fleet.fixture.ts'
import { replayed } from '../replay.fixture.ts'

const VOCABULARY = `
tool pay(customer: text, amount: money in USD) { external, idempotent }
tool approve(customer: text) { external, idempotent }
message order { customer: text, amount: money in USD, times: whole number }
message check { customer: text }
agent clerk { may receive order, check from customer  may call pay, approve  may answer customer }
`
const CAP = `consistency "Cap" { across the fleet, for each customer  total amount of pay at most 100 USD in any 24 hours }`

interface Event {
  readonly type: string
  readonly [key: string]: Json
}

const pay = ({ event }: { event: Event }) => ({
  tool: 'pay',
  args: { customer: event['customer'], amount: event['amount'] },
})

/** Pays once, twice or thrice in one transition, as it is told. */
const clerk = setup({
  types: {} as { context: { log: string[] }; events: Event },
  actions,
  guards: { twice: ({ event }) => event['times'] === 2 },
}).createMachine({
  id: 'clerk',
  context: { log: [] },
  on: {
    order: [
      {
        guard: 'twice',
        actions: [
          { type: 'call', params: pay },
          { type: 'call', params: pay },
        ],
      },
      { actions: { type: 'call', params: pay } },
    ],
    check: {
      actions: {
        type: 'call',
        params: ({ event }) => ({ tool: 'approve', args: { customer: event['customer'] } }),
      },
    },
    'parapet.result': { actions: assign({ log: ({ context }) => [...context.log, 'done'] }) },
    'parapet.failed': { actions: assign({ log: ({ context }) => [...context.log, 'failed'] }) },
    'parapet.denied': {
      actions: assign({ log: ({ context, event }) => [...context.log, `denied ${String(event['what'])}`] }),
    },
  },
})

type Pay = (args: JsonObject) => Promise<Outcome> | Outcome

async function desk(
  policy: string,
  payWith: Pay = () => ({ kind: 'ok', value: null }),
  vocabulary = VOCABULARY,
) {
  const paid: JsonObject[] = []
  const under = await startFleet({
    policy: `${vocabulary}${policy}`,
    agents: { clerk: { machine: clerk } },
    partitions: 3,
    world: {
      tools: {
        pay: (args) => {
          paid.push(args)
          return payWith(args)
        },
        approve: () => ({ kind: 'ok', value: null }),
      },
    },
  })
  const order = (conversation: string, amount: number, times = 1, customer = 'ada') =>
    under.tell(conversation, 'clerk', 'order', { customer, amount, times })
  return { under, paid, order }
}

const logOf = (under: FleetUnderTest, conversation: string) => stateOf(under, `${conversation}/clerk`)['log']

describe('a limit across the fleet', () => {
  test('counts what all conversations do, for each key apart', async () => {
    const { under, paid, order } = await desk(CAP)
    await order('c1', 60)
    await order('c2', 60)
    await order('c3', 40)
    await order('c4', 1)
    await order('c5', 100, 1, 'ben')
    expect(paid.map((args) => args['amount'])).toEqual([60, 40, 100])
    expect(logOf(under, 'c2')).toEqual(['denied Cap'])
    expect(logOf(under, 'c4')).toEqual(['denied Cap'])
    expect(checkHistory(under.records)).toEqual([])
  })

  test('gives back what a call that failed had reserved, and nothing of what nobody knows the outcome of', async () => {
    let outcome: Outcome = { kind: 'failed', error: 'no funds' }
    const { under, order, paid } = await desk(CAP, () => outcome)
    await order('c1', 100)
    expect(logOf(under, 'c1')).toEqual(['failed'])
    outcome = { kind: 'failed', error: 'the line broke', cameAbout: 'unknown' }
    await order('c2', 100)
    expect(logOf(under, 'c2')).toEqual(['failed'])
    await order('c3', 1)
    expect(logOf(under, 'c3')).toEqual(['denied Cap'])
    expect(paid).toHaveLength(2)
  })

  test('settles by what was spent, where the tool says so, also for less, for more and after a failure', async () => {
    const settling = VOCABULARY.replace('idempotent }', 'idempotent, settles amount by spends }')
    let outcome: Outcome = { kind: 'ok', value: null, spent: { amount: 10, tokens: 7 } }
    const { under, order, paid } = await desk(CAP, () => outcome, settling)
    await order('c1', 100)
    outcome = { kind: 'failed', error: 'cut off', cameAbout: 'yes', spent: { amount: 30, tokens: 7 } }
    await order('c2', 90)
    // 40 have been spent. What does not say what it cost has cost what it reserved.
    outcome = { kind: 'ok', value: null }
    await order('c3', 50)
    await order('c4', 11)
    expect(logOf(under, 'c4')).toEqual(['denied Cap'])
    outcome = { kind: 'ok', value: null, spent: { amount: 25, tokens: 7 } }
    await order('c5', 10)
    await order('c6', 1)
    expect(logOf(under, 'c6')).toEqual(['denied Cap'])
    expect(paid.map((args) => args['amount'])).toEqual([100, 90, 50, 10])
    expect(checkHistory(under.records)).toEqual([])
  })

  test('takes two steps of one transition together: both or none', async () => {
    const { under, paid, order } = await desk(CAP)
    await order('c1', 60, 2)
    expect(logOf(under, 'c1')).toEqual(['denied Cap'])
    await order('c2', 100)
    expect(paid.map((args) => args['amount'])).toEqual([100])
  })

  test('lets in again what has left the window', async () => {
    const { paid, order, under } = await desk(CAP)
    await order('c1', 100)
    await under.pass(24 * 3_600_000 - 1)
    await order('c2', 1)
    await under.pass(1)
    await order('c3', 100)
    expect(paid.map((args) => args['amount'])).toEqual([100, 100])
  })

  test('in shadow is told, counts, and stops nothing', async () => {
    const { under, paid, order } = await desk(CAP.replace('hours }', 'hours  mode shadow }'))
    await order('c1', 100)
    await order('c2', 50)
    expect(paid).toHaveLength(2)
    const said = under
      .turns('c2/clerk')
      .flatMap((turn) => turn.judged ?? [])
      .flatMap(({ verdict }) => verdict.reasons)
    expect(said).toMatchObject([{ check: 'Cap', shadow: true }])
  })
})

test('a tool that failed in some conversations rests in all', async () => {
  const { under, paid, order } = await desk(
    `consistency "Rest" { across the fleet, for each tool  calls never within 10 minutes after failure of any tool 2 times in any 5 minutes }`,
    () => ({ kind: 'failed', error: 'no bank' }),
  )
  await order('c1', 1)
  await order('c2', 2)
  await order('c3', 3)
  expect(logOf(under, 'c3')).toEqual(['denied Rest'])
  await under.pass(600_001)
  await order('c3', 4)
  expect(paid.map((args) => args['amount'])).toEqual([1, 2, 4])
})

test('an operator sees what is counted and held, and says what became of what nobody knows', async () => {
  const { under, paid, order } = await desk(CAP, () => ({
    kind: 'failed',
    error: 'the line broke',
    cameAbout: 'unknown',
  }))
  await order('c1', 60)
  await under.pass(120_000)
  const [entry] = under.fleet.ledgers(under.clock.now())
  expect(entry).toMatchObject({
    check: 'Cap',
    counted: '60 USD of at most 100 USD',
    holds: [{ agent: 'c1/clerk', step: 'calls pay', overdue: true, unsure: 'the line broke' }],
  })
  under.fleet.resolve(entry!.ledger, entry!.holds[0]!.id, false, 'ada', 'the bank has nothing of it')
  await under.settle()
  expect(under.fleet.ledgers(under.clock.now())).toMatchObject([
    { counted: '0 USD of at most 100 USD', holds: [] },
  ])
  await order('c2', 100)
  expect(paid).toHaveLength(2)
})

test('whoever is told of trouble hears at once, and once, of a step whose outcome nobody knows', async () => {
  const heard: JsonObject[] = []
  const under = await startFleet({
    policy: `${VOCABULARY}${CAP}`,
    agents: { clerk: { machine: clerk } },
    partitions: 3,
    escalateTo: 'operations',
    world: {
      tools: { pay: () => ({ kind: 'failed', error: 'the line broke', cameAbout: 'unknown' }) },
      outside: { operations: (fields) => void heard.push(fields) },
    },
  })
  await under.tell('c1', 'clerk', 'order', { customer: 'zoe', amount: 60, times: 1 })
  await under.pass(120_000)
  const [entry] = under.fleet.ledgers(under.clock.now())
  expect(heard).toMatchObject([
    {
      type: 'parapet.overdue',
      agent: 'c1/clerk',
      ledger: entry!.ledger,
      hold: entry!.holds[0]!.id,
      why: 'the line broke',
    },
  ])
  expect(under.fleet.idle).toBe(true)
})

test('nobody but the runtime speaks to a ledger, or lives where it does', async () => {
  const { under, order } = await desk(CAP)
  await order('c1', 60)
  const [{ ledger } = { ledger: '' }] = under.fleet.ledgers(under.clock.now())
  const conversation = ledger.slice(0, ledger.lastIndexOf('/'))
  const before = under.fleet.ledgers(under.clock.now())
  await under.tell(conversation, 'clerk', 'order', { customer: 'ada', amount: 1, times: 1 })
  await under.tell(conversation, 'parapet.ledger', 'parapet.release', { hold: 'x' })
  expect(under.turns(`${conversation}/clerk`).map(({ outcome }) => outcome)).toEqual(['refused'])
  expect(under.fleet.ledgers(under.clock.now())).toEqual(before)
})

test('an entry is forgotten when its window is over', async () => {
  const { under, order } = await desk(CAP)
  await order('c1', 60)
  await under.pass(25 * 3_600_000)
  await under.pass(25 * 3_600_000)
  expect(under.fleet.ledgers(under.clock.now())).toEqual([])
})

test('what must have come earlier may have come in another conversation, once it has come about', async () => {
  const { under, paid, order } = await desk(
    `consistency "Approved" { across the fleet, for each customer, kept forever  pay needs an earlier approve by someone else }`,
  )
  await order('c1', 5)
  await under.tell('c2', 'clerk', 'check', { customer: 'ada' })
  await order('c2', 6)
  await order('c1', 7)
  expect(paid.map((args) => args['amount'])).toEqual([7])
})

test('what a conversation counts itself is settled too, and a replay finds the same', async () => {
  const settling = VOCABULARY.replace('idempotent }', 'idempotent, settles amount by spends }')
  const spent = { amount: 10, tokens: 7 }
  const LIMITS = `
consistency "All" { total amount of pay at most 100 USD }
consistency "Lately" { total amount of pay at most 100 USD in any 1 hour }
consistency "Own" { per agent  total amount of pay at most 100 USD per calendar day in "UTC" }
`
  let outcome: Outcome = { kind: 'ok', value: null, spent }
  const { under, order, paid } = await desk(LIMITS, () => outcome, settling)
  await order('c1', 90)
  await order('c1', 90)
  outcome = { kind: 'failed', error: 'the line broke', cameAbout: 'unknown', spent }
  await order('c1', 80)
  expect(logOf(under, 'c1')).toEqual(['done', 'done', 'failed'])
  await order('c1', 1)
  expect(paid.map((args) => args['amount'])).toEqual([90, 90, 80])
  expect(logOf(under, 'c1')).toMatchObject(['done', 'done', 'failed', 'denied All, Lately, Own'])
  expect(replayed(under.records, () => under.judge).differences).toEqual([])
})
