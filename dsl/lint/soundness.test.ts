/** What the linter claims of a rule is held against the judge's interpreter, over random rules and random steps. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Cells } from '../judge/cells.ts'
import { createJudge } from '../judge/create.ts'
import { holds } from '../judge/interpret.ts'
import { validate } from '../judge/shape.ts'
import type { Json, JsonObject, Step } from '../judge/step.ts'
import { compile } from '../pipeline.ts'
import type { Expr, Plan } from '../plan/plan.ts'
import { type Source, source } from '../source.ts'
import { lint } from './lint.ts'

const VOCABULARY = `policy "P" version 1
schema Order {
  amount: money in USD, over 0 USD, at most 100 USD
  pieces: whole number, from 1 to 5
  weight: number, under 10, optional
  sort:   one of "a", "b", "c"
  note:   text, at most 5 characters
  extra:  text, optional
  vip:    yes or no
  tags:   list of text, at least 1, at most 3
  low:    whole number, from 0 to 4
  high:   whole number, from 0 to 4
  check "In order": low <= high
}
tool act(Order) { external }
agent clerk { may call act }
`

const cmp = fc.constantFrom('<', '<=', '>', '>=', '=', '!=')
const word = fc.constantFrom('"a"', '"b"', '"AB"', '"c"')
const some = fc.tuple(word, word).map((words) => words.join(', '))
const leaf = fc.oneof(
  fc.tuple(cmp, fc.constantFrom(0, 50, 100, 101)).map(([how, by]) => `amount ${how} ${by} USD`),
  fc.tuple(cmp, fc.constantFrom(0, 1, 3, 5, 2.5)).map(([how, by]) => `pieces ${how} ${by}`),
  fc.tuple(cmp, fc.constantFrom(0, 9.5, 10)).map(([how, by]) => `weight ${how} ${by}`),
  fc.tuple(cmp, fc.constantFrom(0, 3, 4)).map(([how, by]) => `count of tags ${how} ${by}`),
  fc.tuple(cmp, fc.constantFrom(0, 5)).map(([how, by]) => `length of note ${how} ${by}`),
  fc.tuple(cmp, fc.constantFrom(-5, 0, 2)).map(([how, by]) => `pieces - low ${how} ${by}`),
  cmp.map((how) => `low ${how} high`),
  cmp.map((how) => `high ${how} pieces`),
  fc.constantFrom('"a"', '"b"', '"c"').map((option) => `sort is ${option}`),
  fc.constantFrom('"a", "b"', '"a", "b", "c"').map((options) => `sort is one of ${options}`),
  fc.tuple(fc.constantFrom('note', 'extra'), word).map(([of, by]) => `${of} is ${by}`),
  fc.tuple(fc.constantFrom('note', 'extra'), word).map(([of, by]) => `${of} is ${by} exactly`),
  fc.tuple(fc.constantFrom('note', 'extra'), some).map(([of, by]) => `${of} is not one of ${by}`),
  fc.tuple(fc.constantFrom('note', 'extra'), word).map(([of, by]) => `${of} contains ${by}`),
  fc.tuple(fc.constantFrom('note', 'extra'), word).map(([of, by]) => `${of} starts with ${by}`),
  fc.constantFrom('extra is present', 'extra is missing', 'weight is missing', 'note is present'),
  fc.constantFrom('vip', 'vip = no', 'agent is "clerk"', 'extra is note'),
  word.map((by) => `some t in tags has (t is ${by} and t is not "b")`),
  word.map((by) => `every t in tags has (t is ${by})`),
)

const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    { weight: 2, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => `((${a}) and (${b}))`),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => `((${a}) or (${b}))`),
    },
    { weight: 1, arbitrary: tie('condition').map((of) => `not (${of})`) },
  ),
}))

const text = fc.constantFrom('', 'a', 'b', 'A', 'ab', 'AB', 'c', 'xyz', '\u200ba')
const declared: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      amount: fc.constantFrom(0.01, 49.99, 50, 50.01, 99.5, 100),
      pieces: fc.integer({ min: 1, max: 5 }),
      weight: fc.constantFrom(-1, 0, 9.5, 9.75),
      sort: fc.constantFrom('a', 'b', 'c'),
      note: text,
      extra: text,
      vip: fc.boolean(),
      tags: fc.array(text, { minLength: 1, maxLength: 3 }),
      low: fc.integer({ min: 0, max: 4 }),
      high: fc.integer({ min: 0, max: 4 }),
    },
    { requiredKeys: ['amount', 'pieces', 'sort', 'note', 'vip', 'tags', 'low', 'high'] },
  )
  .map((fields): JsonObject => ({ ...fields }))

/** Anything under the fields' names: missing, null, of another type, out of range. */
const wild: fc.Arbitrary<JsonObject> = fc
  .tuple(
    declared,
    fc.dictionary(
      fc.constantFrom('amount', 'pieces', 'weight', 'sort', 'note', 'extra', 'vip', 'tags', 'low', 'high'),
      fc.constantFrom<Json>(null, 1000, -3, 2.5, 'd', true, [], ['a', null, 3]),
    ),
  )
  .map(([fields, changed]): JsonObject => ({ ...fields, ...changed }))

