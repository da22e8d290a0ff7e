/**
 * Regular expressions in linear time. Patterns made of single characters, classes and fixed counts cannot backtrack and
 * run on the built-in engine; everything else runs on RE2. Checking a policy and judging by it ask the same function, so that
 * what is accepted can be judged.
 */
import { RE2JS } from 're2js'

/** Literal characters, escapes of punctuation, \d, simple classes; each optionally counted `{n}`. */
const FIXED =
  /^(?:(?:[A-Za-z0-9 _\-:;,/@#%&=<>~"'!]|\\[d.\-/\\+*?()[\]{}|^$]|\[[A-Za-z0-9 _-]+\])(?:\{[0-9]{1,3}\})?)*$/

/** `find`: anywhere in the text, otherwise the whole of it. Undefined for what is malformed or has no linear-time meaning. */
export function compileLinear(
  pattern: string,
  find: boolean,
  ignoreCase: boolean,
): ((subject: string) => boolean) | undefined {
  try {
    if (FIXED.test(pattern)) {
      const native = new RegExp(find ? pattern : `^(?:${pattern})$`, ignoreCase ? 'i' : '')
      return (subject) => native.test(subject)
    }
    const linear = RE2JS.compile(pattern, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0)
    return find ? (subject) => linear.matcher(subject).find() : (subject) => linear.matches(subject)
  } catch (error) {
    // Both engines say by throwing that they cannot read a pattern.
    if (error instanceof Error) return undefined
    throw error
  }
}
