/**
 * What other agents of the fleet do in the same conversation, where a check of this agent remembers it: any step that their
 * declarations list and the policy lets through, at any time. More than they ever do, so that what is proved holds whatever they do; a
 * path on which they act says so.
 */
import { children } from '#dsl/judge/children.ts'
import { fieldsAt, isAllowed, meets } from '#dsl/lint/reason/places.ts'
import type { Consistency, Expr, Plan, Rule, StepPattern } from '#dsl/plan/plan.ts'
import { stepsOf, type Tried } from '#dsl/prove/any-agents.ts'
import { patternsIn } from '#dsl/prove/constants.ts'
import { type Sampling, samplesOf } from '#dsl/prove/samples.ts'
import type { Happening } from './situation.ts'

export interface Others {
  readonly happenings: readonly Happening[]
  /** Checks that remember steps of others, by name in quotes. */
  readonly checks: readonly string[]
  /** What others do counts and is not tried at all. */
  readonly untold: readonly string[]
  /** Why they may do more than is tried. */
  readonly gaps: readonly string[]
}

/** Steps of others that are tried in each situation. */
const OTHERS_MAX = 40
/** Of these all that matters is declared. */
const FOLLOWED: ReadonlySet<string> = new Set(['calls', 'sends', 'receives', 'result'])

/** `plan`: without the checks that never look at a step of the agent. */
export function othersOf(plan: Plan, role: string, at: number, sampling: Sampling): Others {
  // What others do to a ledger is tried with its answers.
  const checks = [...plan.consistencies.filter(({ scope }) => scope !== 'fleet'), ...plan.rules]
  const shared = checks.flatMap((check) => {
    const patterns = remembered(check).filter((pattern) => othersMay(plan, role, pattern))
    return patterns.length > 0 ? [{ check, patterns }] : []
  })
  const patterns = shared.flatMap((one) => one.patterns)
  const fits = ({ kind, agent, name, peer }: Tried): boolean =>
    agent !== role &&
    plan.agents.some((one) => one.name === agent) &&
    isAllowed({ kind, agent, name, peer }, plan) &&
    patterns.some(({ any }) => any.some((selector) => meets(selector, { kind, agent, name, peer })))
  const steps = patterns.length === 0 ? [] : stepsOf(plan, at).filter(fits)
  const open = new Set(
    steps.flatMap(({ kind, name, agent }) => {
      const shape = fieldsAt({ kind, agent, name, peer: undefined }, plan)
      return shape && samplesOf(shape, sampling).open.length > 0 ? [name] : []
    }),
  )
  return {
    happenings: steps.slice(0, OTHERS_MAX).map(({ at: _, ...step }) => ({ kind: 'other' as const, step })),
    checks: shared.map(({ check }) => `"${check.name}"`),
    untold:
      plan.flows.length > 0 && plan.agents.length > 1
        ? ['what other agents are told counts for where values come from']
        : [],
    gaps: [
      ...[...open].map((name) => `what other agents put into \`${name}\` may be any`),
      ...(steps.length > OTHERS_MAX
        ? [`of what other agents may do only ${OTHERS_MAX} steps are tried`]
        : []),
      ...(patterns.every(isFollowed) ? [] : ['other agents do what is not declared in full']),
    ],
  }
}

/** All a step of the pattern is told apart by is tried: kind, name and fields. */
function isFollowed({ any, where }: StepPattern): boolean {
  return (
    any.every(({ kinds }) => kinds?.every((kind) => FOLLOWED.has(kind)) ?? false) &&
    (where === undefined || !readsStanding(where))
  )
}

function readsStanding(expr: Expr): boolean {
  return (
    (expr.op === 'meta' && (expr.name === 'roles' || expr.name === 'tenant' || expr.name === 'peer')) ||
    expr.op === 'score' ||
    children(expr).some(readsStanding)
  )
}

/** Steps a check keeps in mind; those that are judged by it alone are not. */
function remembered(check: Rule | Consistency): StepPattern[] {
  if ('form' in check) return patternsIn([check.form, check.during])
  return check.bindings.flatMap(({ of, tally }) => [of, ...(tally?.after ? [tally.after] : [])])
}

function othersMay(plan: Plan, role: string, { any }: StepPattern): boolean {
  return plan.agents.some(
    ({ name: agent }) =>
      agent !== role &&
      any.some((selector) =>
        (selector.kinds ?? ['calls']).some((kind) => {
          const names = selector.names ?? [undefined]
          return names.some((name) => {
            const place = { kind, agent, name, peer: undefined }
            return meets(selector, place) && isAllowed(place, plan)
          })
        }),
      ),
  )
}
