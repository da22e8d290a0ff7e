/** Rules: when, named values, then. */
import type { Ident, RuleDecl } from '../syntax/ast.ts'
import { checkAction } from './actions.ts'
import { candidateView, type Environment, type FieldView, type NamedMeaning } from './environment.ts'
import { checkCondition, typeOf } from './expressions.ts'
import { askedIn, checkJoin, checkPattern } from './patterns.ts'
import { checkTexts } from './scores.ts'
import { resolvePattern } from './steps.ts'
import { checkTally } from './tallies.ts'
import type { Checker } from './typing.ts'

export function checkRule(decl: RuleDecl, checker: Checker): void {
  const { report, broken } = checker
  const at = decl.name?.span ?? decl.span
  if (decl.when === undefined) {
    if (!broken.has(decl))
      report.add(
        'P0009',
        at,
        'this rule does not say when it speaks',
        'Add `when`, such as `when clerk calls issue_refund`.',
      )
    return
  }
  if (decl.action === undefined && !broken.has(decl)) {
    report.add(
      'P0010',
      at,
      'this rule does not say what follows',
      'Add `then deny`, `then ask … within …`, or another action.',
    )
  }
  const resolved = resolvePattern(decl.when, checker)
  checker.patterns.set(decl.when, resolved)
  const view = candidateView(resolved.candidates, resolved.generic)
  const named = new Map<string, NamedMeaning>()
  const env: Environment = { fields: view, named, builtIns: true, asked: askedIn(decl.when.where) }
  let bindings = 0
  let locals = 0
  // A name may be used before the clause that gives it, so bindings are known before conditions are read.
  for (const value of decl.named) {
    checkFreeName(value.name, named, view, checker)
    if (value.kind === 'value') continue
    const fields = checkPattern(value.of, checker)
    for (const key of value.same) checkJoin(key, view, fields, checker)
    const type = value.kind === 'tally' ? checkTally(value, fields, checker) : checkTexts(value, checker)
    named.set(value.name.name, { kind: 'binding', index: bindings++, fields, type, ident: value.name })
  }
  for (const value of decl.named) {
    if (value.kind !== 'value') continue
    const type = typeOf(value.value, env, checker)
    named.set(value.name.name, { kind: 'local', index: locals++, type, ident: value.name })
  }
  if (decl.when.where !== undefined) checkCondition(decl.when.where, env, checker)
  if (decl.action !== undefined) checkAction(decl.action, env, decl.when, checker)
}

function checkFreeName(
  name: Ident,
  named: ReadonlyMap<string, NamedMeaning>,
  view: FieldView,
  checker: Checker,
): void {
  const taken = named.get(name.name)
  if (taken !== undefined) {
    checker.report.add('P0118', name.span, `\`${name.name}\` is named twice`, 'Choose another name.', [
      { span: taken.ident.span, message: 'named here first' },
    ])
  } else if (view.names.includes(name.name)) {
    checker.report.add(
      'P0118',
      name.span,
      `\`${name.name}\` is already a field of the step`,
      'Choose another name, so that readers can tell them apart.',
    )
  }
}
