/** What shared memory gives is judged row by row, and what is written into it keeps its labels. */
import { expect, test } from 'vitest'
import { assign, setup } from 'xstate'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { aRow } from '#runtime/memory/contract.ts'
import { actions, stateOf } from './desk.fixture.ts'
import { type FleetSetup, startFleet } from './fleet.fixture.ts'

const librarian = setup({
  types: {} as { context: { rows: Json; withheld: Json }; events: { type: string; [key: string]: Json } },
  actions: { ...actions, recall: (_: unknown, _p: object) => {} },
}).createMachine({
  id: 'librarian',
  context: { rows: [], withheld: 0 },
  on: {
    learn: { actions: { type: 'call', params: { tool: 'look', args: {} } } },
    'parapet.result': {
      actions: {
        type: 'remember',
        params: ({ event }) => ({
          what: 'note',
          fields: { text: `they say: ${String((event['value'] as JsonObject)['text'])}` },
        }),
      },
    },
    question: {
      actions: {
        type: 'recall',
        params: ({ event: { text, limit } }) => ({
          what: 'note',
          fields: { text, ...(limit !== undefined && { limit }) },
        }),
      },
    },
    'parapet.recalled': {
      actions: assign({
        rows: ({ event }) => event['rows'] ?? null,
        withheld: ({ event }) => event['withheld'] ?? 0,
      }),
    },
    'parapet.denied': {},
    reply: {
      actions: {
        type: 'answer',
        params: ({ event }) => ({ to: 'customer', fields: { text: event['text'] } }),
      },
    },
  },
})

const start = (rules: string, setup: Partial<FleetSetup> = {}) =>
  startFleet({
    policy: `
tool look() returns Page { reads only }
schema Page { text: text }
message learn { }
message question { text: text, limit: whole number, optional }
message reply { text: text }
agent librarian {
  may receive learn, question, reply from customer  may call look
  may recall  may remember note  may answer customer
}
${rules}`,
    agents: { librarian: { machine: librarian } },
    ...setup,
    world: {
      tools: { look: () => ({ kind: 'ok', value: { text: 'the code of the vault is 48213377' } }) },
      outside: { customer: () => {} },
      ...setup.world,
    },
  })

test('a row that the policy denies is withheld, one that it repairs is given repaired, the others as they are', async () => {
  const under = await start(`
rule "No hearsay" { when anyone recalled note and standing is "derived" then deny }
rule "No addresses" { when anyone recalled note and text contains email_address then redact email_address }`)
  await under.memory.write([
    aRow('plain', { text: 'gate seven', fields: { gate: 7 } }),
    aRow('rumour', { text: 'gate nine', standing: 'derived' }),
    aRow('address', { text: 'gate of ann@example.org' }),
  ])
  await under.tell('c1', 'librarian', 'question', { text: 'gate' })
  const { rows, withheld } = stateOf(under, 'c1/librarian')
  expect(withheld).toBe(1)
  expect(rows).toMatchObject([
    { id: 'plain', text: 'gate seven', fields: { gate: 7 } },
    { id: 'address', text: 'gate of [redacted]' },
  ])
})

test('an answer is grounded in the rows that were recalled in its conversation, by their own words', async () => {
  const asked: Json[] = []
  const under = await start(
    `
rule "Grounded" {
  when librarian answers and text is not grounded in passages over 0.5
  where passages is the texts of the last 20 (librarian recalled note)
  then deny
}`,
    {
      world: {
        detectors: {
          grounding: ({ to }) => {
            asked.push(to ?? null)
            return { kind: 'found', value: 0.9 }
          },
        },
      },
    },
  )
  await under.memory.write([aRow('a', { text: 'The gate opens at nine.', fields: { desk: 'north' } })])
  await under.tell('c1', 'librarian', 'reply', { text: 'At nine.' })
  await under.tell('c1', 'librarian', 'question', { text: 'gate' })
  await under.tell('c1', 'librarian', 'reply', { text: 'At nine.' })
  expect(asked).toEqual([['north\nThe gate opens at nine.']])
  expect(under.turns('c1/librarian').map(({ outcome }) => outcome)).toContain('denied')
})

const PRIVATE = `
flow "Secrets stay inside" {
  label secret on results of look
  secret never reaches answers
}`

test('a labelled value keeps its label through shared memory into another conversation', async () => {
  const under = await start(PRIVATE)
  await under.tell('c1', 'librarian', 'learn')
  const found = await under.memory.search({ text: 'vault', limit: 1 })
  expect(found).toMatchObject({
    hits: [{ row: { labels: ['secret'], text: expect.stringContaining('they say') } }],
  })

  await under.tell('c2', 'librarian', 'reply', { text: 'Try 48213378.' })
  await under.tell('c2', 'librarian', 'question', { text: 'code of the vault' })
  await under.tell('c2', 'librarian', 'reply', { text: 'It is 48,213,377.' })
  const denied = under.turns('c2/librarian').filter(({ outcome }) => outcome === 'denied')
  expect(denied).toHaveLength(1)
  expect(denied[0]?.judged?.[0]?.verdict.reasons[0]?.found).toContain('is secret')
})

test('a row without a labelled value has no label', async () => {
  const under = await start(PRIVATE, {
    world: { tools: { look: () => ({ kind: 'ok', value: { text: 'nothing' } }) } },
  })
  await under.tell('c1', 'librarian', 'question', { text: 'x' })
  await under.memory.write([aRow('b', { text: 'open hours 09:30' })])
  await under.tell('c1', 'librarian', 'question', { text: 'hours' })
  await under.tell('c1', 'librarian', 'reply', { text: 'open hours 09:30' })
  expect(under.turns('c1/librarian').every(({ outcome }) => outcome !== 'denied')).toBe(true)
})

test('a recall that says how many rows it wants gets no more, and never more than a recall may have', async () => {
  const under = await start('')
  await under.memory.write(Array.from({ length: 30 }, (_, at) => aRow(`row-${at}`, { text: 'gate seven' })))
  const rows = async (limit?: number) => {
    await under.tell('c1', 'librarian', 'question', { text: 'gate', ...(limit !== undefined && { limit }) })
    const { rows } = stateOf(under, 'c1/librarian')
    return Array.isArray(rows) ? rows.length : -1
  }
  expect([await rows(3), await rows(1_000), await rows(0), await rows()]).toEqual([3, 20, 20, 20])
})
