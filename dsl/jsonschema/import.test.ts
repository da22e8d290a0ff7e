import { expect, test } from 'vitest'
import { validate } from '../judge/shape.ts'
import type { Json } from '../judge/step.ts'
import { compile } from '../pipeline.ts'
import { printPlan } from '../plan/print.ts'
import { source } from '../source.ts'
import { runTests } from '../testing/run.ts'
import { listedTools } from './listing.ts'
import { printTypes } from './typescript.ts'

function plan(policy: string, files: Readonly<Record<string, Json>>) {
  const compiled = compile(source(`policy "P" version 1\n${policy}`, 'p.parapet'), {
    read: (path) => (Object.hasOwn(files, path) ? JSON.stringify(files[path]) : undefined),
  })
  return { ...compiled, codes: compiled.diagnostics.map(({ code }) => code) }
}

const lookup = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] }

test.each<[string, Json]>([
  ['MCP', { tools: [{ name: 'look', inputSchema: lookup }] }],
  [
    'a JSON-RPC answer',
    { jsonrpc: '2.0', id: 1, result: { tools: [{ name: 'look', inputSchema: lookup }] } },
  ],
  ['chat completions', [{ type: 'function', function: { name: 'look', parameters: lookup } }]],
  ['responses', [{ type: 'function', name: 'look', parameters: lookup }]],
  ['messages', [{ name: 'look', input_schema: lookup }]],
])('listings in the form of %s give the same tool', (_, listing) => {
  const made = plan('use tools from "t.json"', { 't.json': listing })
  expect(made.codes).toEqual([])
  expect(made.plan && printPlan(made.plan)).toContain('tool look({ id: text }) [external]')
})

test.each<[string, Json]>([
  ['a record without tools', { schema: {} }],
  ['a tool without a name', { tools: [{ inputSchema: {} }] }],
  ['an empty list', []],
])('%s is no listing', (_, listing) => expect(listedTools(listing)).toBeUndefined())

test('a tool written in the policy goes before the imported one', () => {
  const made = plan('use tools from "t.json"\ntool look(id: text, price: money in USD)', {
    't.json': { tools: [{ name: 'look', inputSchema: lookup }] },
  })
  expect(made.plan?.tools.map((tool) => tool.takes.kind === 'record' && tool.takes.fields.length)).toEqual([
    2,
  ])
})

test('arguments that a listing does not name are refused, unless it allows them in so many words', () => {
  const closed = (schema: Json) => {
    const takes = plan('use tools from "t.json"', { 't.json': [{ name: 'look', parameters: schema }] }).plan
      ?.tools[0]?.takes
    return takes?.kind === 'record' && takes.closed
  }
  expect(closed(lookup)).toBe(true)
  expect(closed({ ...lookup, additionalProperties: true })).toBe(false)
})

test('arguments judged by their schema are closed as well', () => {
  const made = plan(
    `use tools from "t.json"
     agent clerk { may call pay }
     test "one way" { when clerk calls pay with card = "1" expect allow }
     test "another way" { when clerk calls pay with iban = "1" expect allow }
     test "no way" { when clerk calls pay expect deny because "pay" }`,
    {
      't.json': [
        {
          name: 'pay',
          parameters: {
            type: 'object',
            properties: { card: { type: 'string' }, iban: { type: 'string' } },
            anyOf: [{ required: ['card'] }, { required: ['iban'] }],
          },
        },
      ],
    },
  )
  const takes = made.plan?.tools[0]?.takes
  if (made.plan === undefined || takes === undefined) throw new Error('the policy does not compile')
  expect(runTests(made.plan).results.map(({ kind }) => kind)).toEqual(['passed', 'passed', 'passed'])
  expect(validate(takes, { card: '1', extra: 1 })).toMatchObject([{ path: ['extra'] }])
})

test('references of a tool point into its own schema', () => {
  const made = plan('use tools from "t.json"', {
    't.json': {
      $defs: { Line: { type: 'number' } },
      tools: [
        {
          name: 'buy',
          inputSchema: {
            type: 'object',
            properties: { line: { $ref: '#/$defs/Line' } },
            $defs: { Line: { type: 'object', properties: { sku: { type: 'string' } }, required: ['sku'] } },
          },
        },
      ],
    },
  })
  expect(made.plan && printPlan(made.plan)).toContain('line?: { sku: text }')
})

