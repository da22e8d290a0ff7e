/** Periods of the calendar in a zone, numbered so that a later one has the larger number. */
import type { Calendar } from '../../plan/plan.ts'
import { dayIn } from '../zone.ts'

/** A zone nobody knows cannot be in a checked policy; its days would be those of UTC. */
export function periodOf({ unit, zone }: Calendar, at: number): number {
  const day = dayIn(zone, at) ?? Math.floor(at / 86_400_000)
  if (unit === 'day') return day
  // The first of January 1970 was a Thursday, three days after a Monday.
  if (unit === 'week') return Math.floor((day + 3) / 7)
  const date = new Date(day * 86_400_000)
  return unit === 'year' ? date.getUTCFullYear() : date.getUTCFullYear() * 12 + date.getUTCMonth()
}
