/** The sorts of step a pattern lets in, one by one: what is known of a step before its fields are read. */

import { STEP_KINDS, type StepKind } from '../../judge/step.ts'
import type { Plan, Selector, Shape, StepPattern } from '../../plan/plan.ts'

export interface Place {
  readonly kind: StepKind
  /** Undefined: any name, agent or peer that is not declared. */
  readonly agent: string | undefined
  readonly name: string | undefined
  readonly peer: string | undefined
}

/** Kinds an agent takes of itself; the others are judged on the side that caused them. */
const NEEDS_PERMISSION: ReadonlySet<StepKind> = new Set([
  'calls',
  'answers',
  'sends',
  'remembers',
  'recalls',
  'spawns',
])

export function placesOf(pattern: StepPattern, plan: Plan): Place[] {
  const agents = plan.agents.map((agent) => agent.name)
  return pattern.any.flatMap((selector) =>
    (selector.kinds ?? STEP_KINDS).flatMap((kind) => {
      const named = selector.names ?? namesOf(kind, plan)
      const strangers = NEEDS_PERMISSION.has(kind) ? [] : [undefined]
      return (selector.agents ?? [...agents, ...strangers]).flatMap((agent) =>
        named.flatMap((name) =>
          (selector.peers ?? [undefined]).map((peer): Place => ({ kind, agent, name, peer })),
        ),
      )
    }),
  )
}

/** Steps with a name nobody declared are refused, where names are declared at all. */
function namesOf(kind: StepKind, plan: Plan): readonly (string | undefined)[] {
  if (kind === 'calls' || kind === 'result') return plan.tools.map((tool) => tool.name)
  if (kind === 'sends' || kind === 'receives') return plan.messages.map((message) => message.name)
  return [undefined]
}

/** Whether every step of the place is one the selector lets in. */
export function covers(selector: Selector, { kind, agent, name, peer }: Place): boolean {
  return (
    (selector.kinds === undefined || selector.kinds.includes(kind)) &&
    has(selector.agents, agent) &&
    has(selector.names, name) &&
    has(selector.peers, peer)
  )
}

function has(list: readonly string[] | undefined, value: string | undefined): boolean {
  return list === undefined || (value !== undefined && list.includes(value))
}

/** Whether some step of the place is. */
export function meets(selector: Selector, { kind, agent, name, peer }: Place): boolean {
  return (
    (selector.kinds === undefined || selector.kinds.includes(kind)) &&
    (agent === undefined || has(selector.agents, agent)) &&
    (name === undefined || has(selector.names, name)) &&
    (peer === undefined || has(selector.peers, peer))
  )
}

/** Whether an agent's `may` lines list some of these steps, or all of them. */
export function permission(place: Place, plan: Plan): { readonly some: boolean; readonly all: boolean } {
  if (!NEEDS_PERMISSION.has(place.kind)) return { some: true, all: true }
  const may = plan.agents.find((agent) => agent.name === place.agent)?.may ?? []
  return {
    some: may.some((selector) => meets(selector, place)),
    all: may.some((selector) => covers(selector, place)),
  }
}

/** Whether some of these steps may be let through: a `may` line lists them, or a rule allows them. */
export function isAllowed(place: Place, plan: Plan): boolean {
  return (
    permission(place, plan).some ||
    plan.rules.some(
      ({ action, shadow, when }) =>
        action.kind === 'allow' && !shadow && when.any.some((selector) => meets(selector, place)),
    )
  )
}

/** What the fields of a step there look like; undefined where nothing is declared. */
export function fieldsAt({ kind, name }: Place, plan: Plan): Shape | undefined {
  if (kind === 'calls') return plan.tools.find((tool) => tool.name === name)?.takes
  if (kind === 'sends' || kind === 'receives')
    return plan.messages.find((message) => message.name === name)?.shape
  if (kind !== 'result') return undefined
  const returns = plan.tools.find((tool) => tool.name === name)?.returns
  if (returns === undefined || returns.kind === 'record') return returns
  return {
    kind: 'record',
    fields: [{ name: 'value', shape: returns, optional: false }],
    checks: [],
    closed: false,
    span: returns.span,
  }
}
