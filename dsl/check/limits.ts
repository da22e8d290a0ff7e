/** What a count or a total may come to at most: a value written there, or what the step itself says. */
import type { Expr } from '../syntax/ast.ts'
import { checkComparison } from './comparisons.ts'
import { checkLiteral } from './constraints.ts'
import type { Environment } from './environment.ts'
import { typeOf } from './expressions.ts'
import { showType } from './type-text.ts'
import type { Checker } from './typing.ts'

/** A field of the step, or a table read by its fields: `daily_cap for tier`. */
export function isReadFromStep(limit: Expr | undefined): limit is Expr & { kind: 'path' | 'lookup' } {
  return limit?.kind === 'path' || limit?.kind === 'lookup'
}

export function isWritten({ kind }: Expr): boolean {
  return (
    kind === 'broken' ||
    kind === 'number' ||
    kind === 'money' ||
    kind === 'duration' ||
    kind === 'date' ||
    kind === 'time'
  )
}

/** `of`: what is added up, with which the limit is compared. */
export function checkLimit(limit: Expr, of: Expr, env: Environment, checker: Checker): void {
  typeOf(limit, env, checker)
  checkLiteral(limit, checker.report)
  checkComparison('<=', of, limit, checker)
}

/** A number of times that the step says. */
export function checkTimesRead(times: Expr, env: Environment, checker: Checker): void {
  const type = typeOf(times, env, checker)
  if (type.kind === 'anything' || (type.kind === 'number' && type.unit === undefined)) return
  checker.report.add('P0218', times.span, `a number of times is a plain number, this is ${showType(type)}`)
}
