import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileSchema } from '../judge/json-schema/compile.ts'
import { validate } from '../judge/shape.ts'
import type { Json } from '../judge/step.ts'
import { compile } from '../pipeline.ts'
import type { FieldShape, Shape } from '../plan/plan.ts'
import { source } from '../source.ts'
import { exportShape } from './export.ts'

const span = [0, 0] as const
const size = fc.record({ min: fc.nat(2), max: fc.integer({ min: 2, max: 5 }) })
const bound = fc.integer({ min: -20, max: 20 })

/** Shapes that the standard can say in full. */
const shape: fc.Arbitrary<Shape> = fc.letrec<{ shape: Shape; leaf: Shape }>((tie) => ({
  leaf: fc.oneof(
    size.map((of): Shape => ({ kind: 'text', ...of, span })),
    fc.constant<Shape>({ kind: 'text', like: '[A-Z][0-9]{2}', span }),
    fc.constant<Shape>({ kind: 'text', plain: true, span }),
    fc.tuple(bound, bound, fc.boolean(), fc.boolean()).map(([a, b, whole, open]): Shape => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)]
      return {
        kind: 'number',
        whole,
        range: open ? { over: low, under: high } : { min: low, max: high },
        span,
      }
    }),
    fc.constant<Shape>({ kind: 'flag', span }),
    fc
      .uniqueArray(fc.constantFrom('a', 'b', 'A12'), { minLength: 1 })
      .map((options): Shape => ({ kind: 'choice', options, span })),
    fc
      .constantFrom<string | number | boolean>('a', 3, true)
      .map((value): Shape => ({ kind: 'constant', value, span })),
    fc.constant<Shape>({ kind: 'anything', span }),
  ),
  shape: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('leaf'),
    tie('shape').map((of): Shape => (of.kind === 'nullable' ? of : { kind: 'nullable', of, span })),
    fc.tuple(tie('shape'), size, fc.boolean()).map(
      ([of, sizes, unique]): Shape => ({
        kind: 'list',
        of,
        ...sizes,
        ...(unique ? { unique: true as const } : {}),
        span,
      }),
    ),
    fc.tuple(tie('shape'), fc.boolean()).map(
      ([of, keyed]): Shape => ({
        kind: 'map',
        of,
        max: 3,
        ...(keyed ? { keys: { kind: 'text', max: 1, span } as const } : {}),
        span,
      }),
    ),
    fc.tuple(fc.array(fc.tuple(tie('shape'), fc.boolean()), { maxLength: 3 }), fc.boolean()).map(
      ([parts, closed]): Shape => ({
        kind: 'record',
        fields: parts.map(([of, optional], i): FieldShape => ({ name: 'abc'[i]!, shape: of, optional })),
        checks: [],
        closed,
        span,
      }),
    ),
  ),
})).shape

/** Values near the shapes, so that both answers come up often. */
const value: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Json>(
      null,
      true,
      false,
      'a',
      'b',
      'A12',
      'abcd',
      '',
      'a\u0007',
      '😀😀',
      3,
      -3,
      1.5,
      0,
      20,
      1e300,
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'dd'), tie('value'), { maxKeys: 4 }),
  ),
})).value

/** A value that is likely to fit. */
function fitting(of: Shape): fc.Arbitrary<Json> {
  switch (of.kind) {
    case 'text':
      return fc.constantFrom('A12', 'ab', 'abc', 'a')
    case 'number':
      return fc.integer({ min: -20, max: 20 })
    case 'flag':
      return fc.boolean()
    case 'choice':
      return fc.constantFrom(...of.options)
    case 'constant':
      return fc.constant(of.value)
    case 'nullable':
      return fc.oneof(fitting(of.of), fc.constant(null))
    case 'list':
      return fc.array(fitting(of.of), { minLength: 1, maxLength: 4 })
    case 'map':
      return fc.dictionary(fc.constantFrom('a', 'b', 'dd'), fitting(of.of), { maxKeys: 3 })
    case 'record':
      return fc.record(Object.fromEntries(of.fields.map((field) => [field.name, fitting(field.shape)])))
    default:
      return value
  }
}

/** As JSON would have come: plain objects. */
const asRead = (values: Json[]): Json[] => JSON.parse(JSON.stringify(values))

const cases = shape.chain((of) =>
  fc.tuple(
    fc.constant(of),
    fc.array(fc.oneof(fitting(of), value), { minLength: 1, maxLength: 12 }).map(asRead),
  ),
)

/** The shape as a tool's only argument, imported from its own export. */
function imported(of: Shape): Shape {
  const record: Shape = {
    kind: 'record',
    fields: [{ name: 'it', shape: of, optional: false }],
    checks: [],
    closed: true,
    span,
  }
  const listing = JSON.stringify({ tools: [{ name: 'take', inputSchema: exportShape(record) }] })
  const { plan, diagnostics } = compile(
    source('policy "P" version 1\nuse tools from "t.json"', 'p.parapet'),
    {
      read: () => listing,
    },
  )
  expect(diagnostics).toEqual([])
  const takes = plan?.tools[0]?.takes
  if (takes === undefined) throw new Error('the tool was not imported')
  return takes
}

const ajv = new Ajv2020({ strict: false })

test('an exported shape means the same to the judge, to our evaluator and to ajv', () => {
  fc.assert(
    fc.property(cases, ([of, values]) => {
      const schema = exportShape(of)
      const compiled = compileSchema(schema)
      const theirs = ajv.compile(schema)
      expect(compiled.problems).toEqual([])
      for (const one of values) {
        const fits = validate(of, one).length === 0
        expect(compiled.fits(one)).toBe(fits)
        expect(theirs(one)).toBe(fits)
      }
    }),
    { numRuns: 300 },
  )
})

test('what is exported and imported again accepts the same values', () => {
  fc.assert(
    fc.property(cases, ([of, values]) => {
      const again = imported(of)
      for (const one of values)
        expect(validate(again, { it: one }).length === 0).toBe(validate(of, one).length === 0)
    }),
    { numRuns: 300 },
  )
})
