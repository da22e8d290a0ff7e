import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '../step.ts'
import { compileSchema } from './compile.ts'

interface Case {
  readonly file: string
  readonly group: string
  readonly test: string
  readonly schema: Json
  readonly data: Json
  readonly valid: boolean
}

const sample: Case[] = readFileSync(
  join(import.meta.dirname, '../../jsonschema/fixtures/suite-sample.jsonl'),
  'utf8',
)
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

describe('the sample of the standard’s own test suite', () => {
  test.each(sample)('$file: $group: $test', ({ file, schema, data, valid }) => {
    const formats = file.startsWith('optional/format/') ? 'assert' : 'note'
    const compiled = compileSchema(schema, { formats })
    expect(compiled.fits(data)).toBe(valid)
    expect(compiled.issues(data, [], 20).length === 0).toBe(valid)
  })
})

test('issues name the place, what was expected and what was found', () => {
  const compiled = compileSchema({
    properties: { lines: { items: { required: ['sku'], properties: { count: { minimum: 1 } } } } },
  })
  expect(compiled.issues({ lines: [{ sku: 'a', count: 0 }, {}] }, ['order'], 20)).toEqual([
    { kind: 'range', path: ['order', 'lines', 0, 'count'], expected: 'at least 1', found: 0 },
    { kind: 'missing', path: ['order', 'lines', 1, 'sku'], expected: 'a value' },
  ])
})

test('an unknown keyword is told with its place', () => {
  expect(compileSchema({ properties: { a: { minimun: 3 } } }).problems).toEqual([
    { kind: 'unknown', pointer: '/properties/a/minimun', message: '`minimun` is not understood' },
  ])
})

test.each([
  ['a reference that leads nowhere', { $ref: 'https://example.org/absent.json' }],
  ['an expression that looks around', { pattern: '(?=a)b' }],
  ['a bound that is no number', { minimum: '3' }],
])('%s refuses every value', (_, schema) => {
  const compiled = compileSchema(schema)
  expect(compiled.problems.map(({ kind }) => kind)).not.toContain('unknown')
  expect(compiled.problems).toHaveLength(1)
  expect(compiled.fits('anything')).toBe(false)
})

test('a schema that refers to itself without end refuses instead of hanging', () => {
  expect(compileSchema({ $ref: '#' }).fits(1)).toBe(false)
})

test('references that double their work with every level are bounded', () => {
  const $defs: Record<string, Json> = { a30: { type: 'number' } }
  for (let i = 0; i < 30; i++)
    $defs[`a${i}`] = { allOf: [{ $ref: `#/$defs/a${i + 1}` }, { $ref: `#/$defs/a${i + 1}` }] }
  expect(compileSchema({ $defs, $ref: '#/$defs/a0' }).fits(1)).toBe(false)
})

test('values nested ever deeper are refused, not followed', () => {
  const deep: Json = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)
  expect(compileSchema({ items: { $ref: '#' } }).fits(deep)).toBe(false)
  expect(compileSchema({ uniqueItems: true }).fits([deep, deep])).toBe(false)
  expect(compileSchema({ const: [] }).fits(deep)).toBe(false)
})

test('multiples are counted in decimals', () => {
  const cents = compileSchema({ multipleOf: 0.01 })
  expect([19.99, 0.07, 4.35, 1e300].map((value) => cents.fits(value))).toEqual([true, true, true, true])
  expect(cents.fits(19.999)).toBe(false)
})

const keyword = fc.constantFrom(
  ...'type enum const minimum multipleOf pattern format required properties patternProperties items prefixItems'.split(
    ' ',
  ),
  ...'allOf anyOf oneOf not if then else contains minContains uniqueItems unevaluatedItems unevaluatedProperties'.split(
    ' ',
  ),
  ...'$ref $dynamicRef $dynamicAnchor $anchor $id $defs dependentSchemas dependentRequired propertyNames dependencies'.split(
    ' ',
  ),
)
const anySchema: fc.Arbitrary<Json> = fc
  .letrec<{ schema: Json }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<Json>(
        true,
        false,
        null,
        0,
        -1,
        'string',
        'array',
        '#',
        '#a',
        'a',
        'urn:x',
        '(',
        '[a]+',
        'date',
      ),
      fc.dictionary(keyword, tie('schema'), { maxKeys: 4 }),
      fc.array(tie('schema'), { maxLength: 3 }),
    ),
  }))
  .schema.map((one): Json => JSON.parse(JSON.stringify(one)))

test('whatever stands in a schema, judging by it ends without an exception', () => {
  fc.assert(
    fc.property(anySchema, fc.jsonValue(), (schema, value) => {
      const compiled = compileSchema(schema)
      const read: Json = JSON.parse(JSON.stringify(value))
      expect(compiled.issues(read, [], 20).length === 0).toBe(compiled.fits(read))
    }),
    { numRuns: 500 },
  )
})
