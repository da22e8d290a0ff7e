/** Roles and tenants as a free choice: each that the policy names, several together, one it does not name, or none. */
import { children } from '#dsl/judge/children.ts'
import type { Expr, Plan } from '#dsl/plan/plan.ts'
import { expressionsOf } from '#dsl/prove/constants.ts'
import type { Happening } from './situation.ts'

export interface Standings {
  /** Undefined: nobody says which. */
  readonly roles: readonly (readonly string[] | undefined)[]
  readonly tenants: readonly (string | undefined)[]
  /** Why there may be others. */
  readonly gaps: readonly string[]
}

export const NOBODY: Standings = { roles: [undefined], tenants: [undefined], gaps: [] }

/** Roles of which every combination is tried; of more each alone, and all of them. */
const COMBINED_MAX = 3
/** Stands for whatever the policy does not name. */
const OTHER = 'other'

export function standingIn(plan: Plan): Standings {
  const [roles, tenants] = [read('roles', plan), read('tenant', plan)]
  const keyed = plan.consistencies.some(({ forEachOf }) => forEachOf?.includes('tenant'))
  const isCut = roles.names.length > COMBINED_MAX
  return {
    roles: roles.isRead
      ? [undefined, ...(isCut ? [[], ...roles.names.map((one) => [one]), roles.names] : subsets(roles.names))]
      : [undefined],
    tenants: tenants.isRead || keyed ? [undefined, ...tenants.names, OTHER] : [undefined],
    gaps: [
      ...(isCut ? [`of ${roles.names.length} roles not every combination is tried`] : []),
      ...(roles.isOpen || tenants.isOpen
        ? ['roles or tenants are compared with what is not written out']
        : []),
    ],
  }
}

export function startsOf({ roles, tenants }: Standings): Happening[] {
  return roles.flatMap((some) =>
    tenants.map(
      (tenant): Happening => ({
        kind: 'start',
        ...(some && { roles: some }),
        ...(tenant !== undefined && { tenant }),
      }),
    ),
  )
}

/** Literals beside it; `isOpen`: something else stands there. */
function read(name: 'roles' | 'tenant', plan: Plan) {
  const names = new Set<string>()
  let [isRead, isOpen] = [false, false]
  const visit = (expr: Expr): void => {
    const parts = children(expr)
    for (const part of parts) visit(part)
    if (!parts.some((part) => part.op === 'meta' && part.name === name)) return
    isRead = true
    for (const part of parts.flatMap((one) => (one.op === 'list' ? one.items : [one]))) {
      if (part.op === 'literal' && typeof part.value === 'string') names.add(part.value)
      else if (part.op !== 'meta' || part.name !== name) isOpen = true
    }
    if (!COMPARING.has(expr.op)) isOpen = true
  }
  for (const expr of expressionsOf(plan)) visit(expr)
  return { names: [...names], isRead, isOpen }
}

const COMPARING: ReadonlySet<Expr['op']> = new Set(['compare', 'in', 'text', 'present'])

function subsets(names: readonly string[]): string[][] {
  return names.reduce<string[][]>((soFar, name) => soFar.flatMap((some) => [some, [...some, name]]), [[]])
}
