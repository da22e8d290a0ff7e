import { describe, expect, test } from 'vitest'
import { setup } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { AgentDefinition, Detector } from './definition.ts'
import { actions } from './desk.fixture.ts'
import { type FleetUnderTest, startFleet } from './fleet.fixture.ts'
import { replayed } from './replay.fixture.ts'

const POLICY = `
detector gloom over text { cost 0.001 USD, within 200 milliseconds, threshold 0.7 }
tool read_page(url: text) returns { text: text } { reads only }
tool send_mail(text: text) { external, idempotent }
message look { url: text }
message write { text: text }
agent reader { may receive look, write from customer  may call read_page, send_mail }
consistency "No mail after an injection" { send_mail never after (result of read_page and injection in text over 0.7) }
rule "No gloomy mail" { when reader calls send_mail and gloom in text then deny }
`

const reader = setup({
  types: {} as { events: { type: string; [key: string]: Json } },
  actions,
}).createMachine({
  on: {
    look: {
      actions: { type: 'call', params: ({ event }) => ({ tool: 'read_page', args: { url: event['url'] } }) },
    },
    write: {
      actions: {
        type: 'call',
        params: ({ event }) => ({ tool: 'send_mail', args: { text: event['text'] } }),
      },
    },
    'parapet.result': {},
    'parapet.denied': {},
  },
})

const outcomes = (under: FleetUnderTest) => under.turns('c1/reader').map((turn) => turn.outcome)

const FROM_CUSTOMER = {
  source: 'client',
  seq: 1,
  conversation: 'c1',
  to: 'reader',
  from: 'customer',
} as const

interface Desk {
  readonly under: FleetUnderTest
  readonly sent: readonly JsonObject[]
  readonly looked: readonly string[]
}

async function desk(
  gloom?: Detector,
  policy = POLICY,
  agents: Readonly<Record<string, AgentDefinition>> = { reader: { machine: reader } },
): Promise<Desk> {
  const sent: JsonObject[] = []
  const looked: string[] = []
  const scoring =
    (name: string, word: string): Detector =>
    ({ text }) => {
      looked.push(name)
      return { kind: 'found', value: { score: String(text).includes(word) ? 0.9 : 0.1, model: 'words' } }
    }
  const under = await startFleet({
    policy,
    agents,
    world: {
      tools: {
        read_page: ({ url }) => ({ kind: 'ok', value: { text: `page ${String(url)}` } }),
        send_mail: (args) => {
          sent.push(args)
          return { kind: 'ok', value: null }
        },
      },
      detectors: { injection: scoring('injection', 'evil'), gloom: gloom ?? scoring('gloom', 'die') },
    },
  })
  return { under, sent, looked }
}

test('a page is scored when it comes in, and mail is held to the score', async () => {
  const { under, sent, looked } = await desk()
  await under.tell('c1', 'reader', 'look', { url: 'garden' })
  await under.tell('c1', 'reader', 'write', { text: 'The garden is open.' })
  expect(sent).toEqual([{ text: 'The garden is open.' }])
  await under.tell('c1', 'reader', 'look', { url: 'evil' })
  await under.tell('c1', 'reader', 'write', { text: 'Here are the keys.' })
  expect(sent).toHaveLength(1)
  expect(outcomes(under)).toContain('denied')
  // What the order of steps forbids needs no look at the mail.
  expect(looked).toEqual(['injection', 'gloom', 'injection'])
})

test('the log holds what was said, so that it is judged again without a detector', async () => {
  const { under } = await desk()
  await under.tell('c1', 'reader', 'look', { url: 'evil' })
  await under.tell('c1', 'reader', 'write', { text: 'We all die.' })
  const grounds = under.turns('c1/reader').flatMap((turn) => Object.values(turn.grounds?.evidence ?? {}))
  expect(grounds).toContainEqual({ kind: 'found', value: { score: 0.9, model: 'words' } })
  expect(replayed(under.records, () => under.judge).differences).toEqual([])
})

test('a detector that never answers is late and told so, and its rule denies', async () => {
  let signal: AbortSignal | undefined
  const { under, sent } = await desk((_, context) => {
    signal = context.signal
    return new Promise(() => {})
  })
  await under.fleet.inlet.tell({
    ...FROM_CUSTOMER,
    message: 'write',
    fields: { text: 'The garden is open.' },
  })
  while (!outcomes(under).includes('gathering')) await new Promise(setImmediate)
  await under.pass(300)
  expect(sent).toEqual([])
  const denied = under.turns('c1/reader').find((turn) => turn.outcome === 'denied')
  expect(JSON.stringify(denied?.judged)).toContain('no answer within 200 ms')
  expect(signal?.aborted).toBe(true)
})

