/** Steps that a solver finds for what a policy speaks of: beside the made up ones, those that its arithmetic asks for. */
import { conditionOf, type Ground, type Want } from '../lint/reason/conditions.ts'
import { type Place, placesOf } from '../lint/reason/places.ts'
import type { Consistency, Flow, Rule, StepPattern } from '../plan/plan.ts'
import { actedBy, type Tried } from './any-agents.ts'
import { patternsIn } from './constants.ts'
import { exampleOf, holdsOf } from './logic/decide.ts'
import type { Solver } from './logic/solver.ts'
import type { Sampling } from './samples.ts'

/** Questions for one check. */
const QUESTIONS_MAX = 24

/** Steps of which the check speaks: with nothing else stopping them, where that can be. */
export function examplesFor(
  check: Rule | Consistency | Flow,
  ground: Ground,
  solver: Solver,
  sampling: Sampling,
  at: number,
): Tried[] {
  const { plan } = ground
  const stopping = plan.rules.filter(({ action }) => action.kind === 'deny' || action.kind === 'quarantine')
  const asked = patternsOf(check).flatMap((pattern) =>
    placesOf(pattern, plan).map((place) => ({ pattern, place })),
  )
  return asked.slice(0, QUESTIONS_MAX).flatMap(({ pattern, place }) => {
    const holds = [holdsOf('when' in check && pattern === check.when ? check : conditionOf(pattern))]
    const free = stopping
      .filter((rule) => rule !== check && rule.bindings.length === 0)
      .filter(({ when }) => when.any.some(({ kinds = ['calls'] }) => kinds.includes(place.kind)))
      .map((rule): Want => ({ expr: rule.when.where, of: rule, wanted: false, certain: true }))
      .filter(({ expr }) => expr !== undefined)
    const example =
      (free.length > 0 ? exampleOf([...holds, ...free], place, ground, solver, sampling, at) : undefined) ??
      exampleOf(holds, place, ground, solver, sampling, at)
    return example === undefined ? [] : [stepAt(place, example.at ?? at, example)]
  })
}

function stepAt(
  { kind, agent = 'somebody', name = '', peer }: Place,
  at: number,
  { fields, roles, tenant, peer: other }: NonNullable<ReturnType<typeof exampleOf>>,
): Tried {
  const whom = peer ?? other
  return {
    kind,
    agent,
    ...actedBy(agent),
    at,
    name,
    fields,
    ...(whom !== undefined && { peer: whom }),
    ...(roles !== undefined && { roles }),
    ...(tenant !== undefined && { tenant }),
  }
}

/** The steps it speaks of. */
export function patternsOf(check: Rule | Consistency | Flow): readonly StepPattern[] {
  if ('when' in check) return [check.when, ...check.bindings.map(({ of }) => of)]
  return patternsIn('during' in check ? [check.form, check.during] : check.form)
}
