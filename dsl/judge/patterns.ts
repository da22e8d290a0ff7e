/** Patterns of a policy and of its schemas: linear expressions over folded text. */
import { compileLinear } from '../linear.ts'
import { fold } from './text.ts'

export interface Pattern {
  test(subject: string): boolean
}

/** Longest text a pattern looks at, in UTF-16 units; a longer one is unknown. */
export const PATTERN_SUBJECT_MAX = 1_000_000

/** `exactly` keeps case and form; otherwise subject is folded and case ignored. Undefined when it is no valid pattern. */
export function compilePattern(pattern: string, find: boolean, exactly: boolean): Pattern | undefined {
  const test = compileLinear(pattern, find, !exactly)
  if (test === undefined) return undefined
  return exactly ? { test } : { test: (subject) => test(fold(subject)) }
}
