/** Hours of the day and days of the week, as comparisons with what the clock and the calendar show. */
import type { Expr as Node } from '../syntax/ast.ts'
import { type Expr, type Type, WEEKDAYS } from './plan.ts'

const FLAG: Type = { kind: 'flag' }
const DURATION: Type = { kind: 'duration' }
const TIME: Type = { kind: 'time' }
const WEEKDAY: Type = { kind: 'choice', options: WEEKDAYS }
const MINUTE_MS = 60_000

/** From `from` to before `to`, over midnight when `to` comes first. */
export function lowerCalendar(
  node: Extract<Node, { kind: 'clock' | 'onDays' }>,
  of: Expr,
  zone: string,
): Expr {
  const { span } = node
  if (node.kind === 'onDays') {
    const days = new Set(node.days.flatMap(({ name }) => daysCalled(name)))
    const items = WEEKDAYS.filter((day) => days.has(day)).map(
      (day): Expr => ({ op: 'literal', value: day, span, type: WEEKDAY }),
    )
    const item: Expr = { op: 'wall', part: 'weekday', of, zone, span, type: WEEKDAY }
    const list: Expr = { op: 'list', items, span, type: { kind: 'list', of: WEEKDAY } }
    return { op: 'in', item, list, span, type: FLAG }
  }
  const left: Expr = { op: 'wall', part: 'clock', of, zone, span, type: DURATION }
  const against = (cmp: '>=' | '<', minutes: number): Expr => ({
    op: 'compare',
    cmp,
    left,
    right: { op: 'literal', value: minutes * MINUTE_MS, span, type: DURATION },
    span,
    type: FLAG,
  })
  const both = [against('>=', node.from), against('<', node.to)]
  return { op: node.from < node.to ? 'and' : 'or', of: both, span, type: FLAG }
}

export function lowerToday({ start, zone, span }: Extract<Node, { kind: 'today' }>): Expr {
  const of: Expr = { op: 'meta', name: 'now', span, type: TIME }
  const where = zone?.value ?? 'UTC'
  if (start) return { op: 'wall', part: 'start', of, zone: where, span, type: TIME }
  return { op: 'day', of, zone: where, span, type: { kind: 'date' } }
}

/** How much later the later one is; less than that is still later, never earlier. */
export function lowerApart(
  { cmp, side, span }: Extract<Node, { kind: 'apart' }>,
  of: Expr,
  by: Expr,
  from: Expr,
): Expr {
  const [left, right] = side === 'after' ? [of, from] : [from, of]
  const difference: Expr = { op: 'arith', fn: '-', left, right, span, type: DURATION }
  const bound: Expr = { op: 'compare', cmp, left: difference, right: by, span, type: FLAG }
  if (cmp === '>' || cmp === '>=') return bound
  const none: Expr = { op: 'literal', value: 0, span, type: DURATION }
  const later: Expr = { op: 'compare', cmp: '>=', left: difference, right: none, span, type: FLAG }
  return { op: 'and', of: [later, bound], span, type: FLAG }
}

function daysCalled(name: string): readonly string[] {
  if (name === 'weekday') return WEEKDAYS.slice(0, 5)
  return name === 'weekend' ? WEEKDAYS.slice(5) : [name]
}
