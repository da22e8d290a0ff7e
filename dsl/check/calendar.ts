/** What a moment is on the calendar and the clock of a zone. */
import { type Type, WEEKDAYS } from '../plan/plan.ts'
import type { Expr } from '../syntax/ast.ts'
import { nearest } from '../syntax/nearest.ts'
import { arithType } from './arithmetic.ts'
import { checkZone } from './constraints.ts'
import type { Environment } from './environment.ts'
import { showType } from './type-text.ts'
import type { Typing } from './typing.ts'

type CalendarExpr = Extract<Expr, { kind: 'day' | 'weekday' | 'hour' | 'clock' | 'onDays' }>

export function calendarType(expr: CalendarExpr, typing: Typing): Type {
  const { report, types } = typing
  const type = types.get(expr.of)
  if (type?.kind === 'anything') types.set(expr.of, { kind: 'time' })
  else if (type !== undefined && type.kind !== 'time')
    report.add(
      'P0205',
      expr.of.span,
      `${showType(type)} has no ${WHAT[expr.kind]}`,
      `\`${expr.kind === 'day' ? 'day of' : WHAT[expr.kind]}\` is for a time: \`day of now in "UTC"\`.`,
    )
  if (expr.zone === undefined)
    report.add(
      'P0117',
      expr.span,
      `which ${WHAT[expr.kind]} it is depends on the zone`,
      'Add it: `day of … in "America/New_York"`.',
    )
  else checkZone(expr.zone, report)
  if (expr.kind === 'clock' && !Number.isFinite(expr.from + expr.to))
    report.add(
      'P0008',
      expr.span,
      'there is no such time of day',
      'Write hours and minutes: `06:00`, `22:30`.',
    )
  else if (expr.kind === 'clock' && expr.from === expr.to)
    report.add('P0212', expr.span, 'no time of day lies between these', 'Write two different times.')
  if (expr.kind === 'onDays') checkDays(expr, typing)
  switch (expr.kind) {
    case 'day':
      return { kind: 'date' }
    case 'weekday':
      return { kind: 'choice', options: WEEKDAYS }
    case 'hour':
      return { kind: 'number' }
    default:
      return { kind: 'flag' }
  }
}

/** `today in "…"` is a date, and the start of it a time. */
export function todayType(expr: Extract<Expr, { kind: 'today' }>, env: Environment, typing: Typing): Type {
  if (expr.zone !== undefined) checkZone(expr.zone, typing.report)
  if (!env.builtIns)
    typing.report.add(
      'P0108',
      expr.span,
      'a record by itself has no today',
      'Compare with a date that is written, or write a rule about the step.',
    )
  return { kind: expr.start ? 'time' : 'date' }
}

/** Two dates or two times, so far apart. */
export function apartType(expr: Extract<Expr, { kind: 'apart' }>, typing: Typing): Type {
  const { of, from, by, side, span } = expr
  const [left, right] = [typing.types.get(of), typing.types.get(from)]
  const difference = { kind: 'arith', fn: '-', left: of, right: from, span } as const
  const type = left && right ? arithType(difference, left, right, typing) : undefined
  const dates = [of, from].every((one) =>
    ['date', 'time', 'anything'].includes(typing.types.get(one)?.kind ?? 'anything'),
  )
  if (type !== undefined && (!dates || (type.kind !== 'duration' && type.kind !== 'anything')))
    typing.report.add('P0205', span, `\`${side}\` is for two dates or two times`)
  if (by.kind !== 'duration' && by.kind !== 'broken')
    typing.report.add('P0205', by.span, 'a length of time is needed here', 'Add its unit: `10 days`.')
  return { kind: 'flag' }
}

const WHAT = {
  day: 'day',
  weekday: 'weekday',
  hour: 'hour',
  clock: 'time of day',
  onDays: 'weekday',
} as const

function checkDays({ days }: CalendarExpr & { kind: 'onDays' }, { report }: Typing): void {
  const known = [...WEEKDAYS, 'weekday', 'weekend']
  for (const { name, span } of days) {
    if (known.includes(name)) continue
    const close = nearest(name, known)
    report.add(
      'P0204',
      span,
      `\`${name}\` is no day of the week`,
      close === undefined
        ? 'Days: `Monday` to `Sunday`, `a weekday`, `a weekend`.'
        : `Did you mean \`${close}\`?`,
    )
  }
}
