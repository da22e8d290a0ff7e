/** What is looked at: a policy that compiles, with its tree and its plan side by side. */
import type { LintCode } from '../codes.ts'
import type { Diagnostic } from '../diagnostic.ts'
import type { Analysis } from '../pipeline.ts'
import type { Action, Consistency, ConsistencyForm, Plan, Rule, Span } from '../plan/plan.ts'
import type { ConsistencyDecl, Notes, RuleDecl } from '../syntax/ast.ts'
import { type Assumed, type Condition, conditionOf, type Ground, groundOf } from './reason/conditions.ts'

export interface Subject extends Analysis {
  readonly plan: Plan
  readonly ground: Ground
  /** In the order of the text. */
  readonly rules: readonly RuleSubject[]
  readonly consistencies: readonly ConsistencySubject[]
}

/** A rule or a consistency: what they share. */
interface Speaker {
  readonly name: string
  readonly nameSpan: Span
  /** When it speaks: a rule's `when`, the steps a consistency holds back. */
  readonly condition: Condition
  readonly action: Action
  readonly assumed: Assumed
  readonly shadow: boolean
  readonly notes: Notes
}
export interface RuleSubject extends Speaker {
  readonly decl: RuleDecl
  readonly rule: Rule
}
export interface ConsistencySubject extends Speaker {
  readonly decl: ConsistencyDecl
  readonly consistency: Consistency
  /** Only a step that its condition lets in can break it; others are broken by what fails to happen. */
  readonly heldBack: boolean
}

export type Finding = Pick<Diagnostic, 'span' | 'message' | 'help' | 'related'>

export interface Check {
  readonly code: LintCode
  find(subject: Subject): readonly Finding[]
}

export function subjectOf(analysis: Analysis, plan: Plan): Subject {
  const { declarations } = analysis.ast
  const rules = declarations.flatMap((decl): RuleSubject[] => {
    const rule = decl.kind === 'rule' ? plan.rules.find((one) => one.span[0] === decl.span[0]) : undefined
    if (decl.kind !== 'rule' || rule === undefined) return []
    return [{ decl, rule, ...speaker(decl, rule, rule, rule.action) }]
  })
  const consistencies = declarations.flatMap((decl): ConsistencySubject[] => {
    // Limits of agents are consistencies of the plan without a declaration of their own.
    if (decl.kind !== 'consistency') return []
    const consistency = plan.consistencies.find((one) => one.span[0] === decl.span[0])
    if (consistency === undefined) return []
    const { form, otherwise } = consistency
    const told = speaker(decl, consistency, conditionOf(form.what), otherwise)
    return [{ decl, consistency, heldBack: isHeldBack(form), ...told }]
  })
  return { ...analysis, plan, ground: groundOf(plan), rules, consistencies }
}

function isHeldBack(form: ConsistencyForm): boolean {
  switch (form.kind) {
    case 'atLeast':
    case 'exactly':
    case 'succession':
    case 'pair':
    case 'edge':
      return false
    case 'adjacent':
      return form.how === 'after' || form.how === 'never'
    case 'aggregate':
      return form.bound === 'atMost' && form.fn !== 'lowest'
    default:
      return true
  }
}

function speaker(
  decl: RuleDecl | ConsistencyDecl,
  check: Rule | Consistency,
  condition: Condition,
  action: Action,
): Speaker {
  const { name, shadow } = check
  const tells = action.kind === 'alert' || action.kind === 'warn' || action.kind === 'quarantine'
  return {
    name,
    nameSpan: decl.name?.span ?? decl.span,
    condition,
    action,
    assumed: tells ? 'any' : 'declared',
    shadow,
    notes: decl.notes,
  }
}
