/** Patterns and the keys that join them. */
import type { Type } from '../plan/plan.ts'
import type { Expr, Path, Pattern, SameKey } from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { checkComparison } from './comparisons.ts'
import { candidateView, type FieldView, fieldOf } from './environment.ts'
import { checkCondition } from './expressions.ts'
import { ANYTHING } from './model.ts'
import { resolvePattern } from './steps.ts'
import type { Checker } from './typing.ts'

/** Resolves the steps and checks the pattern's own condition over their fields. */
export function checkPattern(pattern: Pattern, checker: Checker): FieldView {
  const resolved = resolvePattern(pattern, checker)
  checker.patterns.set(pattern, resolved)
  const view = candidateView(resolved.candidates, resolved.generic)
  if (pattern.where !== undefined) {
    checkCondition(
      pattern.where,
      { fields: view, named: new Map(), builtIns: true, asked: askedIn(pattern.where) },
      checker,
    )
  }
  return view
}

/** Heads of paths of which the expression asks whether they are present. */
export function askedIn(expr: Expr | undefined, found = new Set<string>()): Set<string> {
  if (expr === undefined) return found
  if (expr.kind === 'present' && expr.of.kind === 'path') found.add(expr.of.parts[0]!.name)
  else if (expr.kind === 'and' || expr.kind === 'or') for (const part of expr.of) askedIn(part, found)
  else if (expr.kind === 'not' || expr.kind === 'group') askedIn(expr.of, found)
  return found
}

export function checkJoin(key: SameKey, here: FieldView, there: FieldView, checker: Checker): void {
  const left = keyType(key.here, here, 'the step being judged', checker)
  const right = keyType(key.there, there, 'the earlier step', checker)
  if (left === undefined || right === undefined) return
  const probe = new Map<Expr, Type>([[key.here, left]])
  const other: Expr = { kind: 'broken', span: key.there.span }
  probe.set(other, right)
  checkComparison('==', key.here, other, { types: probe, report: checker.report })
}

export function keyType(key: Path, view: FieldView, whose: string, checker: Checker): Type | undefined {
  const [head, ...rest] = key.parts
  const looked = view.lookup(head!.name)
  if (looked.kind === 'found') {
    let type: Type = looked.field.type
    for (const part of rest) {
      const field = type.kind === 'record' ? fieldOf({ named: type.fields }, part.name) : undefined
      if (type.kind === 'anything') return ANYTHING
      if (field === undefined) {
        checker.report.add(
          'P0115',
          part.span,
          `\`${part.name}\` is not a field there`,
          'Join on a field that both steps have.',
        )
        return undefined
      }
      type = field.type
    }
    return type
  }
  const close = nearest(head!.name, view.names)
  const lacking = looked.kind === 'some' ? ` (\`${looked.lacking[0]}\` lacks it)` : ''
  const listed = view.names
    .slice(0, 6)
    .map((name) => `\`${name}\``)
    .join(', ')
  const help =
    close !== undefined && close !== head!.name
      ? `Did you mean \`${close}\`?`
      : listed === ''
        ? 'It has no fields.'
        : `Its fields: ${listed}. Different names are joined by \`with the same HERE as there THERE\`.`
  checker.report.add('P0115', key.span, `\`${head!.name}\` is not a field of ${whose}${lacking}`, help)
  return undefined
}

export function shownSteps(pattern: Pattern): string {
  const [first] = pattern.steps
  return first?.objects[0]?.name ?? first?.verb ?? 'step'
}
