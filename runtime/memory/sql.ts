/** The few SQL predicates memory needs. Values reach SQL through `quoted` only. */
import type { Query } from './port.ts'

/** An SQL text literal. Only the quote has a meaning inside one; it is doubled. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

export function isOneOf(column: string, values: readonly string[]): string {
  return values.length === 0 ? 'false' : `${column} IN (${values.map(quoted).join(', ')})`
}

/** The list column shares a member with `values`. */
function holdsAny(column: string, values: readonly string[]): string {
  return values.length === 0 ? 'false' : `array_has_any(${column}, [${values.map(quoted).join(', ')}])`
}

/** The row names one of `sources`, or one of them is the agent that derived it. */
export function citing(sources: readonly string[]): string {
  return `(${holdsAny('sources', sources)} OR (standing = 'derived' AND ${isOneOf('writer', sources)}))`
}

/** `clean`: all rows are live. Then, and if the query wants any row, it is empty. Measured: the longer way round is half as dear as `= 'live'`. */
export function narrowed(query: Query, clean: boolean): string {
  const parts = clean ? [] : ["state <> 'held' AND state <> 'retracted'"]
  if (query.kind !== undefined) parts.push(`kind = ${quoted(query.kind)}`)
  if (query.conversation !== undefined) parts.push(`conversation = ${quoted(query.conversation)}`)
  if (query.standing !== undefined) parts.push(`standing = ${quoted(query.standing)}`)
  return parts.join(' AND ')
}
