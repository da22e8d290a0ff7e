/**
 * Every small change of a plan's rules, consistencies and flows, one at a time, each with what it says in words. Checks of a
 * library are left out whole only: their conditions are for the library's own tests. What is in shadow stops nothing, and what
 * is only owed falls due after the step a test looks at; neither can be seen by a test.
 */
import type { Binding, Meta, Plan, Rule, Span } from '../../plan/plan.ts'
import { otherActions } from './actions.ts'
import { type Change, each, inside } from './change.ts'
import { isOnlyOwed, otherConsistencies } from './consistencies.ts'
import { otherFlows } from './flows.ts'
import { stretched } from './numbers.ts'
import { otherJoins, otherPatterns, type World, worldOf } from './patterns.ts'

export interface Mutant {
  /** What is changed, in the policy's text. */
  readonly span: Span
  readonly says: string
  readonly plan: Plan
}

export interface Subject {
  readonly check: Meta
  /** Why no test can tell any change of it. */
  readonly unseen?: 'shadow' | 'owed'
  /** The first leaves it out whole. */
  readonly mutants: readonly Mutant[]
}

export function subjectsOf(plan: Plan): Subject[] {
  const world = worldOf(plan)
  return [
    ...subjects(plan.rules, otherRules, (rules) => ({ ...plan, rules }), world),
    ...subjects(
      plan.consistencies,
      otherConsistencies,
      (consistencies) => ({ ...plan, consistencies }),
      world,
      isOnlyOwed,
    ),
    ...subjects(plan.flows, otherFlows, (flows) => ({ ...plan, flows }), world),
  ]
}

function subjects<Check extends Meta>(
  checks: readonly Check[],
  othersOf: (check: Check, world: World) => Change<Check>[],
  planWith: (checks: readonly Check[]) => Plan,
  world: World,
  isOwed: (check: Check) => boolean = () => false,
): Subject[] {
  return checks.map((check, index) => {
    if (check.shadow) return { check, unseen: 'shadow', mutants: [] }
    if (isOwed(check)) return { check, unseen: 'owed', mutants: [] }
    const changes = check.library === undefined ? othersOf(check, world) : []
    return {
      check,
      mutants: [
        { span: check.span, says: 'left out', plan: planWith(checks.toSpliced(index, 1)) },
        ...changes.map(({ to, span = check.span, says }) => ({
          span,
          says,
          plan: planWith(checks.with(index, to)),
        })),
      ],
    }
  })
}

function otherRules(rule: Rule, world: World): Change<Rule>[] {
  const bindings = each(rule.bindings, (binding) => otherBindings(binding, world))
  return [
    ...inside(otherPatterns(rule.when, world), (when): Rule => ({ ...rule, when })),
    ...inside(bindings, (to): Rule => ({ ...rule, bindings: to })),
    ...inside(otherActions(rule.action), (action): Rule => ({ ...rule, action })),
  ]
}

/** Bindings of one id are kept once for all rules, so that another one needs another id. */
function otherBindings(binding: Binding, world: World): Change<Binding>[] {
  const { tally } = binding
  const changes: Change<Binding>[] = [
    ...inside(otherPatterns(binding.of, world), (of): Binding => ({ ...binding, of })),
    ...inside(otherJoins(binding.same), (same): Binding => ({ ...binding, same })),
    ...(tally?.inMs === undefined
      ? []
      : inside(stretched(tally.inMs), (inMs): Binding => ({ ...binding, tally: { ...tally, inMs } }))),
  ]
  return inside(changes, (one) => ({ ...one, id: `${one.id}~` }))
}
