/** Consistencies: one pattern, its join keys, windows and totals. */
import type { ConsistencyDecl } from '../syntax/ast.ts'
import { checkAction } from './actions.ts'
import { checkComparison } from './comparisons.ts'
import { checkLiteral } from './constraints.ts'
import type { Environment } from './environment.ts'
import { typeOf } from './expressions.ts'
import { checkJoin, checkPattern, keyType, shownSteps } from './patterns.ts'
import { showType } from './type-text.ts'
import type { Checker } from './typing.ts'

export function checkConsistency(decl: ConsistencyDecl, checker: Checker): void {
  const { report, broken } = checker
  const { form } = decl
  if (form === undefined) {
    if (!broken.has(decl))
      report.add(
        'P0011',
        decl.name?.span ?? decl.span,
        'this consistency states no pattern',
        'Patterns: `X needs an earlier Y`, `X at most N times`, `X never`, `X never after Y`, `X is followed by Y within D`.',
      )
    return
  }
  const what = checkPattern(form.what, checker)
  const other =
    form.kind === 'needs'
      ? form.earlier
      : form.kind === 'neverAfter'
        ? form.after
        : form.kind === 'followedBy'
          ? form.by
          : undefined
  const there = other === undefined ? undefined : checkPattern(other, checker)
  for (const key of decl.forEach) {
    const left = keyType(key, what, `\`${shownSteps(form.what)}\``, checker)
    if (there !== undefined && other !== undefined && left !== undefined)
      keyType(key, there, `\`${shownSteps(other)}\``, checker)
  }
  if ('same' in form && there !== undefined) {
    for (const key of form.same) {
      if (form.kind === 'followedBy')
        checkJoin({ here: key.there, there: key.here, span: key.span }, there, what, checker)
      else checkJoin(key, what, there, checker)
    }
  }
  if (form.kind === 'followedBy' && form.within === undefined) {
    report.add(
      'P0215',
      form.span,
      'this waits without end',
      'Say how long: `is followed by … within 2 hours`.',
    )
  }
  for (const limit of [
    form.kind === 'needs' || form.kind === 'followedBy' ? form.within : undefined,
    'window' in form ? form.window : undefined,
  ]) {
    if (limit !== undefined && limit.kind !== 'duration')
      report.add(
        'P0205',
        limit.span,
        'a length of time is needed here',
        'Add its unit: `30 minutes`, `24 hours`.',
      )
  }
  if (form.kind === 'atMost' && form.times?.kind === 'number' && !Number.isInteger(form.times.value)) {
    report.add('P0218', form.times.span, 'a number of times is a whole number')
  }
  const env: Environment = { fields: what, named: new Map(), builtIns: true, asked: new Set() }
  if (form.kind === 'total') {
    const type = typeOf(form.of, env, checker)
    if (
      type.kind !== 'number' &&
      type.kind !== 'money' &&
      type.kind !== 'duration' &&
      type.kind !== 'anything'
    ) {
      report.add(
        'P0214',
        form.of.span,
        `${showType(type)} cannot be added up`,
        'Totals are for numbers, money and lengths of time.',
      )
    } else {
      typeOf(form.atMost, env, checker)
      checkLiteral(form.atMost, report)
      checkComparison('<=', form.of, form.atMost, checker)
    }
  }
  if (decl.otherwise !== undefined) checkAction(decl.otherwise, env, form.what, checker)
}