test('a schema that contains itself is judged though it cannot be written', () => {
  const tree = {
    type: 'object',
    properties: { name: { type: 'string' }, children: { type: 'array', items: { $ref: '#' } } },
    required: ['name'],
  }
  const made = plan(
    `use schema Tree from "t.json"
     tool plant(Tree)
     agent gardener { may call plant }
     test "deep" { when gardener calls plant with name = "a", children = [{ name = "b" }] expect allow }`,
    { 't.json': tree },
  )
  expect(made.codes).toEqual([])
})

test.each([
  ['../secret.json', 'P0223'],
  ['/etc/passwd', 'P0223'],
  ['https://example.org/a.json', 'P0223'],
  ['absent.json', 'P0223'],
  ['unknown.json', 'P0224'],
  ['looking.json', 'P0224'],
  ['list.json', 'P0224'],
])('use schema from %s is %s', (path, code) => {
  const files = {
    'unknown.json': { type: 'object', properties: { a: { type: 'string', format: 'shoe-size' } } },
    'looking.json': { type: 'object', properties: { a: { type: 'string', pattern: '(?=x)' } } },
    'list.json': { type: 'array' },
    '../secret.json': { type: 'object' },
  }
  expect(plan(`use schema A from "${path}"`, files).codes).toEqual([code])
})

test('leniently leaves out what is not understood, never what cannot be judged', () => {
  const unknown = { type: 'object', properties: { a: { type: 'string', format: 'shoe-size' } } }
  expect(plan('use schema A from "a.json", leniently', { 'a.json': unknown }).codes).toEqual(['P0302'])
  const looking = { type: 'object', properties: { a: { type: 'string', pattern: '(?=x)' } } }
  expect(plan('use schema A from "a.json", leniently', { 'a.json': looking }).codes).toEqual(['P0224'])
})

test('what a listing brings in can be named as one: its results have a label of their own', () => {
  const listing: Json = [
    {
      name: 'look',
      inputSchema: lookup,
      outputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    },
    { name: 'post', inputSchema: lookup },
  ]
  const made = plan(
    `use tools from "mail.json" as mail
tool post(text: text) { external }
tool report(text: text) { external }
agent clerk { may call mail, report }
flow "Mail stays" {
  label private on results of mail
  private never reaches report even reworded
}
test "what mail gave is not reported" {
  given result of look to clerk with text = "the code is 4711"
  when  clerk calls report with text = "4711"
  expect deny because "Mail stays"
}
test "what it did not give is" {
  when  clerk calls report with text = "4711"
  expect allow
}`,
    { 'mail.json': listing },
  )
  expect(made.codes).toEqual([])
  const results = made.plan ? runTests(made.plan).results : []
  expect(results.map(({ kind }) => kind)).toEqual(['passed', 'passed'])
})

test('without a reader there is nothing to use', () => {
  const { diagnostics } = compile(source('policy "P" version 1\nuse tools from "t.json"', 'p.parapet'))
  expect(diagnostics.map(({ code }) => code)).toEqual(['P0223'])
})

test('the vocabulary as TypeScript', () => {
  const made = plan(
    `use tools from "t.json"
     schema Card { kind: always "card"  number: text }
     schema Cash { kind: always "cash"  paid: money in USD }
     tool pay(by: one of Card, Cash told apart by kind, note: text, optional, tags: map of number)
     message question { text: text }
     agent clerk { may call look, pay  may receive question from customer }`,
    {
      't.json': [
        { name: 'look', parameters: { ...lookup, properties: { id: { type: 'string', format: 'uuid' } } } },
      ],
    },
  )
  expect(made.codes).toEqual([])
  expect(made.plan && printTypes(made.plan)).toMatchInlineSnapshot(`
    "/** Generated from the policy "P", version 1. Do not edit. */

    /** A decimal number, its text, or either with its currency. */
    export type Money<Currency extends string> =
      | number
      | string
      | { readonly amount: number | string; readonly currency: Currency }

    export type LookArgs = {
      readonly id: string
    }

    export type LookResult = unknown

    export type PayArgs = {
      readonly by: {
        readonly kind: "card"
        readonly number: string
      } | {
        readonly kind: "cash"
        readonly paid: Money<"USD">
      }
      readonly note?: string | null
      readonly tags: { readonly [key: string]: number }
    }

    export type PayResult = unknown

    export type QuestionMessage = {
      readonly text: string
    }

    /** Every tool, by the name it is called by. */
    export interface Tools {
      readonly look: { readonly args: LookArgs; readonly result: LookResult }
      readonly pay: { readonly args: PayArgs; readonly result: PayResult }
    }

    export interface Messages {
      readonly question: QuestionMessage
    }

    /** What each agent may call and send, before any rule is asked. */
    export interface Agents {
      readonly clerk: { readonly calls: "look" | "pay"; readonly sends: never }
    }
    "
  `)
})
