/** What a step of another agent in the same conversation leaves behind. */
import type { Cells } from '#dsl/judge/cells.ts'
import type { Judge } from '#dsl/judge/judge.ts'
import { hasHappened } from '#dsl/judge/ledgers.ts'
import { applyRepairs } from '#dsl/judge/repair.ts'
import type { Step } from '#dsl/judge/step.ts'

/**
 * False: it is not let through, and leaves nothing behind. What detectors, ledgers or people say of it may always be the best, so that
 * it does all that it might.
 */
export function remember(judge: Judge, cells: Cells, given: Step): boolean {
  let step = given
  let verdict = judge.decide(cells, step)
  if (verdict.kind === 'repair') {
    step = { ...step, fields: applyRepairs(step.fields, verdict.repairs) }
    verdict = judge.decide(cells, step)
  }
  const may = verdict.kind === 'allow' || verdict.kind === 'ask' || verdict.needs || hasHappened(step)
  if (!may) return false
  judge.advance(cells, step)
  return true
}
