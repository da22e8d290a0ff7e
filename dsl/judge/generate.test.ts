import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Compare, Expr, Shape, Table, Type } from '../plan/plan.ts'
import { applicable } from './applicable.ts'
import { Cells } from './cells.ts'
import { createJudge } from './create.ts'
import { generate, generateTruth } from './generate.ts'
import { holds } from './interpret.ts'
import { validate } from './shape.ts'
import type { Json, JsonObject } from './step.ts'
import {
  binding,
  calls,
  FLAG,
  field,
  get,
  latest,
  NUMBER,
  plan,
  rule,
  step,
  steps,
  TEXT,
  TIME,
  tool,
  USD,
} from './testing-plans.ts'
import { ALLOW } from './verdict.ts'

const at = { span: [0, 0] as const }
const DATE: Type = { kind: 'date' }
const DURATION: Type = { kind: 'duration' }
const TIER: Type = { kind: 'choice', options: ['gold', 'Silver'] }
const ITEM: Type = {
  kind: 'record',
  fields: { n: { type: NUMBER, optional: true }, t: { type: TEXT, optional: false } },
}
const NUMBERS: Type = { kind: 'list', of: NUMBER }
const ITEMS: Type = { kind: 'list', of: ITEM }
const MAP: Type = { kind: 'map', of: NUMBER }

const tables = new Map<string, Table>([
  ['rate', { name: 'rate', type: NUMBER, rows: { gold: 3, Silver: 1 } }],
])

// ---------------------------------------------------------------- fields: mostly right, sometimes missing or wrong

const someNumber = fc.constantFrom<Json[]>(0, 1, -1, 2, 0.5, 12.5, 100, 0.1234567, 9e15, 1e300)
const someText = fc.constantFrom<Json[]>(
  '',
  'gold',
  'GOLD',
  'Silver',
  'a secret',
  'se\u200bcret',
  'ｇｏｌｄ',
  'straße',
  '4111 1111 1111 1111',
  'x@y.io',
)
const junk = fc.constantFrom<Json[]>(null, true, 'junk', 7, [], {}, [1, 'x'], { n: 1 })
const maybe = (good: fc.Arbitrary<Json>) =>
  fc.oneof(
    { weight: 6, arbitrary: good },
    { weight: 1, arbitrary: junk },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )
const item = fc.record({ n: maybe(someNumber), t: maybe(someText) }).map(defined)
const fields: fc.Arbitrary<JsonObject> = fc
  .record({
    n: maybe(someNumber),
    m: maybe(
      fc.oneof(
        someNumber,
        fc.constantFrom<Json[]>(
          '12.50',
          '-3',
          { amount: 5, currency: 'USD' },
          { amount: 5, currency: 'EUR' },
        ),
      ),
    ),
    t: maybe(someText),
    c: maybe(fc.constantFrom('gold', 'Silver', 'tin')),
    d: maybe(fc.constantFrom('2024-02-29', '2023-02-29', '1999-12-31')),
    i: maybe(fc.constantFrom('2024-03-10T02:30:00', '2024-05-15T15:00:00-05:00', '1970-01-01T00:00:00Z')),
    u: maybe(fc.constantFrom('PT30M', 'P1D', 'P1M', 'PT0S')),
    y: maybe(fc.boolean()),
    l: maybe(
      fc.array(
        maybe(someNumber).map((one) => one ?? null),
        { maxLength: 3 },
      ),
    ),
    r: maybe(fc.array(item, { maxLength: 3 })),
    o: maybe(item),
    k: maybe(fc.constantFrom<Json[]>({}, { gold: 1 }, { a: 1, constructor: 2 })),
    toString: maybe(someText),
  })
  .map(defined)

function defined(record: Record<string, Json | undefined>): JsonObject {
  return Object.fromEntries(
    Object.entries(record).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  )
}

// ---------------------------------------------------------------- well-typed expressions

interface Scope {
  readonly variable?: Type
  readonly bound: boolean
}

const comparison = fc.constantFrom<Compare[]>('==', '!=', '<', '<=', '>', '>=')

function read(name: string, type: Type, scope: Scope): fc.Arbitrary<Expr> {
  const reads: Expr[] = [field(name, type), field(`o.${name}`, type)]
  if (scope.bound) reads.push(get(binding(0), name, type))
  if (scope.variable?.kind === type.kind) reads.push({ ...at, op: 'variable', name: 'x', type })
  if (scope.variable?.kind === 'record')
    reads.push(get({ ...at, op: 'variable', name: 'x', type: ITEM }, name, type))
  return fc.constantFrom(...reads)
}