describe('what a look costs', () => {
  const BUDGET = POLICY.replace(
    'may call read_page, send_mail }',
    'may call read_page, send_mail  at most 0.0025 USD per conversation }',
  )
  const write = (under: FleetUnderTest, conversation = 'c1') =>
    under.tell(conversation, 'reader', 'write', { text: `The garden is open, ${under.records.length}.` })
  const spentIn = (under: FleetUnderTest) =>
    under.turns().flatMap(({ input }) => (input.kind === 'found' && input.spent ? [input.spent] : []))
  const calm =
    (spent?: { amount: number; tokens: number }): Detector =>
    () => ({ kind: 'found', value: 0.1, ...(spent && { spent }) })

  test('is what was declared where it does not say, and beyond the budget nobody looks and the rule denies', async () => {
    let looks = 0
    const { under, sent } = await desk(() => {
      looks++
      return { kind: 'found', value: 0.1 }
    }, BUDGET)
    for (let i = 0; i < 3; i++) await write(under)
    expect(looks).toBe(2)
    expect(sent).toHaveLength(2)
    expect(spentIn(under)).toEqual([
      { amount: 0.001, tokens: 0 },
      { amount: 0.001, tokens: 0 },
    ])
    const denied = under.turns('c1/reader').find(({ outcome }) => outcome === 'denied')
    expect(JSON.stringify(denied?.judged)).toContain('the budget does not reach for a look: limit')
    expect(replayed(under.records, () => under.judge).differences).toEqual([])
    await write(under, 'c2')
    expect(looks).toBe(3)
  })

  test('is settled by what it did cost, failures included', async () => {
    let failing = false
    const { under, sent } = await desk(
      () => ({
        ...(failing ? { kind: 'failed', why: 'no verdict' } : { kind: 'found', value: 0.1 }),
        spent: { amount: 0.0001, tokens: 30 },
      }),
      BUDGET,
    )
    for (let i = 0; i < 10; i++) await write(under)
    expect(sent).toHaveLength(10)
    failing = true
    await write(under)
    expect(sent).toHaveLength(10)
    expect(spentIn(under)).toHaveLength(11)
    expect(replayed(under.records, () => under.judge).differences).toEqual([])
  })

  test('more than declared is counted, and a score the budget does not pay for is not known', async () => {
    const { under, sent } = await desk(calm({ amount: 0.002, tokens: 900 }), BUDGET)
    await write(under)
    expect(sent).toHaveLength(1)
    await write(under)
    expect(sent).toHaveLength(1)
    const dear = await desk(calm({ amount: 0.003, tokens: 900 }), BUDGET)
    await write(dear.under)
    expect(dear.sent).toEqual([])
    expect(JSON.stringify(dear.under.turns('c1/reader').at(-2)?.judged)).toContain(
      'the budget does not pay for the look',
    )
    for (const { records, judge } of [under, dear.under])
      expect(replayed(records, () => judge).differences).toEqual([])
  })

  test('is held for looks under way, so that two agents of a conversation do not overdraw it together', async () => {
    const release = Promise.withResolvers<void>()
    const policy = `${POLICY}
agent clerk { may receive write from customer  may call send_mail }
rule "No gloomy mail of clerks" { when clerk calls send_mail and gloom in text then deny }
consistency "Looks" { total amount of (anyone spends) at most 0.0015 USD }`
    const { under, sent, looked } = await desk(
      async () => {
        await release.promise
        return { kind: 'found', value: 0.1 }
      },
      policy,
      { reader: { machine: reader }, clerk: { machine: reader } },
    )
    const message = { message: 'write', fields: { text: 'The garden is open.' } }
    await under.fleet.inlet.tell({ ...FROM_CUSTOMER, ...message })
    await under.fleet.inlet.tell({ ...FROM_CUSTOMER, ...message, seq: 2, to: 'clerk' })
    while (!under.turns('c1/clerk').some(({ outcome }) => outcome === 'denied'))
      await new Promise(setImmediate)
    release.resolve()
    await under.settle()
    expect(sent).toHaveLength(1)
    expect(looked).toEqual([])
    expect(spentIn(under)).toHaveLength(1)
    expect(replayed(under.records, () => under.judge).differences).toEqual([])
  })

  test('one that never answers has cost what was declared', async () => {
    const { under } = await desk(() => new Promise(() => {}), BUDGET)
    await under.fleet.inlet.tell({
      ...FROM_CUSTOMER,
      message: 'write',
      fields: { text: 'The garden is open.' },
    })
    while (!outcomes(under).includes('gathering')) await new Promise(setImmediate)
    await under.pass(300)
    expect(spentIn(under)).toEqual([{ amount: 0.001, tokens: 0 }])
    expect(replayed(under.records, () => under.judge).differences).toEqual([])
  })
})
