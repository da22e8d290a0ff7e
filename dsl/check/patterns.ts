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

const OF_TOOLS: ReadonlySet<string> = new Set(['calls', 'result', 'fails'])

/**
 * `for each tool`, `for each actor`, `for each tenant`: what every step has by itself. A field of that name in a step that is named goes first;
 * one that only some of all calls have does not.
 */
export function isStepKey(key: Path, patterns: readonly Pattern[], checker: Checker): boolean {
  const [head, ...rest] = key.parts
  const name = head?.name
  if (head === undefined || head.quoted || rest.length > 0) return false
  if (name !== 'tool' && name !== 'actor' && name !== 'tenant') return false
  const steps = patterns.flatMap((pattern) => checker.patterns.get(pattern) ?? [])
  const named = steps.filter(({ generic }) => !generic).flatMap(({ candidates }) => candidates)
  if (named.some(({ fields }) => Object.hasOwn(fields.named, name))) return false
  const other = steps.flatMap(({ candidates }) => candidates).find(({ kind }) => !OF_TOOLS.has(kind))
  if (name === 'tool' && other !== undefined)
    checker.report.add(
      'P0115',
      key.span,
      `a step that ${other.kind} is of no tool`,
      '`for each tool` tells calls, their results and their failures apart.',
    )
  checker.refs.set(key, { kind: 'step', name })
  return true
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