const literals = (type: Type, ...values: (string | number | boolean)[]): fc.Arbitrary<Expr> =>
  fc.constantFrom(...values.map((value): Expr => ({ ...at, op: 'literal', value, type })))

function numeric(type: Type, name: string, scope: Scope, depth: number): fc.Arbitrary<Expr> {
  const leaf = fc.oneof(read(name, type, scope), literals(type, 0, 1, 2, 100, 12_500_000))
  if (depth <= 0) return leaf
  const side = numeric(type, name, scope, depth - 1)
  const sums = fc
    .tuple(fc.constantFrom('+', '-', 'smaller', 'larger' as const), side, side)
    .map(([fn, left, right]): Expr => ({ ...at, op: 'arith', fn, left, right, type }))
  if (type !== NUMBER) return fc.oneof(leaf, sums)
  return fc.oneof(
    leaf,
    sums,
    fc
      .tuple(fc.constantFrom('*', '/' as const), side, side)
      .map(([fn, left, right]): Expr => ({ ...at, op: 'arith', fn, left, right, type })),
    textual(scope).map((of): Expr => ({ ...at, op: 'length', of, type })),
    textual(scope).map((key): Expr => ({ ...at, op: 'lookup', table: 'rate', keys: [key], type })),
    fc.constant<Expr>({ ...at, op: 'count', list: field('l', NUMBERS), name: 'x', type }),
    flags({ ...scope, variable: ITEM }, depth - 1).map(
      (where): Expr => ({ ...at, op: 'count', list: field('r', ITEMS), name: 'x', where, type }),
    ),
    numeric(NUMBER, 'n', { ...scope, variable: ITEM }, depth - 1).map(
      (of): Expr => ({ ...at, op: 'total', list: field('r', ITEMS), name: 'x', of, type }),
    ),
  )
}

function textual(scope: Scope): fc.Arbitrary<Expr> {
  return fc.oneof(
    read('t', TEXT, scope),
    read('toString', TEXT, scope),
    read('c', TIER, scope),
    literals(TEXT, 'gold', 'SECRET', 'Strasse', ''),
    literals(TIER, 'gold', 'Silver'),
    fc.constantFrom<Expr[]>(
      { ...at, op: 'meta', name: 'agent', type: TEXT },
      { ...at, op: 'meta', name: 'peer', type: TEXT },
    ),
  )
}