function stepOf(fields: JsonObject): Step {
  const who = { agent: 'clerk', actor: 'c/clerk', conversation: 'c' }
  return { kind: 'calls', name: 'act', ...who, turn: 1, at: 1_700_000_000_000, fields }
}

interface Outcome {
  /** By the rule's name. */
  readonly of: Readonly<Record<string, string>>
}

function judged(plan: Plan, steps: readonly JsonObject[]): Outcome[] {
  const judge = createJudge(plan, { engine: 'interpreted' })
  return steps.map((fields) => ({
    of: Object.fromEntries(
      judge.explain(new Cells(), stepOf(fields)).checks.map((check) => [check.check, check.outcome]),
    ),
  }))
}

function asDeclared(plan: Plan, steps: readonly JsonObject[]): JsonObject[] {
  return steps.filter((fields) => validate(plan.tools[0]!.takes, fields).length === 0)
}

function spansOf(code: string, of: Source): (readonly [number, number])[] {
  const { errors, findings } = lint(of)
  expect(errors).toEqual([])
  return findings.filter((finding) => finding.code === code).map((finding) => finding.span)
}

const TABLES = new Map()

/** Whether the part of the rule's condition at `span` holds for a step. */
function partHolds(plan: Plan, [start, end]: readonly [number, number], fields: JsonObject): boolean {
  const where = plan.rules[0]?.when.where
  const parts: readonly Expr[] =
    where?.op === 'and' ? [where, ...where.of] : where === undefined ? [] : [where]
  const part = parts.find(({ span }) => span[0] === start && span[1] === end)
  const scene = { step: stepOf(fields), fields, tables: TABLES, bindings: [], locals: [] }
  return holds(part, scene) === true
}

const steps = fc.array(declared, { minLength: 25, maxLength: 25 })
const wildSteps = fc.array(wild, { minLength: 25, maxLength: 25 })
const RUNS = { numRuns: 150, seed: 7 }

test.each([
  ['deny', steps, true],
  ['alert ops', wildSteps, false],
] as const)(
  'what never, always or never certainly holds does so in the judge: %s',
  (action, given, onlyDeclared) => {
    const claimed = { never: 0, unknown: 0, always: 0 }
    fc.assert(
      fc.property(condition, given, (where, fields) => {
        const of = source(`${VOCABULARY}rule "R" { when clerk calls act and (${where}) then ${action} }`)
        const { plan } = compile(of)
        const seen = onlyDeclared ? asDeclared(plan!, fields) : fields
        const outcomes = judged(plan!, seen).map((one) => one.of['R'])
        if (spansOf('L0001', of).length > 0) {
          claimed.never++
          expect(outcomes.filter((outcome) => outcome !== 'quiet')).toEqual([])
        }
        if (spansOf('L0016', of).length > 0) {
          claimed.unknown++
          expect(outcomes.filter((outcome) => outcome === 'fired')).toEqual([])
        }
        for (const span of spansOf('L0002', of)) {
          claimed.always++
          expect(seen.filter((one) => !partHolds(plan!, span, one))).toEqual([])
        }
      }),
      RUNS,
    )
    // A linter that claims nothing would pass.
    expect(Math.min(claimed.never, claimed.unknown)).toBeGreaterThan(0)
    if (onlyDeclared) expect(claimed.always).toBeGreaterThan(3)
  },
)

test('what is shadowed or overruled never decides in the judge', () => {
  const claimed = { shadowed: 0, overruled: 0 }
  fc.assert(
    fc.property(condition, condition, fc.boolean(), steps, (first, second, ask, fields) => {
      const action = ask ? 'ask boss within 1 hour, otherwise deny' : 'deny'
      const of = source(
        `${VOCABULARY}rule "A" { when clerk calls act and (${first}) then deny }
         rule "B" { when clerk calls act and (${second}) and (${first} or vip) then ${action} }`,
      )
      const { plan } = compile(of)
      const outcomes = judged(plan!, asDeclared(plan!, fields)).map((one) => one.of)
      if (spansOf('L0004', of).length > 0) {
        claimed.shadowed++
        expect(outcomes.filter(({ A, B }) => B !== 'quiet' && A === 'quiet')).toEqual([])
      }
      if (spansOf('L0005', of).length > 0) {
        claimed.overruled++
        expect(outcomes.filter(({ A, B }) => B === 'fired' && A === 'quiet')).toEqual([])
      }
    }),
    RUNS,
  )
  expect(Math.min(claimed.shadowed, claimed.overruled)).toBeGreaterThan(3)
})
