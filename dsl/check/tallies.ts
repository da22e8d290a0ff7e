/** What earlier steps come to: `the number of X in the last 2 minutes`, `the total amount of X`, `the latest 5 X`. */

import type { FieldType, Type } from '../plan/plan.ts'
import type { Expr as Bound, NamedValue, Path } from '../syntax/ast.ts'
import { checkDuration } from './consistency-terms.ts'
import { checkZone } from './constraints.ts'
import type { FieldView } from './environment.ts'
import { typeOf } from './expressions.ts'
import { ANYTHING } from './model.ts'
import { checkPattern, keyType } from './patterns.ts'
import { showType } from './type-text.ts'
import type { Checker } from './typing.ts'

export type TallyNode = Extract<NamedValue, { kind: 'tally' }>
/** Steps `the latest N` may keep. */
const LATEST_MAX = 50

/** Checks what the tally says of its steps, whose fields are `view`, and gives the type of what comes out. */
export function checkTally(tally: TallyNode, view: FieldView, checker: Checker): Type {
  const { report } = checker
  if (tally.window !== undefined) checkDuration(tally.window, report)
  if (tally.per?.zone !== undefined) checkZone(tally.per.zone, report)
  if (tally.after !== undefined) {
    const after = checkPattern(tally.after, checker)
    for (const key of tally.same) keyType(key.there, after, 'the step it begins anew after', checker)
  }
  switch (tally.fn) {
    case 'count':
      return { kind: 'number' }
    case 'distinct':
      fieldOf(tally, view, checker)
      return { kind: 'number' }
    case 'since':
      return { kind: 'duration' }
    case 'latest':
      checkMost(tally, checker)
      return { kind: 'list', of: recordOf(view) }
    default: {
      const type = fieldOf(tally, view, checker)
      if (!canAggregate(tally.fn, type) && tally.field !== undefined)
        refuseAggregate(tally.fn, tally.field, type, checker)
      return type
    }
  }
}

/** Totals and averages are of what can be added up; dates and times have a highest and a lowest only. */
export function canAggregate(fn: string, { kind }: Type): boolean {
  const ordered = fn === 'highest' || fn === 'lowest'
  return (
    kind === 'number' ||
    kind === 'money' ||
    kind === 'duration' ||
    kind === 'anything' ||
    (ordered && (kind === 'date' || kind === 'time'))
  )
}

export function refuseAggregate(fn: string, of: Path, type: Type, { report }: Checker): void {
  report.add(
    'P0214',
    of.span,
    fn === 'highest' || fn === 'lowest'
      ? `${showType(type)} has no ${fn}`
      : `${showType(type)} cannot be added up`,
    'Totals are for numbers, money and lengths of time.',
  )
}

/** Values that are kept are single ones. */
export function refuseMany(of: Path, type: Type, { report }: Checker): void {
  if (type.kind === 'list' || type.kind === 'map' || type.kind === 'record')
    report.add('P0201', of.span, `${showType(type)} is not one value`, 'Name a field inside it.')
}

function fieldOf({ field, fn }: TallyNode, view: FieldView, checker: Checker): Type {
  if (field === undefined) return ANYTHING
  const type = typeOf(field, { fields: view, named: new Map(), builtIns: false, asked: new Set() }, checker)
  if (fn === 'distinct') refuseMany(field, type, checker)
  return type
}

function checkMost({ most, span }: TallyNode, { report }: Checker): void {
  const count = most?.kind === 'number' ? most.value : undefined
  if (count === undefined)
    report.add(
      'P0225',
      span,
      'one step alone has no window',
      'Say how many: `the latest 5 …`; or ask when it was: `now - NAME.at <= 10 days`.',
    )
  else if (!Number.isInteger(count) || count < 1 || count > LATEST_MAX)
    report.add(
      'P0218',
      spanOf(most) ?? span,
      `steps that are kept are a whole number from 1 to ${LATEST_MAX}`,
    )
}

function spanOf(most: Bound | undefined) {
  return most?.span
}

function recordOf(view: FieldView): Type {
  const fields = view.names.flatMap((name): [string, FieldType][] => {
    const looked = view.lookup(name)
    return looked.kind === 'found' ? [[name, looked.field]] : []
  })
  return { kind: 'record', fields: Object.fromEntries(fields) }
}
