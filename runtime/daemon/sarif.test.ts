import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { lint } from '#dsl/lint/lint.ts'
import { compile } from '#dsl/pipeline.ts'
import { source as sourceOf } from '#dsl/source.ts'
import { sarif } from './sarif.ts'

/** The parts of the published schema (OASIS, sarif-schema-2.1.0.json) that are written here, with its bounds. */
const text = {
  type: 'object',
  additionalProperties: false,
  required: ['text'],
  properties: { text: { type: 'string' } },
}
const level = { enum: ['none', 'note', 'warning', 'error'] }
const closed = (required: string[], properties: object) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
})
const from = (minimum: number) => ({ type: 'integer', minimum })
const physicalLocation = closed([], {
  artifactLocation: closed([], { uri: { type: 'string', pattern: '^[^\\s]*$' } }),
  region: closed([], {
    startLine: from(1),
    startColumn: from(1),
    endLine: from(1),
    endColumn: from(1),
    charOffset: from(-1),
    charLength: from(0),
  }),
})
const SCHEMA = closed(['version', 'runs'], {
  $schema: { type: 'string' },
  version: { const: '2.1.0' },
  runs: {
    type: 'array',
    items: closed(['tool'], {
      tool: closed(['driver'], {
        driver: closed(['name'], {
          name: { type: 'string' },
          version: { type: 'string' },
          rules: {
            type: 'array',
            uniqueItems: true,
            items: closed(['id'], {
              id: { type: 'string' },
              name: { type: 'string' },
              shortDescription: text,
              fullDescription: text,
              help: text,
              defaultConfiguration: closed([], { level }),
            }),
          },
        }),
      }),
      columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
      results: {
        type: 'array',
        items: closed(['message'], {
          ruleId: { type: 'string' },
          ruleIndex: from(-1),
          level,
          message: text,
          locations: { type: 'array', items: closed([], { physicalLocation }) },
          relatedLocations: {
            type: 'array',
            uniqueItems: true,
            items: closed([], { id: from(-1), physicalLocation, message: text }),
          },
        }),
      },
    }),
  },
})

function sarifOf(policy: string, file = 'my policies/refund.parapet') {
  const source = sourceOf(policy, file)
  return sarif([{ source, diagnostics: [...compile(source).diagnostics, ...lint(source).findings] }], '1.0.0')
}

const WRONG = `policy "P" version 1.0
tool pay(amount: money in USD)
tool pay(id: text)
agent clerk { may call pay }
rule "R" { when clerk calls pya then deny }
`
const WELL = `policy "P" version 1.0
tool pay(amount: money in USD)
agent clerk { may call pay }
rule "R" { when clerk calls pay and amount > 5 USD then deny }
`

test.each([WRONG, WELL, 'policy "P" version 1.0'])('fits the published structure', (policy) => {
  const valid = new Ajv({ strict: false, allErrors: true }).compile(SCHEMA)
  valid(sarifOf(policy))
  expect(valid.errors ?? []).toEqual([])
})

test('each result names its rule and its place', () => {
  const [run] = sarifOf(WRONG).runs
  const { rules } = run!.tool.driver
  for (const { ruleId, ruleIndex } of run!.results) expect(rules[ruleIndex]!.id).toBe(ruleId)
  const unknown = run!.results.find(({ ruleId }) => ruleId === 'P0103')!
  expect(unknown.level).toBe('error')
  expect(unknown.message.text).toContain('Did you mean `pay`?')
  const { artifactLocation, region } = unknown.locations[0]!.physicalLocation
  expect(artifactLocation.uri).toBe('my%20policies/refund.parapet')
  expect(region).toMatchObject({ startLine: 5, startColumn: 29, endLine: 5, endColumn: 32, charLength: 3 })
  expect(run!.results.find(({ ruleId }) => ruleId === 'P0101')?.relatedLocations?.length).toBeGreaterThan(0)
})

test('what lint finds is there too', () => {
  expect(sarifOf(WELL).runs[0]!.results.map(({ ruleId, level: said }) => `${ruleId} ${said}`)).toEqual([
    'L0008 warning',
  ])
})
