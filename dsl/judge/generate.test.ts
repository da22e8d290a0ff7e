import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Expr, Shape } from '../plan/plan.ts'
import { applicable } from './applicable.ts'
import { Cells } from './cells.ts'
import { createJudge } from './create.ts'
import { fields, flags, numeric, tables } from './expressions.fixture.ts'
import { decideWith } from './gathered.ts'
import { generate, generateTruth } from './generate.ts'
import type { Evidence, EvidenceNeed } from './grounds.ts'
import { holds } from './interpret.ts'
import type { Judge } from './judge.ts'
import { calls, FLAG, latest, NUMBER, plan, rule, step, steps, tool } from './plans.fixture.ts'
import { asking } from './scores.ts'
import { validate } from './shape.ts'
import type { Step } from './step.ts'
import { ALLOW, type Verdict } from './verdict.ts'

const at = { span: [0, 0] as const }

/** A detector that is sure of some texts, unsure of others and fails on the rest. */
const answer = ({ key }: EvidenceNeed): Evidence => {
  const digit = Number.parseInt(key.slice(-1), 16)
  return digit < 4 ? { kind: 'failed', why: 'it is down' } : { kind: 'found', value: digit < 10 ? 0.1 : 0.9 }
}

const runs = { numRuns: 1_500 }

test('generated truth is interpreted truth, for any well-typed expression over any JSON', () => {
  fc.assert(
    fc.property(
      flags({ bound: false, scored: true }, 3),
      fc.array(fields, { minLength: 1, maxLength: 4 }),
      (expr, records) => {
        const generated = generateTruth(expr, tables)
        for (const record of records) {
          const one = step('pay', record)
          const scene = { step: one, fields: record, tables, bindings: [], locals: [] }
          // The first look finds out which scores are wanted: with all of them at hand both have to agree.
          const asked = asking(undefined)
          holds(expr, { ...scene, asking: asked })
          const evidence = Object.fromEntries(asked.wanted.map(({ need }) => [need.key, answer(need)]))
          expect(generated(one, { evidence })).toBe(holds(expr, { ...scene, asking: asking({ evidence }) }))
        }
      },
    ),
    runs,
  )
})

/** Once without and once with what detectors say: what is asked for has to agree too. */
function judged(judge: Judge, cells: Cells, one: Step): readonly Verdict[] {
  const asks = judge.decide(cells, one)
  const { verdict, grounds } = decideWith(judge, cells, one, answer)
  judge.advance(cells, one, grounds)
  return [asks, verdict]
}

test('both engines give the same verdicts, with bindings, named values and undecided conditions', () => {
  const result = steps({ kinds: ['result'], names: ['look'] })
  fc.assert(
    fc.property(
      fc.array(flags({ bound: true, scored: true }, 2), { minLength: 1, maxLength: 3 }),
      numeric(NUMBER, 'n', { bound: true }, 1),
      fc.array(fc.tuple(fc.boolean(), fields), { minLength: 1, maxLength: 5 }),
      (conditions, named, history) => {
        const local: Expr = { ...at, op: 'local', index: 0, type: NUMBER }
        const rules = conditions.map((where, i) =>
          rule(
            `rule ${i}`,
            calls('pay', {
              ...at,
              op: 'or',
              type: FLAG,
              of: [
                where,
                {
                  ...at,
                  op: 'compare',
                  cmp: '>',
                  left: local,
                  right: { ...at, op: 'literal', value: 50, type: NUMBER },
                  type: FLAG,
                },
              ],
            }),
            { kind: i === 0 ? 'deny' : 'warn' },
            { bindings: [latest('seen', result)], locals: [{ name: 'much', value: named }] },
          ),
        )
        const parts = plan({ tools: [tool('pay'), tool('look')], rules, tables: [...tables.values()] })
        const [fast, slow] = [createJudge(parts), createJudge(parts, { engine: 'interpreted' })]
        const [fastCells, slowCells] = [new Cells(), new Cells()]
        for (const [isResult, record] of history) {
          const one = isResult ? step('look', record, { kind: 'result' }) : step('pay', record)
          expect(judged(fast, fastCells, one)).toEqual(judged(slow, slowCells, one))
        }
        expect([...fastCells.entries()]).toEqual([...slowCells.entries()])
      },
    ),
    { numRuns: 500 },
  )
})

