/**
 * Regular expressions in linear time. Patterns made of single characters, classes and fixed counts cannot backtrack and
 * run on the built-in engine; everything else runs on RE2.
 */
import { RE2JS } from 're2js'
import { fold } from './text.ts'

export interface Pattern {
  test(subject: string): boolean
}

/** Longest text a pattern looks at, in UTF-16 units; a longer one is unknown. */
export const PATTERN_SUBJECT_MAX = 1_000_000

/** Literal characters, escapes of punctuation, \d, simple classes; each optionally counted `{n}`. */
const FIXED =
  /^(?:(?:[A-Za-z0-9 _\-:;,/@#%&=<>~"'!]|\\[d.\-/\\+*?()[\]{}|^$]|\[[A-Za-z0-9 _-]+\])(?:\{[0-9]{1,3}\})?)*$/

/** `exactly` keeps case and form; otherwise subject is folded and case ignored. Undefined when it is no valid pattern. */
export function compilePattern(pattern: string, find: boolean, exactly: boolean): Pattern | undefined {
  const test = compile(pattern, find, exactly)
  if (test === undefined) return undefined
  return exactly ? { test } : { test: (subject) => test(fold(subject)) }
}

function compile(
  pattern: string,
  find: boolean,
  exactly: boolean,
): ((subject: string) => boolean) | undefined {
  try {
    if (FIXED.test(pattern)) {
      const native = new RegExp(find ? pattern : `^(?:${pattern})$`, exactly ? '' : 'i')
      return (subject) => native.test(subject)
    }
    const linear = RE2JS.compile(pattern, exactly ? 0 : RE2JS.CASE_INSENSITIVE)
    return find ? (subject) => linear.matcher(subject).find() : (subject) => linear.matches(subject)
  } catch (error) {
    // Both engines report a malformed pattern by throwing; the front end has refused it before.
    if (error instanceof Error) return undefined
    throw error
  }
}
