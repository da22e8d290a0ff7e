import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compile } from '../pipeline.ts'
import type { Plan, Shape } from '../plan/plan.ts'
import { source } from '../source.ts'
import { Cells } from './cells.ts'
import { createJudge } from './create.ts'
import { validate } from './shape.ts'
import type { Json } from './step.ts'

const span = [0, 0] as const

const { plan } = compile(
  source('policy "P" version 1\ntool take(it: anything)\nagent clerk { may call take }', 'p.parapet'),
)

/** The shape as the only argument of a tool. */
function planOf(of: Shape): Plan {
  const [tool] = plan?.tools ?? []
  if (plan === undefined || tool === undefined) throw new Error('the policy does not compile')
  const takes: Shape = {
    kind: 'record',
    fields: [{ name: 'it', shape: of, optional: false }],
    checks: [],
    closed: true,
    span,
  }
  return { ...plan, tools: [{ ...tool, takes }] }
}

const money = fc.constantFrom<Shape>(
  { kind: 'money', currency: 'USD', range: { over: 0 }, span },
  {
    kind: 'money',
    currency: 'USD',
    range: { over: 0 },
    others: [{ currency: 'EUR', range: { over: 0, max: 2_000_000 } }],
    span,
  },
)

const shape: fc.Arbitrary<Shape> = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Shape>(
      { kind: 'text', plain: true, max: 3, span },
      { kind: 'text', format: 'version', span },
      { kind: 'number', whole: true, unit: 'kg', range: { min: 0 }, span },
      { kind: 'constant', value: 'a', span },
      { kind: 'constant', value: 3, span },
      { kind: 'json-schema', schema: { type: ['string', 'null'], maxLength: 1 }, span },
      {
        kind: 'json-schema',
        schema: { $defs: { tree: { type: 'array', items: { $ref: '#/$defs/tree' } } } },
        at: '/$defs/tree',
        span,
      },
    ),
    money,
    tie('shape').map((of): Shape => ({ kind: 'nullable', of, span })),
    tie('shape').map((of): Shape => ({ kind: 'list', of, unique: true, span })),
    tie('shape').map((of): Shape => ({ kind: 'list', of, distinctBy: ['a'], span })),
    tie('shape').map(
      (of): Shape => ({ kind: 'map', of, keys: { kind: 'text', max: 1, span }, min: 1, max: 2, span }),
    ),
    fc.tuple(tie('shape'), fc.boolean()).map(([of, strict]): Shape => {
      const field = { name: 'a', shape: of, optional: true, ...(strict ? { strict: true as const } : {}) }
      return { kind: 'record', fields: [field], checks: [], closed: false, span }
    }),
    fc.tuple(tie('shape'), tie('shape')).map(([a, b]): Shape => {
      const variant = (tag: string, of: Shape): { tags: string[]; shape: Shape } => ({
        tags: [tag],
        shape: {
          kind: 'record',
          fields: [
            { name: 'kind', shape: { kind: 'constant', value: tag, span }, optional: false },
            { name: 'a', shape: of, optional: false },
          ],
          checks: [],
          closed: true,
          span,
        },
      })
      return { kind: 'union', by: 'kind', variants: [variant('x', a), variant('y', b)], span }
    }),
  ),
})).shape

const value: fc.Arbitrary<Json> = fc
  .letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<Json>(null, true, 'a', 'b', 'a\u0000', '1.2.3', '1.2', 3, -3, 1.5, 0),
      fc.constantFrom<Json>({ amount: 1, currency: 'EUR' }, { amount: '3', currency: 'EUR' }, { amount: 1 }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'dd'), tie('value'), { maxKeys: 3 }),
      fc.record({ kind: fc.constantFrom<Json>('x', 'y', 'z', 1), a: tie('value') }),
      fc.array(fc.record({ a: tie('value') }), { maxLength: 3 }),
    ),
  }))
  .value.map((one): Json => JSON.parse(JSON.stringify(one)))

test('generated code lets through exactly what fits the shape', () => {
  fc.assert(
    fc.property(shape, fc.array(value, { minLength: 1, maxLength: 12 }), (of, values) => {
      const judge = createJudge(planOf(of))
      for (const it of values) {
        const verdict = judge.decide(new Cells(), {
          kind: 'calls',
          agent: 'clerk',
          actor: 'c/clerk',
          conversation: 'c',
          turn: 1,
          at: 0,
          name: 'take',
          fields: { it },
        })
        expect(verdict.kind).toBe(validate(of, it).length === 0 ? 'allow' : 'deny')
      }
    }),
    { numRuns: 300 },
  )
})
