/** What can be said of a policy whatever machines run under it. */

import { mayMatch } from '#dsl/judge/applicable.ts'
import type { Step } from '#dsl/judge/step.ts'
import type { Reason } from '#dsl/judge/verdict.ts'
import { reach } from '#dsl/lint/reason/reach.ts'
import type { Plan, StepPattern } from '#dsl/plan/plan.ts'
import { passes, type Shown, stepsOf, surveyPolicy, type Tried } from '#dsl/prove/any-agents.ts'
import { contradictionsIn, wantedBy } from '#dsl/prove/contradictions.ts'
import { patternsOf } from '#dsl/prove/examples.ts'
import type { Solver } from '#dsl/prove/logic/solver.ts'
import { addressOf, contradiction, isSurely, meeting, pairsIn, shownCheck } from '#dsl/prove/pairs.ts'
import { type Check, checkKey, checksOf, keyOf } from './checks.ts'
import { type Inquiry, inquire } from './inquiry.ts'

export type PolicyVerdict =
  | { readonly kind: 'proved'; readonly how: string }
  | { readonly kind: 'refuted'; readonly steps: readonly Step[]; readonly reason?: Reason }
  | { readonly kind: 'unknown'; readonly why: string }

export interface PolicyAnswer {
  /**
   * `can-never-speak`: no step of any agent makes the check speak. `contradicts`: what it asks for is always stopped, by whatever
   * checks. `pair`: one other check alone never lets through what it asks for.
   */
  readonly claim: 'can-never-speak' | 'contradicts' | 'pair'
  /** A check, or what an agent may do. */
  readonly check: string
  /** The other one of a pair. */
  readonly with?: string
  readonly at: { readonly file: string; readonly line: number }
  readonly verdict: PolicyVerdict
}

/** Situations looked at. */
export const POLICY_STATES_MAX = 100

/** Steps that are tried where a check is looked for once more. */
const ABOUT_MAX = 40

export interface PolicyOptions {
  readonly statesMax?: number
  /** Asked where finite reasoning does not reach. */
  readonly solver?: Solver
  /** What was worked out about the policy already. */
  readonly inquiry?: Inquiry
}

export function provePolicy(plan: Plan, at: number, options: PolicyOptions = {}): PolicyAnswer[] {
  const { statesMax = POLICY_STATES_MAX, solver, inquiry = inquire(plan, at, solver) } = options
  const { ground } = inquiry
  const tried = stepsOf(plan, at)
  const wanted = plan.consistencies.flatMap((one) => wantedBy(one))
  const happened = new Map<StepPattern, readonly Step[]>()
  const shown = new Map<string, Shown>()
  const isSilent = (check: Check): boolean => !shown.has(keyOf(check, plan))
  const look = (steps: readonly Tried[], only?: Check): void => {
    const found = surveyPolicy(plan, {
      statesMax,
      at,
      tried: steps,
      keyOf: checkKey,
      enough: (found) =>
        only
          ? found.has(keyOf(only, plan))
          : happened.size === wanted.length &&
            checksOf(plan).every((check) => !isSilent(check) || found.has(keyOf(check, plan))),
      judged(steps, verdict) {
        const step = steps.at(-1)
        if (!step || !passes(verdict)) return
        for (const pattern of wanted)
          if (!happened.has(pattern) && isSurely(pattern, step, ground.tables)) happened.set(pattern, steps)
      },
    })
    for (const [key, one] of found) if (!shown.has(key)) shown.set(key, one)
  }
  look(tried)
  // What no made up value brings about is asked of the solver, and then judged beside the others.
  const examples = askedFor(inquiry, isSilent, happened)
  if (examples.length > 0) look([...examples, ...tried])
  // What is lost among all that agents may do is looked for among the steps that matter to it.
  for (const check of checksOf(plan)) {
    if (!isSilent(check) || neverSpeaks(check)) continue
    look(stepsAbout(check, plan, [...examples, ...tried]).slice(0, ABOUT_MAX), check)
  }
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
      const by = clash?.by.map(shownCheck).join(', ')
      const verdict: PolicyVerdict = clash
        ? {
            kind: 'proved',
            how: `it asks for ${clash.wanted.shown}, which ${by ? `${by} always stops` : 'no agent may do'}`,
          }
        : allowed(wantedBy(consistency))
      return { claim: 'contradicts', check: consistency.name, at: placeOf(consistency), verdict }
    })
  return [...speaks, ...clashes, ...pairs()]

  function pairs(): PolicyAnswer[] {
    return pairsIn(ground).map((pair): PolicyAnswer => {
      const { demand, against } = pair
      const how = contradiction(pair, ground)
      const steps =
        how === undefined
          ? meeting(pair, ground, [...examples, ...tried], at, checkKey, (check) => keyOf(check, plan))
          : undefined
      const verdict: PolicyVerdict =
        how !== undefined
          ? { kind: 'proved', how }
          : steps
            ? { kind: 'refuted', steps }
            : { kind: 'unknown', why: 'no step tried is what the one asks for and the other lets through' }
      return {
        claim: 'pair',
        check: demand.name,
        with: against.name,
        at: placeOf(demand.by ?? against),
        verdict,
      }
    })
  }

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

/** Of what the check speaks, and the consistencies that speak of the same. */
function stepsAbout(check: Check, { consistencies }: Plan, tried: readonly Tried[]): Tried[] {
  const isOf = (patterns: readonly StepPattern[]) => (step: Tried) =>
    patterns.some((pattern) => mayMatch(pattern, addressOf(step)))
  const own = tried.filter(isOf(patternsOf(check)))
  const beside = consistencies.map(patternsOf).filter((patterns) => own.some(isOf(patterns)))
  return tried.filter(isOf([...patternsOf(check), ...beside.flat()]))
}

function askedFor(
  { plan, examplesFor }: Inquiry,
  isSilent: (check: Check) => boolean,
  happened: ReadonlyMap<StepPattern, unknown>,
): Tried[] {
  return checksOf(plan)
    .filter(
      (check) =>
        isSilent(check) ||
        ('form' in check && 'scope' in check && wantedBy(check).some((one) => !happened.has(one))),
    )
    .flatMap(examplesFor)
}