function flags(scope: Scope, depth: number): fc.Arbitrary<Expr> {
  const compared = (side: fc.Arbitrary<Expr>) =>
    fc
      .tuple(comparison, side, side)
      .map(([cmp, left, right]): Expr => ({ ...at, op: 'compare', cmp, left, right, type: FLAG }))
  const leaf = fc.oneof(
    read('y', FLAG, scope),
    literals(FLAG, true, false),
    compared(fc.oneof(textual(scope), weekdayOf(scope), literals(TEXT, 'Sunday'))),
    compared(numeric(NUMBER, 'n', scope, depth - 1)),
    compared(numeric(USD, 'm', scope, depth - 1)),
    compared(fc.oneof(numeric(DURATION, 'u', scope, 0), clockOf(scope))),
    compared(fc.oneof(numeric(NUMBER, 'n', scope, 0), hourOf(scope), literals(NUMBER, 6))),
    compared(fc.oneof(read('d', DATE, scope), literals(DATE, 19_782), dayOf(scope))),
    compared(fc.oneof(zoned(scope), fc.constant<Expr>({ ...at, op: 'meta', name: 'now', type: TIME }))),
    fc
      .tuple(
        fc.constantFrom('contains', 'starts', 'ends', 'equals' as const),
        textual(scope),
        fc.array(textual(scope), { maxLength: 2 }),
        fc.boolean(),
        fc.boolean(),
      )
      .map(
        ([test, subject, any, exactly, words]): Expr => ({
          ...at,
          op: 'text',
          test,
          subject,
          any,
          exactly,
          words,
          type: FLAG,
        }),
      ),
    fc.tuple(textual(scope), fc.constantFrom('[a-z]+', 'gold|x', '[0-9]{4}'), fc.boolean(), fc.boolean()).map(
      ([subject, pattern, find, exactly]): Expr => ({
        ...at,
        op: 'matches',
        subject,
        pattern,
        find,
        exactly,
        type: FLAG,
      }),
    ),
    fc
      .tuple(textual(scope), fc.constantFrom('card_number', 'email_address', 'nobody_knows'))
      .map(([subject, detector]): Expr => ({ ...at, op: 'detects', subject, detector, type: FLAG })),
    fc.tuple(textual(scope), fc.array(textual(scope), { maxLength: 3 })).map(
      ([one, items]): Expr => ({
        ...at,
        op: 'in',
        item: one,
        list: { ...at, op: 'list', items, type: { kind: 'list', of: TEXT } },
        type: FLAG,
      }),
    ),
    numeric(NUMBER, 'n', scope, 0).map(
      (one): Expr => ({ ...at, op: 'in', item: one, list: field('l', NUMBERS), type: FLAG }),
    ),
    textual(scope).map(
      (one): Expr => ({
        ...at,
        op: 'in',
        item: one,
        list: { ...at, op: 'keys', of: field('k', MAP), type: { kind: 'list', of: TEXT } },
        type: FLAG,
      }),
    ),
    fc
      .oneof(textual(scope), numeric(NUMBER, 'n', scope, 0))
      .map((of): Expr => ({ ...at, op: 'present', of, type: FLAG })),
    fc.constant<Expr>({ ...at, op: 'same', left: field('r', ITEMS), right: field('r', ITEMS), type: FLAG }),
    fc.constant<Expr>({ ...at, op: 'same', left: field('o', ITEM), right: field('k', MAP), type: FLAG }),
  )
  if (depth <= 0) return leaf
  const inner = flags(scope, depth - 1)
  return fc.oneof(
    leaf,
    inner.map((of): Expr => ({ ...at, op: 'not', of, type: FLAG })),
    fc
      .tuple(fc.constantFrom('and', 'or' as const), fc.array(inner, { minLength: 1, maxLength: 3 }))
      .map(([op, of]): Expr => ({ ...at, op, of, type: FLAG })),
    fc
      .tuple(fc.constantFrom('some', 'every' as const), flags({ ...scope, variable: ITEM }, depth - 1))
      .map(([op, where]): Expr => ({ ...at, op, list: field('r', ITEMS), name: 'x', where, type: FLAG })),
    fc.tuple(fc.constantFrom('some', 'every' as const), flags({ ...scope, variable: NUMBER }, depth - 1)).map(
      ([op, where]): Expr => ({
        ...at,
        op,
        list: { ...at, op: 'list', items: [{ ...at, op: 'literal', value: 1, type: NUMBER }], type: NUMBERS },
        name: 'x',
        where,
        type: FLAG,
      }),
    ),
  )
}

const zoned = (scope: Scope): fc.Arbitrary<Expr> =>
  read('i', TIME, scope).map((expr) => (expr.op === 'field' ? { ...expr, zone: 'America/New_York' } : expr))
const hourOf = (scope: Scope): fc.Arbitrary<Expr> =>
  zoned(scope).map(
    (of): Expr => ({ ...at, op: 'wall', part: 'hour', of, zone: 'Europe/Berlin', type: NUMBER }),
  )
const clockOf = (scope: Scope): fc.Arbitrary<Expr> =>
  zoned(scope).map(
    (of): Expr => ({ ...at, op: 'wall', part: 'clock', of, zone: 'America/New_York', type: DURATION }),
  )
const weekdayOf = (scope: Scope): fc.Arbitrary<Expr> =>
  zoned(scope).map((of): Expr => ({ ...at, op: 'wall', part: 'weekday', of, zone: 'UTC', type: TEXT }))

const dayOf = (scope: Scope): fc.Arbitrary<Expr> =>
  zoned(scope).map((of): Expr => ({ ...at, op: 'day', of, zone: 'Europe/Berlin', type: DATE }))

// ---------------------------------------------------------------- properties

const runs = { numRuns: 1_500 }

test('generated truth is interpreted truth, for any well-typed expression over any JSON', () => {
  fc.assert(
    fc.property(
      flags({ bound: false }, 3),
      fc.array(fields, { minLength: 1, maxLength: 4 }),
      (expr, records) => {
        const generated = generateTruth(expr, tables)
        for (const record of records) {
          const one = step('pay', record)
          expect(generated(one, undefined)).toBe(
            holds(expr, { step: one, fields: record, tables, bindings: [], locals: [] }),
          )
        }
      },
    ),
    runs,
  )
})

test('both engines give the same verdicts, with bindings, named values and undecided conditions', () => {
  const result = steps({ kinds: ['result'], names: ['look'] })
  fc.assert(
    fc.property(
      fc.array(flags({ bound: true }, 2), { minLength: 1, maxLength: 3 }),
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
          expect(fast.judge(fastCells, one)).toEqual(slow.judge(slowCells, one))
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
