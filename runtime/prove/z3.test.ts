/** Questions to the solver, held against the judge's interpreter. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fields as anyFields, flags, tables } from '#dsl/judge/expressions.fixture.ts'
import { interpret } from '#dsl/judge/interpret.ts'
import type { JsonObject, Step } from '#dsl/judge/step.ts'
import { fold } from '#dsl/judge/text.ts'
import { presentAt, read, walk } from '#dsl/judge/values.ts'
import { type Seen, Source } from '#dsl/prove/logic/scene.ts'
import { type Solver, solve } from '#dsl/prove/logic/solver.ts'
import { eq, not, Question, real, whole, YES } from '#dsl/prove/logic/terms.ts'
import { Translation } from '#dsl/prove/logic/translate.ts'
import { loadSolver } from './z3.ts'

const loaded = await loadSolver()

function solver(): Solver {
  if (loaded.kind === 'missing') throw new Error(loaded.why)
  return loaded.solver
}

/** What is read, as it is in this very step. */
function pin(question: Question, { path, type, zone, reading }: Seen, fields: JsonObject): void {
  const value = read(walk(fields, path), type, zone)
  if (reading.kind === 'other') return
  if (value === undefined) return question.assert(not(reading.known))
  question.assert(reading.known)
  if (reading.kind === 'flag') question.assert(value === true ? reading.is : not(reading.is))
  if (reading.kind === 'number' && typeof value === 'number')
    question.assert(eq(reading.is, reading.sort === 'Int' ? whole(value) : real(value)))
  if (reading.kind === 'text' && typeof value === 'string') {
    question.assert(eq(reading.raw, question.text(value)))
    question.assert(eq(reading.folded, question.text(fold(value))))
  }
}

const STEP = {
  kind: 'calls',
  agent: 'clerk',
  actor: 'c/clerk',
  conversation: 'c',
  turn: 1,
  name: 'act',
} as const

test('however a condition comes out in the judge, the solver holds that to be possible', () => {
  const outcomes = { true: 0, false: 0, undefined: 0 }
  let exact = 0
  fc.assert(
    fc.property(flags({ bound: false, scored: false }, 3), anyFields, (expr, fields) => {
      const step: Step = { ...STEP, at: 1_700_000_000_000, fields }
      const truth = interpret(expr, { step, fields, tables, bindings: [], locals: [] })
      const outcome = typeof truth === 'boolean' ? truth : undefined
      outcomes[`${outcome}`]++
      const asked = (which: boolean | undefined): string => {
        const question = new Question()
        const source = new Source(question, undefined, YES)
        const about = { kind: 'calls', agent: 'clerk', name: 'act', peer: undefined }
        const translation = new Translation(question, about, source, tables)
        const { yes, no } = translation.truth(expr)
        translation.texts.settle()
        question.assert(which === true ? yes : which === false ? no : not(yes))
        if (which === undefined) question.assert(not(no))
        for (const seen of source.seen) pin(question, seen, fields)
        for (const { path, there } of source.places)
          question.assert(presentAt(fields, path) === true ? there : not(there))
        return solve(solver(), question).kind
      }
      expect(asked(outcome)).not.toBe('cannot')
      const others = [true, false, undefined].filter((one) => one !== outcome)
      if (others.every((other) => asked(other) === 'cannot')) exact++
    }),
    { numRuns: 100, seed: 3 },
  )
  expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(5)
  // A translation to which anything is possible would pass.
  expect(exact).toBeGreaterThan(20)
})
