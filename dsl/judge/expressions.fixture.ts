/** Any well-typed expression over any JSON, drawn for the tests that hold the two engines to each other. */
import fc from 'fast-check'
import type { Compare, Expr, Table, Type } from '../plan/plan.ts'
import { binding, FLAG, field, get, NUMBER, TEXT, TIME, USD } from './plans.fixture.ts'
import type { Json, JsonObject } from './step.ts'

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

export const tables = new Map<string, Table>([
  ['rate', { name: 'rate', type: NUMBER, rows: { gold: 3, Silver: 1 } }],
])

// ---------------------------------------------------------------- fields

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
/** What a step may come with: mostly right, sometimes missing or wrong. */
export const fields: fc.Arbitrary<JsonObject> = fc
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
  /** Detectors may be asked. */
  readonly scored?: boolean
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

/** What a schema's default puts in the place of what is not there. */
const defaulted = (read: fc.Arbitrary<Expr>, literal: fc.Arbitrary<Expr>): fc.Arbitrary<Expr> =>
  fc.tuple(read, literal).map(([of, to]): Expr => ({ ...at, op: 'default', of, to, type: of.type }))

const scoreOf = (scope: Scope): fc.Arbitrary<Expr> =>
  fc.tuple(textual(scope), fc.option(textual(scope), { nil: undefined }), fc.constantFrom(0, 5)).map(
    ([subject, to, cost]): Expr => ({
      ...at,
      op: 'score',
      detector: 'injection',
      subject,
      ...(to !== undefined && { to }),
      withinMs: 1_000,
      cost,
      type: NUMBER,
    }),
  )

export function numeric(type: Type, name: string, scope: Scope, depth: number): fc.Arbitrary<Expr> {
  const leaf = fc.oneof(
    read(name, type, scope),
    defaulted(read(name, type, scope), literals(type, 0, 7)),
    literals(type, 0, 1, 2, 100, 12_500_000),
  )
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
    defaulted(read('c', TIER, scope), literals(TIER, 'Silver')),
    literals(TEXT, 'gold', 'SECRET', 'Strasse', ''),
    literals(TIER, 'gold', 'Silver'),
    fc.constantFrom<Expr[]>(
      { ...at, op: 'meta', name: 'agent', type: TEXT },
      { ...at, op: 'meta', name: 'peer', type: TEXT },
    ),
  )
}

export function flags(scope: Scope, depth: number): fc.Arbitrary<Expr> {
  const compared = (side: fc.Arbitrary<Expr>) =>
    fc
      .tuple(comparison, side, side)
      .map(([cmp, left, right]): Expr => ({ ...at, op: 'compare', cmp, left, right, type: FLAG }))
  const leaf = fc.oneof(
    read('y', FLAG, scope),
    defaulted(read('y', FLAG, scope), literals(FLAG, true)),
    ...(scope.scored ? [compared(fc.oneof(scoreOf(scope), literals(NUMBER, 0.5)))] : []),
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
