/** Places in plan data, moved: those of a library are told in its own text. */
import type { Span } from './plan.ts'

/** Every `span` inside, by `by` units. */
export function moved<T>(value: T, by: number): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: unknown) => moved(item, by)) as T
  const entries = Object.entries(value).map(([key, inner]: [string, unknown]) => [
    key,
    key === 'span' && isSpan(inner) ? [inner[0] + by, inner[1] + by] : moved(inner, by),
  ])
  return Object.fromEntries(entries) as T
}

function isSpan(value: unknown): value is Span {
  return Array.isArray(value) && value.length === 2 && value.every((end) => typeof end === 'number')
}
