/** What looks cost, where a budget holds across the fleet: held before, settled after. */
import { expect, test } from 'vitest'
import { setup } from 'xstate'
import type { Json } from '#dsl/judge/step.ts'
import type { Detector } from './definition.ts'
import { actions } from './desk.fixture.ts'
import { type FleetUnderTest, startFleet } from './fleet.fixture.ts'
import { isInLedger } from './ledger/address.ts'
import { said } from './ledger/words.ts'
import { replayed } from './replay.fixture.ts'

const POLICY = `
detector gloom over text { cost 0.001 USD, within 5 seconds, threshold 0.7 }
tool send_mail(text: text) { external, idempotent }
message write { text: text }
agent reader { may receive write from customer  may call send_mail }
rule "No gloomy mail" { when reader calls send_mail and gloom in text then deny }
consistency "Looks" { across the fleet  total amount of (reader spends) at most 0.0025 USD in any 24 hours }
`

const reader = setup({
  types: {} as { events: { type: string; [key: string]: Json } },
  actions,
}).createMachine({
  on: {
    write: {
      actions: {
        type: 'call',
        params: ({ event }) => ({ tool: 'send_mail', args: { text: `Dear all, ${String(event['text'])}` } }),
      },
    },
    'parapet.result': {},
    'parapet.denied': {},
  },
})

interface Desk {
  readonly under: FleetUnderTest
  readonly sent: number[]
  readonly looked: string[]
  write(conversation: string, text?: string): Promise<void>
  /** Without waiting for what comes of it. */
  offer(conversation: string): Promise<void>
  /** How the turns of the conversation's reader ended. */
  outcomes(conversation: string): string[]
}

const calm =
  (amount?: number): Detector =>
  () => ({ kind: 'found', value: 0.1, ...(amount !== undefined && { spent: { amount, tokens: 7 } }) })

async function desk(gloom: Detector = calm(), policy = POLICY, before?: Desk): Promise<Desk> {
  const sent: number[] = []
  const looked: string[] = []
  const under = await startFleet({
    policy,
    agents: { reader: { machine: reader } },
    ...(before && { broker: before.under.broker, clock: before.under.clock, writer: 'w2' }),
    world: {
      tools: {
        send_mail: () => {
          sent.push(sent.length)
          return { kind: 'ok', value: null }
        },
      },
      detectors: {
        gloom: (input, context) => {
          looked.push(String(input['text']))
          return gloom(input, context)
        },
      },
    },
  })
  return {
    under,
    sent,
    looked,
    write: (conversation, text = 'hello') => under.tell(conversation, 'reader', 'write', { text }),
    offer: (conversation) =>
      under.fleet.inlet
        .tell({
          source: `client-${conversation}`,
          seq: 1,
          conversation,
          to: 'reader',
          from: 'customer',
          message: 'write',
          fields: { text: 'hello' },
        })
        .then(() => {}),
    outcomes: (conversation) => under.turns(`${conversation}/reader`).map(({ outcome }) => outcome),
  }
}

/** What the ledger was told, in order: what was asked for, what became of it. */
function told({ under }: Desk): string[] {
  return under.turns().flatMap(({ agent, input }) => {
    if (!isInLedger(agent) || input.kind !== 'message') return []
    const { claim, became } = said<{
      claim?: { ahead?: true; step: { fields: { amount: number } } }
      became?: { kind: string; actual?: { amount: number } }
    }>(input.fields)
    if (claim) return [`${claim.ahead ? 'hold' : 'count'} ${claim.step.fields.amount}`]
    return [`${became?.kind} ${became?.actual?.amount ?? ''}`.trimEnd()]
  })
}

function expectSound({ under }: Desk): void {
  expect(replayed(under.records, () => under.judge).differences).toEqual([])
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate)
}

test('a ledger holds what a look may cost before anybody looks, and where it refuses nobody does', async () => {
  const fleet = await desk()
  for (const conversation of ['c1', 'c2', 'c3']) await fleet.write(conversation)
  expect(fleet.looked).toHaveLength(2)
  expect(fleet.sent).toHaveLength(2)
  const denied = fleet.under.turns('c3/reader').find(({ outcome }) => outcome === 'denied')
  expect(JSON.stringify(denied?.judged)).toContain('the budget does not reach for a look: Looks')
  expect(told(fleet)).toEqual([
    'hold 0.001',
    'came about 0.001',
    'hold 0.001',
    'came about 0.001',
    'hold 0.001',
  ])
  expectSound(fleet)
})

