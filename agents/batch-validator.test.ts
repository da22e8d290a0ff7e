import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonObject } from '#dsl/judge/step.ts'
import { isObject } from '#dsl/judge/values.ts'
import { batchValidator } from './batch-validator.ts'
import { running } from './kinds.fixture.ts'

const POLICY = `
tool read_visits(batch: text, from: whole number) { reads only }
tool accept_visit(id: text, day: whole number) { external }
message batch { batch: text }
agent validator {
  may receive batch from customer
  may call read_visits, accept_visit
  may answer customer, colleague
}
rule "Within the trial" { when validator calls accept_visit and day > 100  then deny  because "Protocol 5.1" }
consistency "Each visit once" { for each id  accept_visit at most once }
`
type Visit = { id: string; day: number }

const validator = (together: number) =>
  batchValidator({
    id: 'validator',
    hears: ['batch'],
    reads: ({ fields }, from) => ({ tool: 'read_visits', args: { ...fields, from } }),
    accepts: (item) => ({ tool: 'accept_visit', args: isObject(item) ? item : {} }),
    faults: (item) => (isObject(item) && item['id'] === '' ? ['the visit has no id'] : []),
    refers: { kind: 'answer', to: 'colleague' },
    says: { kind: 'answer', to: 'customer' },
    handsOver: { kind: 'answer', to: 'colleague' },
    together,
  })

async function validated(visits: readonly Visit[], { together = 4, page = 5, broken = '' } = {}) {
  const accepted: JsonObject[] = []
  const run = await running({
    policy: POLICY,
    agents: { validator: validator(together) },
    tools: {
      read_visits({ from }) {
        const at = Number(from)
        return { kind: 'ok', value: { items: visits.slice(at, at + page), more: at + page < visits.length } }
      },
      accept_visit(args) {
        if (args['id'] === broken) return { kind: 'failed', error: 'the table is locked' }
        accepted.push(args)
        return { kind: 'ok', value: null }
      },
    },
  })
  await run.tell('validator', 'batch', { batch: 'site-7' })
  return { run, accepted, referred: run.said.filter(({ to }) => to === 'colleague') }
}

const visit = (at: number): Visit => ({ id: `v${at}`, day: at })

test('what the policy lets through is accepted, and the rest is referred with the reasons', async () => {
  const visits = [
    visit(1),
    visit(2),
    { id: 'v3', day: 300 },
    visit(4),
    visit(2),
    { id: '', day: 6 },
    visit(7),
  ]
  const { run, accepted, referred } = await validated(visits)
  expect(accepted.map(({ id }) => id)).toEqual(['v1', 'v2', 'v4', 'v7'])
  expect(referred).toEqual([
    { to: 'colleague', number: 2, item: visits[2], why: expect.stringContaining('Within the trial') },
    { to: 'colleague', number: 4, item: visits[4], why: expect.stringContaining('Each visit once') },
    { to: 'colleague', number: 5, item: visits[5], why: 'the visit has no id' },
  ])
  expect(run.said.at(-1)).toEqual({ to: 'customer', batch: 'site-7', accepted: 4, referred: 3 })
})

test('an item whose acceptance fails is referred too', async () => {
  const { accepted, referred } = await validated([visit(1), visit(2), visit(3)], { broken: 'v2' })
  expect(accepted.map(({ id }) => id)).toEqual(['v1', 'v3'])
  expect(referred).toMatchObject([{ number: 1, why: 'the table is locked' }])
})

test('a batch that cannot be read goes to a person', async () => {
  const { run } = await validated(
    Array.from({ length: 300 }, (_, at) => visit(at)),
    { page: 300 },
  )
  expect(run.said).toMatchObject([{ to: 'colleague', why: expect.stringContaining('no page') }])
})

test('however a batch lies, every item is accepted once or referred once, in order', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { maxLength: 20 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 9 }),
      async (good, together, page) => {
        const visits = good.map((isGood, at) => ({ id: `v${at}`, day: isGood ? 1 : 200 }))
        const { run, accepted, referred } = await validated(visits, { together, page })
        expect(accepted).toEqual(visits.filter((_, at) => good[at]))
        expect(referred.map(({ item }) => item)).toEqual(visits.filter((_, at) => !good[at]))
        expect(run.said.at(-1)).toMatchObject({ to: 'customer', accepted: accepted.length })
      },
    ),
    { numRuns: 40 },
  ))
