/** Consistencies: one pattern, its join keys, windows, totals, and the stretch it speaks of. */

import type { Span } from '../plan/plan.ts'
import type { ConsistencyDecl, Expr, FormNode, Path, Pattern, SameKey } from '../syntax/ast.ts'
import { checkAction } from './actions.ts'
import { checkComparison } from './comparisons.ts'
import { checkDuration, checkTerms } from './consistency-terms.ts'
import { checkLiteral, checkZone } from './constraints.ts'
import type { Environment, FieldView } from './environment.ts'
import { typeOf } from './expressions.ts'
import { checkLimit, checkTimesRead, isReadFromStep, isWritten } from './limits.ts'
import { checkJoin, checkPattern, isStepKey, keyType, shownSteps } from './patterns.ts'
import { PEOPLE_MAX } from './people.ts'
import { canAggregate, refuseAggregate, refuseMany } from './tallies.ts'
import type { Checker } from './typing.ts'

/** Distinct values a bound may speak of: they are all kept. */
const DISTINCT_MAX = 1_000

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
  const others = othersOf(form).map((pattern) => ({ pattern, view: checkPattern(pattern, checker) }))
  const bounds = boundariesOf(decl).map((pattern) => ({ pattern, view: checkPattern(pattern, checker) }))
  const named = [form.what, ...others.map(({ pattern }) => pattern), ...bounds.map(({ pattern }) => pattern)]
  for (const key of decl.forEach) {
    if (isStepKey(key, named, checker)) continue
    if (keyType(key, what, `\`${shownSteps(form.what)}\``, checker) === undefined) continue
    for (const { pattern, view } of [...others, ...bounds])
      keyType(key, view, `\`${shownSteps(pattern)}\``, checker)
  }
  if ('same' in form)
    for (const key of form.same) for (const { view } of others) checkSame(form, key, what, view, checker)
  checkTerms(decl, form, checker)
  if (form.kind === 'neverAfter') {
    if (form.times !== undefined) checkTimesKept(form.times, checker)
  } else {
    if ('window' in form) checkWindow(form, checker)
    if (form.kind === 'atMost' && isReadFromStep(form.times))
      checkTimesRead(form.times, environment(what), checker)
    else if ('times' in form && form.times !== undefined)
      checkTimes(form.times, form.kind === 'atLeast', checker)
  }
  if ('people' in form && form.people !== undefined) checkPeople(form.people, checker)
  const env = environment(what)
  if (form.kind === 'total') checkTotal(form, env, checker)
  if (form.kind === 'steady') checkScalar(form.of, env, checker)
  if (form.kind === 'agreement') checkAgreement(form, env, others[0]?.view ?? what, checker)
  if (decl.otherwise !== undefined) checkAction(decl.otherwise, env, form.what, checker)
}

/** The steps a pattern names beside the one it speaks of. */
function othersOf(form: FormNode): readonly Pattern[] {
  switch (form.kind) {
    case 'needs':
      return [form.earlier, ...form.then]
    case 'neverAfter':
      return [form.after]
    case 'followedBy':
      return [form.by, ...form.then, ...(form.another === undefined ? [] : [form.another])]
    case 'succession':
      return [form.by, form.no, form.without]
    case 'pair':
      return [form.other]
    case 'agreement':
      return [form.latest]
    default:
      return []
  }
}

function boundariesOf({ during }: ConsistencyDecl): readonly Pattern[] {
  if (during === undefined || during.kind === 'while') return []
  if (during.kind === 'after') return [during.opens]
  return during.kind === 'before' ? [during.closes] : [during.opens, during.closes]
}

function environment(fields: FieldView): Environment {
  return { fields, named: new Map(), builtIns: true, asked: new Set() }
}

/** In what follows, X is the earlier step: `there` is read from the one that comes later. */
function checkSame(form: FormNode, key: SameKey, what: FieldView, other: FieldView, checker: Checker): void {
  if (form.kind === 'followedBy' || form.kind === 'succession')
    checkJoin({ here: key.there, there: key.here, span: key.span }, other, what, checker)
  else checkJoin(key, what, other, checker)
}

