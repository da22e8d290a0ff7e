import { expect, test } from 'vitest'
import { setup } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import type { Detector } from './definition.ts'
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

interface Desk {
  readonly under: FleetUnderTest
  readonly sent: readonly JsonObject[]
  readonly looked: readonly string[]
}

async function desk(gloom?: Detector): Promise<Desk> {
  const sent: JsonObject[] = []
  const looked: string[] = []
  const scoring =
    (name: string, word: string): Detector =>
    ({ text }) => {
      looked.push(name)
      return { kind: 'found', value: { score: String(text).includes(word) ? 0.9 : 0.1, model: 'words' } }
    }
  const under = await startFleet({
    policy: POLICY,
    agents: { reader: { machine: reader } },
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

test('a detector that never answers is late, and its rule denies', async () => {
  const { under, sent } = await desk(() => new Promise(() => {}))
  await under.fleet.inlet.tell({
    source: 'client',
    seq: 1,
    conversation: 'c1',
    to: 'reader',
    from: 'customer',
    message: 'write',
    fields: { text: 'The garden is open.' },
  })
  while (!outcomes(under).includes('gathering')) await new Promise(setImmediate)
  await under.pass(300)
  expect(sent).toEqual([])
  const denied = under.turns('c1/reader').find((turn) => turn.outcome === 'denied')
  expect(JSON.stringify(denied?.judged)).toContain('no answer within 200 ms')
})
