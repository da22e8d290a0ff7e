/** What a test says that detectors say. */
import type { Evidence, EvidenceNeed, Grounds } from '../judge/grounds.ts'
import { evidenceKey, textsIn } from '../judge/scores.ts'
import type { Json, JsonObject } from '../judge/step.ts'
import { walk } from '../judge/values.ts'
import type { TestStep } from '../plan/plan.ts'

const textOf = (fields: JsonObject, path: readonly string[]): string =>
  textsIn(walk(fields, path) as Json).join('\n')

/** The answer of a test to a need of its step. */
export function answerOf({ scores = [], fields }: Pick<TestStep, 'scores' | 'fields'>) {
  return ({ detector, input }: EvidenceNeed): Evidence => {
    const said = scores.find(
      (score) => score.detector === detector && textOf(fields, score.of) === input.text,
    )
    return said === undefined
      ? { kind: 'failed', why: 'the test does not say it' }
      : { kind: 'found', value: said.value }
  }
}

/** What is known of a given step whether or not anything asks. */
export function groundsOf({ scores, fields }: TestStep): Grounds | undefined {
  if (scores === undefined) return undefined
  return {
    evidence: Object.fromEntries(
      scores.map(({ detector, of, value }) => [
        evidenceKey(detector, { text: textOf(fields, of) }),
        { kind: 'found' as const, value },
      ]),
    ),
  }
}
