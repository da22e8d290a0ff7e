/** Questions about whole conditions: can it hold, can it fail, does one imply the other, at a given sort of step. */
import type { Expr, Plan, Rule, StepPattern, Table } from '../../plan/plan.ts'
import { type Alternatives, both, clausesOf } from './clauses.ts'
import { covers, fieldsAt, type Place } from './places.ts'
import { rewrite, standalone } from './rewrite.ts'
import { possible } from './satisfy.ts'
import { promisesOf, type World } from './world.ts'

/**
 * What steps are taken into account. `declared`: those that look as declared, since all others are denied anyway.
 * `any`: for checks that also tell of steps that are denied (`alert`, `warn`, `quarantine`).
 */
export type Assumed = 'declared' | 'any'

export type Condition = Pick<Rule, 'bindings' | 'locals'> & { readonly when: StepPattern }

/** A consistency's pattern as a condition of its own. */
export function conditionOf(when: StepPattern): Condition {
  return { when, bindings: [], locals: [] }
}

export interface Ground {
  readonly plan: Plan
  readonly tables: ReadonlyMap<string, Table>
  /** Asked about what this reasoning cannot exclude; its *no* is a proof too. */
  readonly further?: Further
}

export type Further = (wants: readonly Want[], place: Place, assumed: Assumed) => boolean

export function groundOf(plan: Plan): Ground {
  return { plan, tables: new Map(plan.tables.map((table) => [table.name, table])) }
}

/** How a condition is wanted: true or false, for certain or possibly unknown. */
export interface Want {
  readonly expr: Expr | undefined
  readonly of: Condition
  readonly wanted: boolean
  readonly certain: boolean
}

/** Whether all can be had of one step of the place. *No* is a proof. */
export function canBe(wants: readonly Want[], place: Place, assumed: Assumed, ground: Ground): boolean {
  const fields = assumed === 'declared' ? fieldsAt(place, ground.plan) : undefined
  const world: World = { fields, items: new Map(), tables: ground.tables }
  const asked = wants.map(({ expr, of, wanted, certain }) =>
    clausesOf(expr === undefined ? undefined : at(standalone(expr, of), place), wanted, certain),
  )
  const promised = promisesOf(fields).map(({ holds }) => clausesOf(holds, true, true))
  // A promise with too many alternatives is left out: less is known, nothing wrong is.
  const all: Alternatives[] = [...asked, ...promised.filter((one) => one !== undefined && one.length < 4)]
  return possible(both(all), world) && (ground.further?.(wants, place, assumed) ?? true)
}

/** What the place says of the step is written in. */
function at(expr: Expr, { kind, agent, name }: Place): Expr {
  const said = { kind, agent, name }
  return rewrite(expr, (node) => {
    if (node.op !== 'meta') return undefined
    const value =
      node.name === 'kind' || node.name === 'agent' || node.name === 'name' ? said[node.name] : undefined
    return value === undefined ? undefined : { op: 'literal', value, span: node.span, type: node.type }
  })
}

/** Whether `upper` stops or speaks, decided or not, at every step of the place at which `lower` is `wanted`. */
export function implies(
  lower: Condition,
  upper: Condition,
  place: Place,
  options: { readonly certain: boolean },
  ground: Ground,
): boolean {
  if (!upper.when.any.some((selector) => covers(selector, place))) return false
  const wants: Want[] = [
    { expr: lower.when.where, of: lower, wanted: true, certain: options.certain },
    { expr: upper.when.where, of: upper, wanted: false, certain: true },
  ]
  return !canBe(wants, place, 'declared', ground)
}
