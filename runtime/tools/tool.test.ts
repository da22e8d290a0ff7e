import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Json, JsonObject } from '#dsl/judge/step.ts'
import { compile } from '#dsl/pipeline.ts'
import { source } from '#dsl/source.ts'
import type { CallContext, Outcome } from '#runtime/fleet/definition.ts'
import { fromJsonSchema, fromShape, fromZod, type Schema } from './schema.ts'
import { defineTool, executorsOf, listingOf, type Tool } from './tool.ts'

const POLICY = `policy "Shop" version 1
use tools from "shop.tools.json"
agent clerk { may call refund }
rule "Small refunds" {
  when clerk calls refund and amount > 100
  then deny
}
test "a large one" {
  when clerk calls refund with order = "A-1", amount = 101
  expect deny because "Small refunds"
}
`

const shape = compile(
  source(
    `policy "Own" version 1
tool refund(order: text like "A-#", amount: number, over 0, at most 250) { external }
agent clerk { may call refund }
`,
    'own.parapet',
  ),
).plan!.tools[0]!.takes

const ways: readonly [string, Schema<unknown>][] = [
  ['a shape of a policy', fromShape(shape)],
  [
    'a zod schema',
    fromZod(z.strictObject({ order: z.string().regex(/^A-[0-9]$/), amount: z.number().positive().max(250) })),
  ],
  [
    'a JSON Schema',
    fromJsonSchema({
      type: 'object',
      properties: {
        order: { type: 'string', pattern: '^A-[0-9]$' },
        amount: { type: 'number', exclusiveMinimum: 0, maximum: 250 },
      },
      required: ['order', 'amount'],
      additionalProperties: false,
    }),
  ],
]

function context(signal = new AbortController().signal): CallContext {
  return { conversation: 'c1', agent: 'c1/clerk', key: 'p0.1.0', at: 0, signal }
}

async function call(tool: Tool, args: JsonObject, signal?: AbortSignal): Promise<Outcome> {
  return tool.execute(args, context(signal))
}

const ok = (value: Json): Outcome => ({ kind: 'ok', value })

test.each(ways)('what it takes may be written as %s', async (_, takes) => {
  const called: unknown[] = []
  const refund = defineTool({
    name: 'refund',
    description: 'Pays back.',
    takes,
    run(args) {
      called.push(args)
      return ok({ done: true })
    },
  })
  expect(await call(refund, { order: 'A-1', amount: 5 })).toEqual(ok({ done: true }))
  for (const wrong of [
    { order: 'A-1' },
    { order: 'B', amount: 5 },
    { order: 'A-1', amount: 251 },
    { order: 'A-1', amount: 1, x: 1 },
  ])
    expect(await call(refund, wrong)).toMatchObject({
      kind: 'failed',
      error: expect.stringContaining('`refund` was not called: '),
    })
  expect(called).toEqual([{ order: 'A-1', amount: 5 }])
})

test.each(ways)('declared once, it is vocabulary too: %s', (_, takes) => {
  const refund = defineTool({ name: 'refund', description: 'Pays back.', takes, run: () => ok(null) })
  const listing = JSON.stringify(listingOf([refund]))
  const { diagnostics, plan } = compile(source(POLICY, 'shop.parapet'), { read: () => listing })
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  expect(plan?.tools[0]).toMatchObject({ name: 'refund', traits: { readsOnly: false, external: true } })
})

test('zod fills in what may be left out', async () => {
  const echo = defineTool({
    name: 'echo',
    description: 'Says it again.',
    takes: fromZod(z.object({ times: z.number().default(2) })),
    run: ({ times }) => ok(times),
  })
  expect(await call(echo, {})).toEqual(ok(2))
})

test('a result that is not of its schema, no JSON, or too long is a failure that came about', async () => {
  const giving = (value: unknown) =>
    defineTool({
      name: 'give',
      description: 'Gives.',
      takes: fromJsonSchema({ type: 'object' }),
      returns: fromJsonSchema({ type: 'string' }),
      resultCharsMax: 10,
      run: () => ({ kind: 'ok', value: value as Json }),
    })
  expect(await call(giving('short'), {})).toEqual(ok('short'))
  for (const [value, words] of [
    [7, 'is not what it declares: text is expected, 7 was given'],
    ['x'.repeat(11), 'takes over 10 characters'],
    [new Date(0), 'holds an instance of Date'],
  ] as const)
    expect(await call(giving(value), {})).toMatchObject({
      kind: 'failed',
      error: expect.stringContaining(words),
      cameAbout: 'yes',
    })
})

test('only so many calls run at once; the next wait in order, and beyond the queue they are refused', async () => {
  const started: number[] = []
  const ends = new Map<number, () => void>()
  const slow = defineTool({
    name: 'slow',
    description: 'Waits to be ended.',
    takes: fromZod(z.object({ n: z.number() })),
    concurrencyMax: 1,
    queueMax: 2,
    run: ({ n }) =>
      new Promise((resolve) => {
        started.push(n)
        ends.set(n, () => resolve(ok(n)))
      }),
  })
  const leaving = new AbortController()
  const first = call(slow, { n: 1 })
  const second = call(slow, { n: 2 }, leaving.signal)
  const third = call(slow, { n: 3 })
  expect(await call(slow, { n: 4 })).toEqual({ kind: 'failed', error: '2 calls already wait for this tool' })
  leaving.abort()
  expect(await second).toEqual({ kind: 'failed', error: 'cancelled while it waited' })
  expect(started).toEqual([1])
  ends.get(1)!()
  expect(await first).toEqual(ok(1))
  while (!ends.has(3)) await Promise.resolve()
  ends.get(3)!()
  expect(await third).toEqual(ok(3))
  expect(started).toEqual([1, 3])
})

test('two tools of one name are a mistake', () => {
  const one = defineTool({
    name: 'one',
    description: '',
    takes: fromJsonSchema({ type: 'object' }),
    run: () => ok(null),
  })
  expect(() => executorsOf([one, one])).toThrow('two tools are called `one`')
})