test('looks under way in other conversations are counted, so that together they do not overdraw', async () => {
  const release = Promise.withResolvers<void>()
  const fleet = await desk(async (input, context) => {
    await release.promise
    return calm()(input, context)
  })
  for (const conversation of ['c1', 'c2', 'c3']) await fleet.offer(conversation)
  await until(() =>
    ['c1', 'c2', 'c3'].some((conversation) => fleet.outcomes(conversation).includes('denied')),
  )
  release.resolve()
  await fleet.under.settle()
  expect(fleet.looked).toHaveLength(2)
  expect(fleet.sent).toHaveLength(2)
  expectSound(fleet)
})

test('what a look did cost takes the place of what was held for it', async () => {
  const fleet = await desk(calm(0.0001))
  for (let i = 0; i < 10; i++) await fleet.write(`c${i}`)
  expect(fleet.sent).toHaveLength(10)
  expect(told(fleet).slice(0, 2)).toEqual(['hold 0.001', 'came about 0.0001'])
  const free = await desk(() => ({ kind: 'found', value: 0.1, spent: { amount: 0, tokens: 0 } }))
  await free.write('c1')
  expect(told(free)).toEqual(['hold 0.001', 'did not'])
  for (const each of [fleet, free]) expectSound(each)
})

test('one that cost more is counted as what it cost, and what the budget does not pay for is not known', async () => {
  const fleet = await desk(calm(0.0015))
  await fleet.write('c1')
  expect(fleet.sent).toHaveLength(1)
  await fleet.write('c2')
  expect(fleet.sent).toHaveLength(1)
  expect(told(fleet)).toEqual([
    'hold 0.001',
    'did not',
    'count 0.0015',
    'hold 0.001',
    'did not',
    'count 0.0015',
  ])
  const denied = fleet.under.turns('c2/reader').find(({ outcome }) => outcome === 'denied')
  expect(JSON.stringify(denied?.judged)).toContain('the budget does not pay for the look')
  expectSound(fleet)
})

test('two looks for one message are two, though they cost the same', async () => {
  const fleet = await desk(
    calm(),
    `${POLICY}rule "No gloomy wishes" { when reader receives write and gloom in text then deny }`,
  )
  await fleet.write('c1')
  expect(fleet.looked).toEqual(['hello', 'Dear all, hello'])
  expect(told(fleet)).toEqual(['hold 0.001', 'came about 0.001', 'hold 0.001', 'came about 0.001'])
  await fleet.write('c2', 'more')
  expect(fleet.looked).toHaveLength(2)
  expectSound(fleet)
})

test('a look that is late has cost what was declared, and is not made again', async () => {
  const fleet = await desk(() => new Promise(() => {}))
  await fleet.offer('c1')
  await until(() => fleet.looked.length === 1)
  await fleet.under.pass(5_000)
  expect(fleet.outcomes('c1')).toContain('denied')
  expect(told(fleet)).toEqual(['hold 0.001', 'came about 0.001'])
  expect(fleet.looked).toHaveLength(1)
  expectSound(fleet)
})

test('a look whose agent is stopped meanwhile has cost what was declared', async () => {
  const fleet = await desk(
    () => new Promise(() => {}),
    `${POLICY}
consistency "Prompt" { reader receives write is followed by send_mail within 1 second, otherwise quarantine }
consistency "One look" { total amount of (reader spends) at most 0.0015 USD }`,
  )
  await fleet.offer('c1')
  await until(() => fleet.looked.length === 1)
  await fleet.under.pass(1_000)
  expect(told(fleet)).toEqual(['hold 0.001', 'came about'])
  expectSound(fleet)
})

test('a look whose process died has cost what was declared, and is made again if there is money for it', async () => {
  const never: Detector = () => new Promise(() => {})
  const local = POLICY.replace('across the fleet  ', '').replace(' in any 24 hours', '')
  for (const policy of [POLICY, local]) {
    let fleet = await desk(never, policy)
    await fleet.offer('c1')
    for (const _ of [1, 2]) {
      await until(() => fleet.looked.length === 1)
      await fleet.under.fleet.stop()
      fleet = await desk(never, policy, fleet)
    }
    await until(() => fleet.outcomes('c1').includes('denied'))
    expect(fleet.looked).toEqual([])
    expectSound(fleet)
  }
})

test('where looks are free, and where no ledger counts them, nobody is asked', async () => {
  const free = await desk(calm(), POLICY.replace('cost 0.001 USD, ', ''))
  await free.write('c1')
  const local = await desk(calm(), POLICY.replace('across the fleet  ', '').replace(' in any 24 hours', ''))
  await local.write('c1')
  for (const fleet of [free, local]) {
    expect(fleet.sent).toHaveLength(1)
    expect(told(fleet)).toEqual([])
    expectSound(fleet)
  }
})