function checkWindow(form: Extract<FormNode, { window: unknown }>, { report }: Checker): void {
  if (form.window !== undefined) checkDuration(form.window, report)
  if (form.per?.zone !== undefined) checkZone(form.per.zone, report)
}

function checkTimes(times: Expr, some: boolean, { report }: Checker): void {
  if (times.kind === 'broken') return
  if (times.kind !== 'number' || times.unit !== undefined)
    report.add('P0218', times.span, 'a number of times is a whole number')
  else if (!Number.isInteger(times.value))
    report.add('P0218', times.span, 'a number of times is a whole number')
  else if (some && times.value < 1)
    report.add(
      'P0218',
      times.span,
      'at least 0 times is always so',
      'Write how often it must happen at least.',
    )
}

/** As many moments are kept. */
const MOMENTS_MAX = 100

function checkTimesKept(times: Expr, { report }: Checker): void {
  if (times.kind === 'broken') return
  const count = times.kind === 'number' && times.unit === undefined ? times.value : Number.NaN
  if (!Number.isInteger(count) || count < 1 || count > MOMENTS_MAX)
    report.add('P0218', times.span, `a number of times is a whole number from 1 to ${MOMENTS_MAX} here`)
}

function checkPeople({ count, span }: { count: number; span: Span }, { report }: Checker): void {
  if (!Number.isInteger(count) || count < 1 || count > PEOPLE_MAX)
    report.add('P0218', span, `a number of people is a whole number from 1 to ${PEOPLE_MAX}`)
}

type Total = FormNode & { kind: 'total' }

function checkTotal(form: Total, env: Environment, checker: Checker): void {
  const { report } = checker
  const { fn, limit } = form
  const type = typeOf(form.of, env, checker)
  const read = fn === 'total' && form.bound === 'atMost' && isReadFromStep(limit)
  if (!read && !isWritten(limit)) {
    report.add(
      'P0214',
      limit.span,
      'the bound is a value written here',
      'Write a number, an amount or a length of time. Only the most of a `total` may be a field of the step or a table read by one.',
    )
    return
  }
  if (fn === 'distinct') {
    checkScalar(form.of, env, checker)
    const count = limit.kind === 'number' ? limit.value : Number.NaN
    if (!Number.isInteger(count) || count < 1 || count > DISTINCT_MAX)
      report.add(
        'P0218',
        limit.span,
        `a number of different values is a whole number from 1 to ${DISTINCT_MAX}`,
      )
    return
  }
  if (!canAggregate(fn, type)) {
    refuseAggregate(fn, form.of, type, checker)
    return
  }
  checkLimit(limit, form.of, env, checker)
}

function checkScalar(of: Path, env: Environment, checker: Checker): void {
  refuseMany(of, typeOf(of, env, checker), checker)
}

type Agreement = FormNode & { kind: 'agreement' }

function checkAgreement(form: Agreement, env: Environment, latest: FieldView, checker: Checker): void {
  const { report, types } = checker
  checkScalar(form.of, env, checker)
  checkScalar(form.to, environment(latest), checker)
  checkComparison(form.how === 'agrees' || form.how === 'equals' ? '==' : '<=', form.of, form.to, checker)
  const { within } = form
  if (within === undefined) return
  const type = types.get(form.of)?.kind
  if (form.percent === true) {
    if (within.kind !== 'number' || (type !== 'number' && type !== 'money' && type !== 'duration'))
      report.add('P0205', within.span, 'a part in a hundred is for numbers, money and lengths of time')
  } else if (type === 'time' || type === 'duration') checkDuration(within, report)
  else if (type === 'number' || type === 'money') {
    typeOf(within, env, checker)
    checkLiteral(within, report)
    checkComparison('<=', form.of, within, checker)
  } else report.add('P0205', within.span, 'there is no nearly for this type', 'Leave `within` out.')
}