const shapes = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 2, depthIdentifier: 'shape' },
    fc.constantFrom<Shape[]>(
      { ...at, kind: 'anything' },
      { ...at, kind: 'flag' },
      { ...at, kind: 'text' },
      { ...at, kind: 'text', min: 1, max: 5 },
      { ...at, kind: 'text', like: '[0-9]{4}' },
      { ...at, kind: 'text', format: 'email' },
      { ...at, kind: 'number', whole: true, range: { min: 0, under: 100 } },
      { ...at, kind: 'number', whole: false, range: { over: 0 } },
      { ...at, kind: 'money', currency: 'USD', range: { max: 12_500_000 } },
      { ...at, kind: 'date', range: {} },
      { ...at, kind: 'time', zone: 'Europe/Berlin', range: {} },
      { ...at, kind: 'duration', range: { max: 3_600_000 } },
      { ...at, kind: 'choice', options: ['gold', 'Silver'] },
    ),
    fc.record({
      span: fc.constant([0, 0] as const),
      kind: fc.constant('list' as const),
      of: tie('shape'),
      max: fc.constantFrom(1, 3),
    }),
    fc.record({
      span: fc.constant([0, 0] as const),
      kind: fc.constant('map' as const),
      of: tie('shape'),
      max: fc.constantFrom(1, 3),
    }),
    fc
      .tuple(
        fc.uniqueArray(
          fc.tuple(
            fc.constantFrom('n', 'm', 't', 'c', 'd', 'l', 'r', 'o', 'toString'),
            tie('shape'),
            fc.boolean(),
          ),
          { selector: ([name]) => name, maxLength: 4 },
        ),
        fc.boolean(),
        flags({ bound: false }, 1),
        fc.boolean(),
      )
      .map(
        ([named, closed, check, checked]): Shape => ({
          ...at,
          kind: 'record',
          closed,
          fields: named.map(([name, shape, optional]) => ({ name, shape, optional })),
          checks: checked ? [{ ...at, name: 'holds', holds: check }] : [],
        }),
      ),
  ),
}))

test('a call is let through exactly when its arguments have no issue', () => {
  fc.assert(
    fc.property(shapes.shape, fields, (shape, record) => {
      const judge = createJudge(plan({ tools: [tool('pay', shape)] }))
      const one = step('pay', record)
      const issues = validate(shape, record, { step: one, tables: new Map() })
      expect(judge.decide(new Cells(), one).kind).toBe(issues.length === 0 ? 'allow' : 'deny')
      expect(
        createJudge(plan({ tools: [tool('pay', shape)] }), { engine: 'interpreted' }).decide(
          new Cells(),
          one,
        ),
      ).toEqual(judge.decide(new Cells(), one))
    }),
    { numRuns: 800 },
  )
})

test('generated code clears exactly the steps that nothing speaks against', () => {
  fc.assert(
    fc.property(fc.array(flags({ bound: false }, 2), { maxLength: 3 }), fields, (conditions, record) => {
      const rules = conditions.map((where, i) => rule(`rule ${i}`, calls('pay', where), { kind: 'deny' }))
      const policy = plan({ tools: [tool('pay')], rules, tables: [...tables.values()] })
      const checks = applicable(policy, [], [], [], [], [], {
        kind: 'calls',
        agent: 'clerk',
        name: 'pay',
        peer: undefined,
      })
      const quiet = generate(checks, tables, () => {
        throw new Error('no rule here has a binding')
      })
      const one = step('pay', record)
      const allowed = createJudge(policy, { engine: 'interpreted' }).decide(new Cells(), one) === ALLOW
      expect(quiet(new Cells(), one, undefined)).toBe(allowed)
    }),
    runs,
  )
})
