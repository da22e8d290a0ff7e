/** What can be said of a policy whatever machines run under it. */

import { mayMatch } from '#dsl/judge/applicable.ts'
import { holds } from '#dsl/judge/interpret.ts'
import type { Step } from '#dsl/judge/step.ts'
import type { Reason } from '#dsl/judge/verdict.ts'
import { groundOf } from '#dsl/lint/reason/conditions.ts'
import { reach } from '#dsl/lint/reason/reach.ts'
import type { Plan, StepPattern, Table } from '#dsl/plan/plan.ts'
import { surveyPolicy } from '#dsl/prove/any-agents.ts'
import { contradictionsIn, wantedBy } from '#dsl/prove/contradictions.ts'
import { type Check, checkKey, checksOf, keyOf } from './checks.ts'

export type PolicyVerdict =
  | { readonly kind: 'proved'; readonly how: string }
  | { readonly kind: 'refuted'; readonly steps: readonly Step[]; readonly reason?: Reason }
  | { readonly kind: 'unknown'; readonly why: string }

export interface PolicyAnswer {
  /** `can-never-speak`: no step of any agent makes the check speak. `contradicts`: what it asks for is always stopped. */
  readonly claim: 'can-never-speak' | 'contradicts'
  readonly check: string
  readonly at: { readonly file: string; readonly line: number }
  readonly verdict: PolicyVerdict
}

/** Situations looked at. */
export const POLICY_STATES_MAX = 100

export function provePolicy(plan: Plan, at: number, statesMax = POLICY_STATES_MAX): PolicyAnswer[] {
  const ground = groundOf(plan)
  const wanted = plan.consistencies.flatMap((one) => wantedBy(one))
  const keys = checksOf(plan).map((check) => keyOf(check, plan))
  const happened = new Map<StepPattern, readonly Step[]>()
  const shown = surveyPolicy(plan, {
    statesMax,
    at,
    keyOf: checkKey,
    enough: (found) => happened.size === wanted.length && keys.every((key) => found.has(key)),
    letThrough(steps) {
      const step = steps.at(-1)
      for (const pattern of wanted)
        if (step && !happened.has(pattern) && isSurely(pattern, step, ground.tables))
          happened.set(pattern, steps)
    },
  })
  const contradictions = contradictionsIn(ground)
  const placeOf = (check: Check) => ({ file: check.library ?? plan.policy.file, line: check.line })
  const speaks = checksOf(plan).map((check): PolicyAnswer => {
    const found = shown.get(keyOf(check, plan))
    const verdict: PolicyVerdict = found
      ? { kind: 'refuted', steps: found.steps, reason: found.reason }
      : neverSpeaks(check)
        ? { kind: 'proved', how: 'its condition cannot hold of any step that is not refused before' }
        : { kind: 'unknown', why: `none of the values tried in ${statesMax} situations makes it speak` }
    return { claim: 'can-never-speak', check: check.name, at: placeOf(check), verdict }
  })
  const clashes = plan.consistencies
    .filter((one) => wantedBy(one).length > 0)
    .map((consistency): PolicyAnswer => {
      const clash = contradictions.find((one) => one.consistency === consistency)
      const by = clash?.by.map(({ name }) => `“${name}”`).join(', ')
      const verdict: PolicyVerdict = clash
        ? {
            kind: 'proved',
            how: `it asks for ${clash.wanted.shown}, which ${by ? `${by} always stops` : 'no agent may do'}`,
          }
        : allowed(wantedBy(consistency))
      return { claim: 'contradicts', check: consistency.name, at: placeOf(consistency), verdict }
    })
  return [...speaks, ...clashes]

  /** Every step it asks for was let through once. */
  function allowed(patterns: readonly StepPattern[]): PolicyVerdict {
    const steps = patterns.map((pattern) => happened.get(pattern))
    const last = steps.at(-1)
    return last && !steps.includes(undefined)
      ? { kind: 'refuted', steps: last }
      : { kind: 'unknown', why: 'no step tried is what it asks for and let through' }
  }

  function neverSpeaks(check: Check): boolean {
    if (!('when' in check)) return false
    const { action } = check
    const told = action.kind === 'alert' || action.kind === 'warn' || action.kind === 'quarantine'
    return reach({ condition: check, action, assumed: told ? 'any' : 'declared' }, ground) === 'never'
  }
}

function isSurely(pattern: StepPattern, step: Step, tables: ReadonlyMap<string, Table>): boolean {
  const { kind, agent, name, peer, fields } = step
  if (!mayMatch(pattern, { kind, agent, name, peer })) return false
  return holds(pattern.where, { step, fields, tables, bindings: [], locals: [] }) === true
}
