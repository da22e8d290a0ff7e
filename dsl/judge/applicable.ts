/** Which checks can apply to a step, by what is known of it before its fields are read: kind, agent, name, peer. */
import type { Expr, Plan, Rule, Selector, Shape, Span, StepPattern } from '../plan/plan.ts'
import { children } from './children.ts'
import type { Finding } from './finding.ts'
import type { FlowCheck } from './flows/flow-check.ts'
import type { LedgerDoor } from './ledgers.ts'
import { fired, type Monitor } from './monitors/monitor.ts'
import { nearest } from './nearest.ts'
import { permittedInstead } from './next.ts'
import type { Register } from './register.ts'
import { asks } from './scores.ts'
import type { Step, StepKind } from './step.ts'

/** The static part of a step. Names no check mentions are all alike; see `dispatch.ts`. */
export interface Address {
  readonly kind: StepKind
  readonly agent: string
  readonly name: string
  readonly peer: string | undefined
}

/** A check that speaks whenever the step comes by: no permission, or a name nobody declared. */
export interface Refusal {
  readonly checkKind: 'permission' | 'schema'
  readonly span: Span
  readonly line: number
}

export interface ShapeCheck {
  readonly check: string
  readonly line: number
  readonly shape: Shape
  /** Results that are no record travel under `value`. */
  readonly of: 'fields' | 'value'
}

export interface Watch {
  readonly monitor: Monitor
  /** Which of the monitor's patterns a step at this address may match. */
  readonly may: readonly boolean[]
}

/** A ledger to ask; see `Watch`. */
export interface Visit {
  readonly door: LedgerDoor
  readonly may: readonly boolean[]
}

export interface Applicable {
  readonly address: Address
  readonly refusals: readonly Refusal[]
  readonly shapes: readonly ShapeCheck[]
  /** `allow` rules: asked only when permission is missing. */
  readonly grants: readonly Rule[]
  readonly rules: readonly Rule[]
  readonly watches: readonly Watch[]
  readonly visits: readonly Visit[]
  readonly flows: readonly FlowCheck[]
  readonly registers: readonly Register[]
  /** Conditions on scores that decide what is remembered of the step, although no check of it asks. */
  readonly told: readonly Expr[]
}

/** Kinds an agent takes of itself. The others are judged on the side that caused them. */
const NEEDS_PERMISSION: ReadonlySet<StepKind> = new Set([
  'calls',
  'answers',
  'sends',
  'remembers',
  'recalls',
  'spawns',
])

export function applicable(
  plan: Plan,
  monitors: readonly Monitor[],
  doors: readonly LedgerDoor[],
  flows: readonly FlowCheck[],
  registers: readonly Register[],
  remembered: readonly StepPattern[],
  address: Address,
): Applicable {
  const { kind, name } = address
  const refusals: Refusal[] = []
  const shapes: ShapeCheck[] = []
  const agent = plan.agents.find((one) => one.name === address.agent)
  if (NEEDS_PERMISSION.has(kind) && !agent?.may.some((selector) => selects(selector, address))) {
    refusals.push({ checkKind: 'permission', span: agent?.span ?? [0, 0], line: agent?.line ?? 0 })
  }
  if (kind === 'calls' || kind === 'result') {
    const tool = plan.tools.find((one) => one.name === name)
    if (tool === undefined) refusals.push({ checkKind: 'schema', span: [0, 0], line: 0 })
    else if (kind === 'calls') shapes.push({ check: name, line: tool.line, shape: tool.takes, of: 'fields' })
    else if (tool.returns !== undefined) {
      const of = tool.returns.kind === 'record' ? 'fields' : 'value'
      shapes.push({ check: name, line: tool.line, shape: tool.returns, of })
    }
  } else if (kind === 'sends' || kind === 'receives') {
    const message = plan.messages.find((one) => one.name === name)
    if (message === undefined) refusals.push({ checkKind: 'schema', span: [0, 0], line: 0 })
    else shapes.push({ check: name, line: message.line, shape: message.shape, of: 'fields' })
  }
  const matching = plan.rules.filter((rule) => mayMatch(rule.when, address))
  return {
    address,
    refusals,
    shapes,
    grants: matching.filter((rule) => rule.action.kind === 'allow'),
    rules: matching.filter((rule) => rule.action.kind !== 'allow'),
    watches: monitors.flatMap((monitor) => {
      const may = monitor.patterns.map((pattern) => mayMatch(pattern, address))
      return may.includes(true) ? [{ monitor, may }] : []
    }),
    visits: doors.flatMap((door) => {
      const may = door.monitor.patterns.map((pattern) => mayMatch(pattern, address))
      return may.includes(true) ? [{ door, may }] : []
    }),
    flows: flows.filter((flow) => mayMatch(flow.what, address)),
    registers: registers.filter(({ patterns }) => patterns.some((pattern) => mayMatch(pattern, address))),
    told: [...registers.flatMap(({ patterns }) => patterns), ...remembered].flatMap((pattern) =>
      mayMatch(pattern, address) && asks(pattern.where, children) ? [pattern.where!] : [],
    ),
  }
}

export function mayMatch(pattern: StepPattern, address: Address): boolean {
  return pattern.any.some((selector) => selects(selector, address))
}

function selects({ kinds, agents, names, peers }: Selector, { kind, agent, name, peer }: Address): boolean {
  return (
    (kinds === undefined || kinds.includes(kind)) &&
    (agents === undefined || agents.includes(agent)) &&
    (names === undefined || names.includes(name)) &&
    (peers === undefined || (peer !== undefined && peers.includes(peer)))
  )
}

/** The name a refusal goes by; `step` is the one judged, whose own name the shared address does not hold. */
export function refusalName({ checkKind }: Refusal, { agent, name }: Step): string {
  return checkKind === 'permission' ? `${agent} may` : name
}

/** What was refused, with the nearest name that would not have been. */
export function refusalFinding(plan: Plan, { checkKind }: Refusal, step: Step): Finding {
  const { kind, agent: role, name, peer } = step
  if (checkKind === 'schema') {
    const isTool = kind === 'calls' || kind === 'result'
    const names = (isTool ? plan.tools : plan.messages).map((one) => one.name)
    return fired(`no ${isTool ? 'tool' : 'message'} \`${name}\` is declared${suggestion(name, names)}`)
  }
  const agent = plan.agents.find((one) => one.name === role)
  if (agent === undefined) {
    const names = plan.agents.map((one) => one.name)
    return fired(`no agent \`${role}\` is declared${suggestion(role, names)}`)
  }
  const [instead] = permittedInstead(agent, step)
  const to = peer === undefined ? '' : ` to \`${peer}\``
  const meant = instead === undefined ? '' : `; did you mean \`${instead.name}\`?`
  return fired(
    `\`${role}\` may not take the step ${kind}${name === '' ? '' : ` \`${name}\``}${to}${meant}`,
    {},
    instead === undefined ? [] : [instead],
  )
}

function suggestion(name: string, candidates: readonly string[]): string {
  const near = nearest(name, candidates)
  return near === undefined || near === name ? '' : `; did you mean \`${near}\`?`
}
