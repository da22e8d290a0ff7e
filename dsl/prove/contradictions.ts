/**
 * Checks that contradict: one asks for a step that others stop wherever it is taken. Proved by the reasoning the linter
 * uses: an implication that cannot fail at any sort of step.
 */
import { conditionOf, type Ground, implies } from '../lint/reason/conditions.ts'
import { isAllowed, type Place, placesOf } from '../lint/reason/places.ts'
import type { Consistency, Rule, StepPattern } from '../plan/plan.ts'

export interface Contradiction {
  readonly consistency: Consistency
  /** What it asks for and is never let through. */
  readonly wanted: StepPattern
  /** Who stops it: rules, or nobody where no agent may take it. */
  readonly by: readonly Rule[]
}

/** What a consistency asks for, which has to be possible: before a step, after it, or at all. */
export function wantedBy({ form }: Consistency): readonly StepPattern[] {
  switch (form.kind) {
    case 'needs':
    case 'needsEach':
    case 'quorum':
      return [form.earlier]
    case 'needsChain':
    case 'leadsTo':
      return form.chain
    case 'followedBy':
    case 'succession':
      return [form.by]
    case 'atLeast':
    case 'exactly':
      return form.times > 0 ? [form.what] : []
    case 'adjacent':
      return form.how === 'never' ? [] : [form.other]
    case 'pair':
      return form.how === 'requires' || form.how === 'together' ? [form.other] : []
    default:
      return []
  }
}

export function contradictionsIn(ground: Ground): Contradiction[] {
  return ground.plan.consistencies.flatMap((consistency) =>
    wantedBy(consistency).flatMap((wanted) => {
      const by = stoppedBy(wanted, ground)
      return by === undefined ? [] : [{ consistency, wanted, by }]
    }),
  )
}

/** Undefined: some step of the pattern may be let through, as far as is known. */
function stoppedBy(wanted: StepPattern, ground: Ground): readonly Rule[] | undefined {
  const { plan } = ground
  const stopping = plan.rules.filter(
    ({ action: { kind }, shadow, onError }) =>
      !shadow && onError === 'deny' && (kind === 'deny' || kind === 'quarantine' || kind === 'retry'),
  )
  const found = new Set<Rule>()
  for (const place of placesOf(wanted, plan)) {
    // What has happened cannot be stopped.
    if (place.kind === 'fails' || place.kind === 'spends') return undefined
    if (!isAllowed(place, plan)) continue
    const rule = stopping.find((one) => stopsAll(one, wanted, place, ground))
    if (rule === undefined) return undefined
    found.add(rule)
  }
  return [...found]
}

function stopsAll(rule: Rule, wanted: StepPattern, place: Place, ground: Ground): boolean {
  return implies(conditionOf(wanted), rule, place, { certain: false }, ground)
}
