/**
 * Patterns over `anything`. A condition may use a field that only some of the steps have. A test of a field that a step
 * does not have cannot hold for that step, whether it stands under `not` or not (`is present` and `is missing` apart,
 * which can be asked of any step). So the pattern is narrowed to the steps for which the condition can hold at all,
 * and where some of them still lack a field of one alternative, that alternative is guarded by the names that have it.
 */
import { fieldOf } from '../check/environment.ts'
import type { Candidate, Model, ResolvedPattern } from '../check/model.ts'
import type { NamedValue, Expr as Node, Path } from '../syntax/ast.ts'
import { walk } from '../syntax/walk.ts'
import { lowerExpr } from './lower-expression.ts'
import type { Expr, Selector, Type } from './plan.ts'

export interface Narrowed {
  readonly selectors: readonly Selector[]
  readonly where: Expr | undefined
}

const FLAG: Type = { kind: 'flag' }

export function narrow(
  pattern: ResolvedPattern,
  where: Node | undefined,
  required: readonly Path[],
  named: readonly NamedValue[],
  model: Model,
): Narrowed {
  const plain = where === undefined ? undefined : lowerExpr(where, model)
  if (!pattern.generic) return { selectors: pattern.selectors, where: plain }
  const scope: Scope = {
    model,
    named,
    has: (candidate, head) => fieldOf(candidate.fields, head) !== undefined,
  }
  const needed = required.flatMap((path) => headsOf(path, scope))
  const kept = pattern.candidates.filter(
    (candidate) =>
      needed.every((head) => scope.has(candidate, head)) &&
      (where === undefined || canHold(where, true, candidate, scope)),
  )
  if (kept.length === pattern.candidates.length && everywhere(where, kept, scope))
    return { selectors: pattern.selectors, where: plain }
  const selectors = pattern.selectors.flatMap((selector, index): Selector[] => {
    const names = kept.filter((candidate) => candidate.selector === index).map((candidate) => candidate.name)
    if (names.length === 0) return []
    return names.includes('') ? [selector] : [{ ...selector, names }]
  })
  return { selectors, where: where === undefined ? undefined : guarded(where, true, kept, scope) }
}

interface Scope {
  readonly model: Model
  readonly named: readonly NamedValue[]
  has(candidate: Candidate, head: string): boolean
}

/** Heads of the step's fields that must be there for `expr` to be decided, through named values and join keys. */
function headsOf(expr: Node, scope: Scope): string[] {
  const heads: string[] = []
  walk(expr, (node) => {
    if (node.kind === 'present') return false
    if (node.kind !== 'path') return true
    const ref = scope.model.refs.get(node)
    if (ref?.kind === 'field') heads.push(ref.path[0]!)
    else if (ref?.kind === 'local') heads.push(...localHeads(ref.index, scope))
    else if (ref?.kind === 'binding') heads.push(...bindingHeads(ref.index, scope))
    return true
  })
  return heads
}

function localHeads(index: number, scope: Scope): string[] {
  const value = scope.named.filter((one) => one.kind === 'value')[index]
  return value === undefined ? [] : headsOf(value.value, scope)
}

function bindingHeads(index: number, scope: Scope): string[] {
  const value = scope.named.filter((one) => one.kind !== 'value')[index]
  return value === undefined ? [] : value.same.map((key) => key.here.parts[0]!.name)
}

function canHold(expr: Node, positive: boolean, candidate: Candidate, scope: Scope): boolean {
  if (expr.kind === 'group') return canHold(expr.of, positive, candidate, scope)
  if (expr.kind === 'not') return canHold(expr.of, !positive, candidate, scope)
  if (expr.kind === 'and' || expr.kind === 'or') {
    const all = (expr.kind === 'and') === positive
    return all
      ? expr.of.every((part) => canHold(part, positive, candidate, scope))
      : expr.of.some((part) => canHold(part, positive, candidate, scope))
  }
  return headsOf(expr, scope).every((head) => scope.has(candidate, head))
}

function everywhere(where: Node | undefined, kept: readonly Candidate[], scope: Scope): boolean {
  return (
    where === undefined ||
    headsOf(where, scope).every((head) => kept.every((candidate) => scope.has(candidate, head)))
  )
}

function guarded(expr: Node, positive: boolean, kept: readonly Candidate[], scope: Scope): Expr {
  const { span } = expr
  if (expr.kind === 'group') return guarded(expr.of, positive, kept, scope)
  if (expr.kind === 'not') return guarded(expr.of, !positive, kept, scope)
  if (expr.kind === 'and' || expr.kind === 'or') {
    const op = (expr.kind === 'and') === positive ? 'and' : 'or'
    return { op, of: expr.of.map((part) => guarded(part, positive, kept, scope)), span, type: FLAG }
  }
  const lowered = lowerExpr(expr, scope.model)
  const leaf: Expr = positive ? lowered : { op: 'not', of: lowered, span, type: FLAG }
  const heads = headsOf(expr, scope)
  const having = kept.filter((candidate) => heads.every((head) => scope.has(candidate, head)))
  if (having.length === kept.length) return leaf
  return { op: 'and', of: [isOneOf(having, span), leaf], span, type: FLAG }
}

function isOneOf(candidates: readonly Candidate[], span: Expr['span']): Expr {
  const among = (name: 'kind' | 'name', values: readonly string[]): Expr => ({
    op: 'in',
    item: { op: 'meta', name, span, type: { kind: 'choice', options: values } },
    list: {
      op: 'list',
      items: values.map(
        (value): Expr => ({ op: 'literal', value, span, type: { kind: 'choice', options: values } }),
      ),
      span,
      type: { kind: 'list', of: { kind: 'choice', options: values } },
    },
    span,
    type: FLAG,
  })
  const kinds = Array.from(new Set(candidates.map((candidate) => candidate.kind)))
  const of = kinds.map((kind): Expr => {
    const names = candidates.filter((candidate) => candidate.kind === kind).map((candidate) => candidate.name)
    const byKind = among('kind', [kind])
    return names.includes('') ? byKind : { op: 'and', of: [byKind, among('name', names)], span, type: FLAG }
  })
  return of.length === 1 ? of[0]! : { op: 'or', of, span, type: FLAG }
}
