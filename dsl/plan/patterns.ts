/** The steps that a consistency or a flow names, wherever in it. */
import type { Consistency, Flow, StepPattern } from './plan.ts'

/** Those that open and close a consistency's stretch, and sources of a flow, included. */
export function patternsOf(check: Consistency | Flow): StepPattern[] {
  const during = 'during' in check ? check.during : undefined
  const parts: unknown[] = [...Object.values(check.form), ...Object.values(during ?? {})]
  return parts.flat().flatMap((part) => {
    if (isPattern(part)) return [part]
    return isSource(part) ? [part.pattern] : []
  })
}

function isPattern(part: unknown): part is StepPattern {
  return typeof part === 'object' && part !== null && 'any' in part && 'shown' in part
}

function isSource(part: unknown): part is { readonly pattern: StepPattern } {
  return typeof part === 'object' && part !== null && 'pattern' in part && isPattern(part.pattern)
}
