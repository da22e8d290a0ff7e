/** Hours of the day and days of the week, as comparisons with what the clock and the calendar show. */
import type { Expr as Node } from '../syntax/ast.ts'
import { type Expr, type Type, WEEKDAYS } from './plan.ts'

const FLAG: Type = { kind: 'flag' }
const DURATION: Type = { kind: 'duration' }
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

function daysCalled(name: string): readonly string[] {
  if (name === 'weekday') return WEEKDAYS.slice(0, 5)
  return name === 'weekend' ? WEEKDAYS.slice(5) : [name]
}
