/** Pieces of conditions, put together with what is already decided left out. */

/** Why a rule cannot be said. */
export class Unsaid extends Error {}
/** The rule is not run on this table. */
export class NotRun extends Error {}

/** `absent`: it is about a column the table lacks. Beside `or` it drops out; a rule that is nothing else is not run. */
export type Said = string | boolean | typeof ABSENT
export const ABSENT = Symbol('absent')

export const name = (text: string): string => `\`${text}\``
export const quote = (text: string): string => JSON.stringify(text)

export function combine(word: 'and' | 'or', parts: readonly Said[]): Said {
  const decides = word === 'or'
  if (parts.some((part) => part === decides)) return decides
  if (word === 'and' && parts.includes(ABSENT)) return ABSENT
  const rest = parts.filter((part) => typeof part === 'string')
  if (rest.length === 0) return parts.length > 0 && parts.every((part) => part === ABSENT) ? ABSENT : !decides
  return rest.length === 1 ? rest[0]! : rest.map((part) => `(${part})`).join(` ${word} `)
}

export function negate(said: Said): Said {
  if (said === ABSENT) return ABSENT
  return typeof said === 'boolean' ? !said : `not (${said})`
}

export const decimal = (text: string): string => String(Number(text))

/** The sign of an operator that compares. */
export const COMPARED: Readonly<Record<string, string>> = {
  greater_than: '>',
  greater_than_or_equal_to: '>=',
  less_than: '<',
  less_than_or_equal_to: '<=',
  equal_to: '=',
  not_equal_to: '!=',
}
